import type { ServerFrame, WireError } from '@mnemon/protocol';
import { createTimer, type Timer } from './clock.ts';
import type { PayloadOf } from './connection.ts';
import { fromWire, MnemonError } from './mnemon-error.ts';
import type { Ports } from './ports.ts';

export const READ_TIMEOUT_MS = 10_000;
/** More at once are a mistake of the application's. */
export const MAX_READS = 100;

/** What is asked, and by what it is answered. */
interface Answers {
  read: 'read';
  history: 'history';
  'state-request': 'state-response';
}
type Asked = keyof Answers;
type Answer<Type extends Asked> = Extract<ServerFrame, { type: Answers[Type] }>['payload'];
export type ServerAnswer = Answer<Asked>;

/** Questions that only the server can answer. They wait for a connection, and go along to the next one. */
export interface ServerReads {
  /** Rejects with what the server refuses, `unavailable` when no answer came in time, and `overloaded` beyond 100 at once. */
  ask<Type extends Asked>(type: Type, question: PayloadOf<Type>): Promise<Answer<Type>>;
  /** A connection stands. */
  online(): void;
  answered(id: string, answer: ServerAnswer): void;
  /** Whether that was about one of these. */
  failed(id: string, error: WireError): boolean;
  /** Rejects all that wait. */
  close(error: MnemonError): void;
}

interface Waiting {
  /** Says it, once more. */
  send(): void;
  readonly timer: Timer;
  resolve(answer: ServerAnswer): void;
  reject(error: MnemonError): void;
}

/** `send` loses what it is given without a connection. */
export function createServerReads(
  { clock }: Pick<Ports, 'clock'>,
  send: <Type extends Asked>(type: Type, question: PayloadOf<Type>, id: string) => void,
): ServerReads {
  const waiting = new Map<string, Waiting>();
  let lastId = 0;

  function take(id: string): Waiting | undefined {
    const taken = waiting.get(id);
    taken?.timer.clear();
    waiting.delete(id);
    return taken;
  }

  function ask<Type extends Asked>(type: Type, question: PayloadOf<Type>): Promise<Answer<Type>> {
    return new Promise<ServerAnswer>((resolve, reject) => {
      if (waiting.size >= MAX_READS) throw new MnemonError('overloaded', 'too many questions at once');
      const id = `ask-${++lastId}`;
      const message = `no answer within ${READ_TIMEOUT_MS} ms`;
      const timer = createTimer(clock, () => take(id)?.reject(new MnemonError('unavailable', message)));
      const mine = { send: () => send(type, question, id), timer, resolve, reject };
      waiting.set(id, mine);
      timer.set(READ_TIMEOUT_MS);
      mine.send();
    }) as Promise<Answer<Type>>;
  }

  return {
    ask,
    online: () => {
      for (const question of waiting.values()) question.send();
    },
    answered: (id, answer) => take(id)?.resolve(answer),
    failed(id, error) {
      const failed = take(id);
      failed?.reject(fromWire(error));
      return failed !== undefined;
    },
    close: (error) => {
      for (const id of [...waiting.keys()]) take(id)?.reject(error);
    },
  };
}
