import { Unavailable } from '@mnemon/core';
import {
  MongoAPIError,
  MongoClientClosedError,
  MongoDriverError,
  MongoError,
  MongoNetworkError,
  MongoNotConnectedError,
  MongoServerError,
  MongoServerSelectionError,
  MongoTopologyClosedError,
  MongoWriteConcernError,
} from 'mongodb';

const DUPLICATE_KEY = 11_000;
const WRITE_CONFLICT = 112;
const MAX_TIME_EXPIRED = 50;

/** Answers of a server that is on its way down or up, or too slow: another attempt may meet a better one. */
const PASSING_CODES = new Set<unknown>([
  6, 7, 50, 64, 89, 91, 134, 189, 262, 9001, 10_058, 10_107, 11_600, 11_602, 13_435, 13_436,
]);

/** Rethrows an error, as `Unavailable` when it says that nobody could be reached or answered in time. */
export function throwUnavailable(error: unknown): never {
  if (isUnavailable(error)) throw new Unavailable('MongoDB', { cause: error });
  throw error;
}

function isUnavailable(error: unknown): boolean {
  if (error instanceof MongoServerError) {
    // A server's answer has a code. What has none is the driver's, in the guise in which bulk writes report everything.
    return (
      error.code === undefined || error instanceof MongoWriteConcernError || PASSING_CODES.has(error.code)
    );
  }
  if (error instanceof MongoAPIError) return isClosed(error); // else it is a call that is wrong in itself
  return (
    error instanceof MongoDriverError ||
    error instanceof MongoNetworkError ||
    error instanceof MongoServerSelectionError
  );
}

const isClosed = (error: MongoAPIError): boolean =>
  error instanceof MongoNotConnectedError ||
  error instanceof MongoTopologyClosedError ||
  error instanceof MongoClientClosedError;

export const isDuplicate = (error: unknown): boolean =>
  error instanceof MongoServerError && error.code === DUPLICATE_KEY;

/** Whether the database gave up because of the time that it was given. */
export const isTooSlow = (error: unknown): boolean =>
  error instanceof MongoServerError && error.code === MAX_TIME_EXPIRED;

/** Whether a transaction failed because somebody else was faster. Nothing of it happened. */
export const isConflict = (error: unknown): boolean =>
  !isUnavailable(error) &&
  error instanceof MongoError &&
  (isDuplicate(error) || error.code === WRITE_CONFLICT || error.hasErrorLabel('TransientTransactionError'));

/** The port with every call's failure to reach the database turned into `Unavailable`. */
export function reachable<Port extends { [Name in keyof Port]: (...args: never[]) => Promise<unknown> }>(
  port: Port,
): Port {
  const calls = Object.entries<(...args: never[]) => Promise<unknown>>(port);
  const guarded = calls.map(([name, call]) => [
    name,
    (...args: never[]) => call(...args).catch(throwUnavailable),
  ]);
  return Object.fromEntries(guarded) as Port;
}
