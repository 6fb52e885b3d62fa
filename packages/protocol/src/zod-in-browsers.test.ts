import fc from 'fast-check';
import { afterAll, describe, expect, test, vi } from 'vitest';
import * as z from 'zod/mini';
import { clientFrameSchema, parseClientFrame } from './client-frame.ts';
import { parseServerFrame, serverFrameSchema } from './server-frame.ts';

vi.resetModules();
vi.doMock('zod/mini', () => import('./zod-in-browsers.ts'));
const inBrowsers = { ...(await import('./client-frame.ts')), ...(await import('./server-frame.ts')) };
const zodInBrowsers = (await import('./zod-in-browsers.ts')) as unknown as typeof z;
afterAll(() => vi.doUnmock('zod/mini'));

/** As much of a zod schema as tells what it takes. */
interface Described {
  readonly def: {
    readonly type: string;
    readonly shape?: Record<string, Described>;
    readonly element?: Described;
    readonly innerType?: Described;
    readonly options?: readonly Described[];
    readonly values?: readonly unknown[];
    readonly entries?: Record<string, string>;
  };
  safeParse(value: unknown): { success: boolean };
}

const TIME = { wallMs: 1, counter: 0 };
const EVENT = {
  type: 'created',
  key: 'a',
  version: 1,
  value: [1],
  clock: { ann: 1 },
  hlc: TIME,
  author: 'ann',
};
const SAMPLES = [
  'ann',
  'a0'.repeat(32),
  'tasks/42',
  '**',
  0,
  1,
  100,
  0.5,
  true,
  false,
  {},
  { ann: 3 },
  [],
  null,
  EVENT,
];
const ODD = [
  '',
  '\ud800',
  'a//b',
  '../x y',
  'x'.repeat(9_000),
  -1,
  1.5,
  2 ** 53,
  1e300,
  '__proto__',
  { a: { b: 1 } },
];

/** Values that `schema` takes, or nearly. */
function valuesOf(schema: Described): fc.Arbitrary<unknown> {
  const { shape, element, innerType, options, values, entries } = schema.def;
  if (shape) {
    const fields = Object.entries(shape);
    const isOptional = ([, field]: (typeof fields)[number]) => field.def.type === 'optional';
    const model = Object.fromEntries(fields.map(([name, field]) => [name, valuesOf(field)]));
    return fc.record(model, {
      requiredKeys: fields.filter((each) => !isOptional(each)).map(([name]) => name),
    });
  }
  if (element) return fc.array(valuesOf(element), { minLength: 1, maxLength: 3 });
  if (innerType) return valuesOf(innerType);
  if (options) return fc.oneof(...options.map(valuesOf));
  const taken = SAMPLES.filter((sample) => schema.safeParse(sample).success);
  return fc.constantFrom(...(values ?? Object.values(entries ?? {})), ...taken);
}

const anything = fc.oneof(fc.constantFrom<unknown>(...SAMPLES, ...ODD), fc.jsonValue());

/** `value` with something else at one place in it, or with one field more, or less. */
function spoilt(value: unknown): fc.Arbitrary<unknown> {
  if (typeof value !== 'object' || value === null) return anything;
  const names = Object.keys(value);
  const without = (name: string) =>
    Object.fromEntries(Object.entries(value).filter(([each]) => each !== name));
  const inside = (name: string) =>
    spoilt((value as Record<string, unknown>)[name]).map((part) =>
      Array.isArray(value) ? value.with(Number(name), part) : { ...value, [name]: part },
    );
  const more = fc
    .tuple(fc.constantFrom('extra', 'constructor'), anything)
    .map(([name, part]) => ({ ...value, [name]: part }));
  return names.length === 0
    ? fc.oneof(anything, more)
    : fc.oneof(
        { weight: 6, arbitrary: fc.constantFrom(...names).chain(inside) },
        { weight: 1, arbitrary: Array.isArray(value) ? anything : fc.constantFrom(...names).map(without) },
        { weight: 1, arbitrary: Array.isArray(value) ? anything : more },
      );
}

