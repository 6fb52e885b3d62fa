import { EventEmitter } from 'eventemitter3';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { EventEmitter as InBrowsers } from './emitter-in-browsers.ts';

const name = fc.constantFrom('a', 'b');
/** The second one ends itself, the third one makes another listen while an event is told. */
const listener = fc.nat(2);
const call = fc.oneof(
  fc.tuple(fc.constantFrom('on', 'once', 'addListener'), name, listener),
  fc.tuple(fc.constantFrom('off', 'removeListener'), name, fc.option(listener, { nil: undefined })),
  { weight: 3, arbitrary: fc.tuple(fc.constant('emit'), name, fc.nat(9)) },
  fc.tuple(fc.constant('removeAllListeners'), fc.option(name, { nil: undefined }), fc.constant(undefined)),
);

/** What is heard, and answered, of these calls. */
function run(emitter: EventEmitter, calls: readonly (readonly [string, string | undefined, unknown])[]) {
  const told: unknown[] = [];
  const listeners = [0, 1, 2].map(
    (id) =>
      function heard(this: unknown, detail: unknown) {
        told.push([id, detail, this === emitter]);
        if (id === 1) emitter.off('a', heard);
        if (id === 2 && told.length < 50) emitter.once('b', listeners[0] as () => void);
      },
  );
  for (const [method, event, detail] of calls) {
    const of = emitter as unknown as Record<string, (...args: unknown[]) => unknown>;
    const args = method === 'emit' ? [detail] : typeof detail === 'number' ? [listeners[detail]] : [];
    const answer = of[method]?.(...(event === undefined ? [] : [event]), ...args);
    const counts = ['a', 'b'].map((each) => [emitter.listenerCount(each), emitter.listeners(each).length]);
    told.push([answer === emitter ? 'itself' : answer, emitter.eventNames().sort(), counts]);
  }
  return told;
}

test('listeners hear in browsers what they hear of eventemitter3', () => {
  fc.assert(
    fc.property(fc.array(call, { minLength: 5, maxLength: 30, size: 'max' }), (calls) => {
      const inBrowsers = new InBrowsers() as unknown as EventEmitter;
      expect(run(inBrowsers, calls)).toEqual(run(new EventEmitter(), calls));
    }),
    { numRuns: 500 },
  );
});
