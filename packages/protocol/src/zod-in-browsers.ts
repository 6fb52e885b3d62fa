/**
 * What this package uses of `zod/mini`, in a fifth of its size and without compiling code at run time: in browsers it takes
 * zod's place (`browser` in package.json, ADR 19). Every schema comes to the same verdict and the same result; of several
 * issues it names one.
 */

interface Issue {
  readonly code: string;
  readonly message: string;
  readonly params?: unknown;
}

class Refusal extends Error {
  readonly path: (string | number)[] = [];
  readonly issue: Issue;
  constructor(issue: Issue) {
    super(issue.message);
    this.issue = issue;
  }
}

/** Throws a `Refusal` of what it does not take. */
type Check = (value: unknown) => void;

interface Schema {
  /** The value, of an object what the schema knows; throws a `Refusal`. */
  parse(value: unknown): unknown;
  check(...checks: Check[]): Schema;
  brand(): Schema;
  safeParse(value: unknown): unknown;
}

type Shape = Readonly<Record<string, Schema>>;
type Message = string | { readonly error: string } | undefined;

function refuse(code: string, message: Message, params?: unknown): never {
  const text = typeof message === 'object' ? message.error : message;
  throw new Refusal({ code, message: text ?? 'Invalid input', params });
}

function schemaOf<Traits>(parse: Schema['parse'], traits: Traits): Schema & Traits {
  const schema: Schema & Traits = {
    ...traits,
    parse,
    check: (...checks) =>
      schemaOf((value) => {
        const result = parse(value);
        for (const check of checks) check(result);
        return result;
      }, traits),
    brand: () => schema,
    safeParse: (value) => verdict(parse, value),
  };
  return schema;
}

function verdict(parse: Schema['parse'], value: unknown) {
  try {
    return { success: true, data: parse(value) };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return { success: false, error: { issues: [{ ...error.issue, path: error.path }] } };
  }
}

/** What `schema` makes of a part of a value. */
function readPart(schema: Schema, value: unknown, at: string | number): unknown {
  try {
    return schema.parse(value);
  } catch (error) {
    if (error instanceof Refusal) error.path.unshift(at);
    throw error;
  }
}

const only = (takes: (value: unknown) => boolean) => () =>
  schemaOf((value) => (takes(value) ? value : refuse('invalid_type', undefined)), {});

export const string = only((value) => typeof value === 'string');
export const number = only(Number.isFinite);
export const int = only(Number.isSafeInteger);
export const boolean = only((value) => typeof value === 'boolean');
export const unknown = only(() => true);

const oneOf = (values: readonly unknown[]) =>
  schemaOf((value) => (values.includes(value) ? value : refuse('invalid_value', undefined)), { values });

export const literal = (value: unknown) => oneOf([value]);
export { oneOf as enum };

export const optional = (schema: Schema) =>
  schemaOf((value) => (value === undefined ? undefined : schema.parse(value)), {});

export const array = (item: Schema) =>
  schemaOf(
    (value) =>
      Array.isArray(value)
        ? value.map((each, index) => readPart(item, each, index))
        : refuse('invalid_type', undefined),
    {},
  );

export const object = (shape: Shape) => schemaOf((value) => readFields(shape, value), { shape });

export const strictObject = (shape: Shape) =>
  schemaOf(
    (value) => {
      const known = readFields(shape, value);
      const isKnown = (field: string) => Object.hasOwn(shape, field);
      return Object.keys(value as object).every(isKnown) ? known : refuse('unrecognized_keys', undefined);
    },
    { shape },
  );

function readFields(shape: Shape, value: unknown): Record<string, unknown> {
  const fields = fieldsOf(value);
  const known: Record<string, unknown> = {};
  for (const field in shape) {
    const result = readPart(shape[field] as Schema, fields[field], field);
    if (result !== undefined) known[field] = result;
  }
  return known;
}

const fieldsOf = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : refuse('invalid_type', undefined);

export const union = (options: readonly Schema[]) =>
  schemaOf((value) => {
    const verdicts = options.map(({ parse }) => verdict(parse, value));
    const taken = verdicts.find(({ success }) => success);
    return taken ? taken.data : refuse('invalid_union', undefined);
  }, {});

export function discriminatedUnion(by: string, options: readonly { shape: Shape; parse: Schema['parse'] }[]) {
  const optionOf = new Map(
    options.map((option) => [(option.shape[by] as ReturnType<typeof literal>).values[0], option]),
  );
  const none = schemaOf(() => refuse('invalid_union', undefined), {});
  return schemaOf((value) => {
    const kind = fieldsOf(value)[by];
    const option = optionOf.get(kind);
    return option ? option.parse(value) : readPart(none, kind, by);
  }, {});
}

export const refine =
  (isGood: (value: never) => unknown, message?: Message): Check =>
  (value) => {
    if (!isGood(value as never)) refuse('custom', message);
  };

export const custom = (isGood: (value: never) => unknown = () => true, message?: Message) =>
  unknown().check(refine(isGood, message));

export const superRefine =
  (look: (value: never, issues: { addIssue(issue: Issue): void }) => void): Check =>
  (value) =>
    look(value as never, {
      addIssue: ({ code, message, params }) => refuse(code, message, params),
    });

const bound =
  (code: string, isGood: (value: never, limit: number) => boolean) =>
  (limit: number, message?: Message): Check =>
  (value) => {
    if (!isGood(value as never, limit)) refuse(code, message);
  };

export const minLength = bound('too_small', (value: string | unknown[], limit) => value.length >= limit);
export const maxLength = bound('too_big', (value: string | unknown[], limit) => value.length <= limit);
export const gte = bound('too_small', (value: number, limit) => value >= limit);
export const lte = bound('too_big', (value: number, limit) => value <= limit);

export const regex =
  (pattern: RegExp): Check =>
  (value) => {
    if (!pattern.test(value as string)) refuse('invalid_format', undefined);
  };