const textOf = (schema: unknown) =>
  valuesOf(schema as Described)
    .chain((frame) => fc.oneof(fc.constant(frame), spoilt(frame)))
    .map((frame) => JSON.stringify(frame));

const BUILDS: Record<string, (from: typeof z) => z.ZodMiniType> = {
  'a string': ({ string }) => string(),
  'a length': ({ string, minLength, maxLength }) =>
    string().check(minLength(1), maxLength(4, { error: 'too long' })),
  'a pattern': ({ string, regex }) => string().check(regex(/^a/)).brand(),
  'a predicate': ({ string, refine }) => string().check(refine((text) => text.isWellFormed(), 'odd')),
  'a closer look': ({ string, superRefine }) =>
    string().check(
      superRefine((text, { addIssue }) => {
        if (text === '') addIssue({ code: 'custom', message: 'empty', params: { code: 'bad-key' } });
      }),
    ),
  'a number': ({ number, gte, lte }) => number().check(gte(0), lte(1)),
  bounds: ({ int, gte, lte }) => int().check(gte(1), lte(100)),
  'an integer': ({ int }) => int(),
  'a boolean': ({ boolean }) => boolean(),
  'a literal': ({ literal }) => literal('ann'),
  'an enumeration': ({ enum: enumOf }) => enumOf(['ann', '**']),
  anything: ({ unknown }) => unknown(),
  'an option': ({ optional, string }) => optional(string()),
  'a type of its own': ({ custom }) => custom((value) => value !== null, 'null'),
  'a list': ({ array, string, maxLength }) => array(string()).check(maxLength(1)),
  'an object': ({ object, number, optional }) => object({ ann: number(), a: optional(number()) }),
  'objects in objects': ({ object, strictObject, int }) => object({ a: strictObject({ b: int() }) }),
  'no field': ({ strictObject }) => strictObject({}),
  'a list in an object': ({ strictObject, array, int }) => strictObject({ items: array(int()) }),
  'a union': ({ union, int, literal }) => union([literal(''), int()]),
  'a discriminated union': ({ discriminatedUnion, object, literal, int }) =>
    discriminatedUnion('type', [object({ type: literal('created'), version: int() })]),
};
const TRIED = [...SAMPLES, ...ODD, undefined, ['x', 'y'], [1], { items: [1, 'x'] }, { type: 'other' }];

describe('in browsers', () => {
  test.each(Object.entries(BUILDS))('%s is told as zod tells it, with the same issue', (_, build) => {
    const say = (schema: z.ZodMiniType, value: unknown) => {
      const { success, data, error } = schema.safeParse(value);
      const { path, message, params } = (error?.issues[0] ?? {}) as z.core.$ZodIssueCustom;
      return { success, data, path, message, params };
    };
    for (const value of TRIED) {
      const told = say(build(zodInBrowsers), value);
      expect(told).toEqual(say(build(z), value));
      if (told.success) expect(build(zodInBrowsers).parse(value)).toEqual(told.data);
      else expect(() => build(zodInBrowsers).parse(value)).toThrow(told.message);
    }
  });

  test.each([
    ['client', clientFrameSchema, parseClientFrame, inBrowsers.parseClientFrame],
    ['server', serverFrameSchema, parseServerFrame, inBrowsers.parseServerFrame],
  ] as const)(
    'the same frames of a %s are taken, with the same content',
    (_, schema, parse, parseInBrowsers) => {
      const taken = { yes: 0, no: 0 };
      fc.assert(
        fc.property(textOf(schema), (text) => {
          const expected = parse(text);
          const found = parseInBrowsers(text);
          taken[expected.ok ? 'yes' : 'no']++;
          expect(found.ok ? found : { ok: false }).toEqual(expected.ok ? expected : { ok: false });
        }),
        { numRuns: 1_000 },
      );
      expect(Math.min(taken.yes, taken.no), 'of either').toBeGreaterThan(150);
    },
    30_000,
  );
});
