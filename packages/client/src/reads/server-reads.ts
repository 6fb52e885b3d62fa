import type { ServerFrame, WireError } from '@mnemon/protocol';
import { createTimer, type Timer } from '../clock.ts';
import type { PayloadOf } from '../connection/connection.ts';
import { fromWire, MnemonError } from '../mnemon-error.ts';
import type { Ports } from '../ports.ts';

export const READ_TIMEOUT_MS = 10_000;
/** More at once are a mistake of the application's. */
export const MAX_READS = 100;

/** Of what reads or checks a whole space in turns of ten seconds. */
const LONG_TIMEOUT_MS = 30_000;

/** What is asked, by what it is answered, and how long that may take. */
const QUESTIONS = {
  read: { answer: 'read', timeoutMs: READ_TIMEOUT_MS },
  history: { answer: 'history', timeoutMs: READ_TIMEOUT_MS },
  'state-request': { answer: 'state-response', timeoutMs: READ_TIMEOUT_MS },
  nodes: { answer: 'nodes', timeoutMs: READ_TIMEOUT_MS },
  diff: { answer: 'diff', timeoutMs: LONG_TIMEOUT_MS },
  conflict: { answer: 'conflict', timeoutMs: LONG_TIMEOUT_MS },
  admin: { answer: 'admin', timeoutMs: LONG_TIMEOUT_MS },
} as const;
type Questions = typeof QUESTIONS;
type Asked = keyof Questions;
type AnswerFrame = Extract<ServerFrame, { type: Questions[Asked]['answer'] }>;
type Answer<Type extends Asked> = Extract<ServerFrame, { type: Questions[Type]['answer'] }>['payload'];
export type ServerAnswer = Answer<Asked>;

/** Rejects with what the server refuses, `unavailable` when no answer came in time or is to be expected, and `overloaded` beyond 100 at once. */
export type Ask = <Type extends Asked>(type: Type, question: PayloadOf<Type>) => Promise<Answer<Type>>;

const ANSWERS: ReadonlySet<string> = new Set(Object.values(QUESTIONS).map(({ answer }) => answer));
export const isServerAnswer = (frame: ServerFrame): frame is AnswerFrame => ANSWERS.has(frame.type);

/** Questions that only the server can answer. They wait for a connection, and go along to the next one. */
export interface ServerReads {
  readonly ask: Ask;
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

/** `send` loses what it is given without a connection. `check` throws when it makes no sense to wait for one. */
export function createServerReads(
  { clock }: Pick<Ports, 'clock'>,
  send: <Type extends Asked>(type: Type, question: PayloadOf<Type>, id: string) => void,
  check: () => void,
): ServerReads {
  const waiting = new Map<string, Waiting>();
  let lastId = 0;

  function take(id: string): Waiting | undefined {
    const taken = waiting.get(id);
    taken?.timer.clear();
    waiting.delete(id);
    return taken;
  }

  const ask: Ask = (type, question) => {
    const { timeoutMs } = QUESTIONS[type];
    return new Promise<ServerAnswer>((resolve, reject) => {
      check();
      if (waiting.size >= MAX_READS) throw new MnemonError('overloaded', 'too many questions at once');
      const id = `ask-${++lastId}`;
      const message = `no answer within ${timeoutMs} ms`;
      const timer = createTimer(clock, () => take(id)?.reject(new MnemonError('unavailable', message)));
      const mine = { send: () => send(type, question, id), timer, resolve, reject };
      waiting.set(id, mine);
      timer.set(timeoutMs);
      mine.send();
    }) as Promise<never>;
  };

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
