import type {
  LockAnswer,
  LockRequest,
  ServerFrame,
  TaskAnswer,
  TaskRequest,
  WireError,
} from '@mnemon/protocol';
import { backoffMs } from '../backoff.ts';
import { createTimer, type Timer } from '../clock.ts';
import { fromWire, type MnemonError } from '../mnemon-error.ts';
import type { Ports } from '../ports.ts';
import type { Connection } from './connection.ts';

/** How long an answer may take before the request is sent again on the same connection. */
const ANSWER_TIMEOUT_MS = 5_000;

interface Exchanges {
  lock: { asked: LockRequest; answer: LockAnswer };
  task: { asked: TaskRequest; answer: TaskAnswer };
}
type Asked = keyof Exchanges;

/**
 * Requests with one answer each. One that is not answered is sent again, also on the next connection, until it is or the
 * client is closed: whatever is asked so may be asked twice.
 */
export interface Requests {
  /** `resend`: whether this was sent before. */
  ask<Type extends Asked>(
    type: Type,
    payload: (resend: boolean) => Exchanges[Type]['asked'],
  ): Promise<Exchanges[Type]['answer']>;
  /** False when `id` is of no request that waits. */
  answered(frame: Extract<ServerFrame, { type: Asked }>): boolean;
  failed(id: string, error: WireError): boolean;
  online(): void;
  offline(): void;
  close(error: MnemonError): void;
}

interface Pending {
  send(): void;
  resolve(payload: never): void;
  reject(error: MnemonError): void;
  readonly timer: Timer;
  failures: number;
}

export function createRequests(connection: Pick<Connection, 'send'>, ports: Ports): Requests {
  const pending = new Map<string, Pending>();
  let lastId = 0;
  let isOnline = false;
  let closedBy: MnemonError | undefined;

  function take(id: string): Pending | undefined {
    const found = pending.get(id);
    found?.timer.clear();
    pending.delete(id);
    return found;
  }

  return {
    ask(type, payload) {
      if (closedBy) return Promise.reject(closedBy);
      const id = `ask-${++lastId}`;
      return new Promise((resolve, reject) => {
        let isResend = false;
        const send = () => {
          if (!isOnline) return;
          connection.send(type, payload(isResend) as never, id);
          isResend = true;
          request.timer.set(ANSWER_TIMEOUT_MS);
        };
        const request: Pending = {
          send,
          resolve,
          reject,
          timer: createTimer(ports.clock, send),
          failures: 0,
        };
        pending.set(id, request);
        send();
      });
    },

    answered({ id, payload }) {
      const request = take(id);
      request?.resolve(payload as never);
      return request !== undefined;
    },

    failed(id, error) {
      const request = pending.get(id);
      if (!request) return false;
      if (error.retryable) {
        request.timer.set(error.retryAfterMs ?? backoffMs(request.failures++, ports.random()));
      } else take(id)?.reject(fromWire(error));
      return true;
    },

    online() {
      isOnline = true;
      for (const { send } of pending.values()) send();
    },

    offline() {
      isOnline = false;
      for (const { timer } of pending.values()) timer.clear();
    },

    close(error) {
      closedBy = error;
      for (const id of [...pending.keys()]) take(id)?.reject(error);
    },
  };
}
