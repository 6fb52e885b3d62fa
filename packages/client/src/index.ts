export type { Cursor, Entry, FoundPage, JsonValue } from '@mnemon/protocol';
export type { Change, ChangeCallback } from './change.ts';
export { type ConnectOptions, connect } from './connect.ts';
export type { TokenSource } from './connection.ts';
export type {
  DeleteOptions,
  ListOptions,
  Mnemon,
  PageOptions,
  Subscription,
  WriteOptions,
} from './mnemon.ts';
export {
  isClosed,
  isConflict,
  isForbidden,
  isMnemonError,
  isOverloaded,
  MnemonError,
  type MnemonErrorCode,
} from './mnemon-error.ts';
export type { Written } from './pending-op.ts';
export type { Ports } from './ports.ts';
export type { Status, StatusCallback } from './status.ts';
