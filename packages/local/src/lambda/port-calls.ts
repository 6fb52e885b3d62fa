import type { MessagePort } from 'node:worker_threads';
import { type ErrorData, fromErrorData, toErrorData } from './error-data.ts';

// Calls of in-process objects across threads. Tuples, not objects, because this is on the hot path of each write.
type Call = [id: number, target: string, method: string, args: unknown[]];
type Reply = [id: number, error: ErrorData | undefined, value: unknown];

type Method = (...args: unknown[]) => Promise<unknown>;
export type CallPort = (target: string, method: string, args: unknown[]) => Promise<unknown>;

/** Answers the calls that arrive on `channel`. Whatever cannot be cloned reaches the caller as an error. */
export function serveCalls(channel: MessagePort, dispatch: CallPort): void {
  channel.on('message', async ([id, target, method, args]: Call) => {
    try {
      channel.postMessage([id, undefined, await dispatch(target, method, args)] satisfies Reply);
    } catch (error) {
      channel.postMessage([id, toErrorData(error), undefined] satisfies Reply);
    }
  });
}

/** The other end: a function that makes calls. Their order of arrival is their order of posting. */
export function callsOver(channel: MessagePort): CallPort {
  const waiting = new Map<number, { resolve: (value: unknown) => void; reject: (error: Error) => void }>();
  let lastId = 0;
  channel.on('message', ([id, error, value]: Reply) => {
    const call = waiting.get(id);
    waiting.delete(id);
    if (error) call?.reject(fromErrorData(error));
    else call?.resolve(value);
  });
  return (target, method, args) =>
    new Promise((resolve, reject) => {
      const id = ++lastId;
      channel.postMessage([id, target, method, args] satisfies Call); // throws, so rejects, on what can't be cloned
      waiting.set(id, { resolve, reject });
    });
}

/** `object.method(...args)` for callers that do not know which methods there are. */
export function remoteObject(target: string, call: CallPort): Record<string, Method> {
  const methods = new Map<string, Method>();
  return new Proxy({} as Record<string, Method>, {
    get(_, name) {
      // A remote object must not look like a promise, or `await` would call its `then` on the other side.
      if (typeof name !== 'string' || name === 'then') return undefined;
      const method = methods.get(name) ?? ((...args) => call(target, name, args));
      methods.set(name, method);
      return method;
    },
  });
}

/** Calls `objects[target][method](...args)`; inherited methods of plain objects are not callable from outside. */
export function dispatchTo(objects: Record<string, object>): CallPort {
  return async (target, method, args) => {
    const object: unknown = Object.hasOwn(objects, target) ? objects[target] : undefined;
    const found: unknown = object && method in Object.prototype === false && Reflect.get(object, method);
    if (typeof found !== 'function') throw new TypeError(`No method ${target}.${method} on this host`);
    return Reflect.apply(found, object, args);
  };
}
