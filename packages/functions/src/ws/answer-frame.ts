import {
  type Answered,
  type Caller,
  catchUp,
  connect,
  diff,
  dismiss,
  forget,
  heartbeat,
  history,
  listNodes,
  read,
  stateAt,
  subscribe,
  Unavailable,
  unsubscribe,
  writeEntries,
} from '@mnemon/core';
import {
  type ClientFrame,
  endsConnection,
  parseClientFrame,
  type ServerFrame,
  type WireError,
  wireError,
} from '@mnemon/protocol';
import type { App } from '../compose.ts';
import { causeOf, log } from '../observe.ts';
import { answerAdmin } from './answer-admin.ts';
import { answerConflict } from './answer-conflict.ts';
import { answerLock } from './answer-lock.ts';
import { answerTask } from './answer-task.ts';

type Payload<Type extends ServerFrame['type']> = Extract<ServerFrame, { type: Type }>['payload'];

/** Answers a frame: parses it, finds who asks, calls the use-case, posts what it says. */
export async function answerFrame(app: App, caller: Caller, text: string): Promise<void> {
  const { fanout, clock } = app.ports;
  const answer = await answerText(app, caller, text);
  if (!answer) return;
  const frame = JSON.stringify({ ...answer, timestamp: clock.now() });
  await fanout.post([{ connectionId: caller.connectionId, frames: [frame] }]);
  // The management API closes with a code of its own; why it was closed is in the frame.
  if (answer.type === 'error' && endsConnection(answer.payload.code)) await fanout.close(caller.connectionId);
}

type Unstamped<Frame> = Frame extends ServerFrame ? Omit<Frame, 'timestamp'> : never;
type Answer = Unstamped<ServerFrame>;

async function answerText(app: App, caller: Caller, text: string): Promise<Answer | undefined> {
  const parsed = parseClientFrame(text);
  if (!parsed.ok) return errorFrame(parsed.id, parsed.error);
  const { frame } = parsed;
  try {
    if (caller.tokenExpiresAtMs <= app.ports.clock.now()) {
      await dismiss(app.ports, caller, 'token-expired', 'the token has expired'); // I8
      return undefined;
    }
    return await answer(app, caller, frame);
  } catch (error) {
    logFailure(frame, caller, error);
    // By its name: from an embedded store it comes across threads, and has lost its class.
    if (error instanceof Error && error.name === Unavailable.name) {
      return errorFrame(frame.id, wireError('unavailable', error.message, { retryAfterMs: 500 }));
    }
    return errorFrame(frame.id, wireError('internal', 'the request failed; its cause is in the log'));
  }
}

async function answer(app: App, caller: Caller, frame: ClientFrame): Promise<Answer | undefined> {
  const { ports, settings } = app;
  const { id } = frame;
  switch (frame.type) {
    case 'connect':
      return reply(
        'connected',
        id,
        await connect(ports, caller, frame.payload, settings.HEARTBEAT_MS, settings.CONNECTIONS_PER_TOKEN),
      );
    case 'heartbeat':
      return reply('heartbeat', id, await heartbeat(ports, caller, frame.payload));
    case 'ping':
      return { type: 'pong', id, payload: {} };
    case 'subscribe':
      return reply('caught-up', id, await subscribe(ports, caller, frame.payload));
    case 'unsubscribe':
      return reply('unsubscribe', id, await unsubscribe(ports, caller, frame.payload));
    case 'catch-up':
      return reply('caught-up', id, await catchUp(ports, caller, frame.payload));
    case 'history':
      return reply('history', id, await history(ports, caller, frame.payload));
    case 'state-request':
      return reply('state-response', id, await stateAt(ports, caller, frame.payload));
    case 'diff':
      return reply('diff', id, await diff(ports, caller, frame.payload));
    case 'conflict':
      return reply('conflict', id, await answerConflict(app, caller, frame.payload));
    case 'admin':
      return reply('admin', id, await answerAdmin(app, caller, frame.payload));
    case 'read':
      return reply('read', id, await read(ports, caller, frame.payload));
    case 'nodes':
      return reply('nodes', id, await listNodes(ports, caller, frame.payload));
    case 'lock':
      return reply('lock', id, await answerLock(ports, caller, frame.payload));
    case 'task':
      return reply('task', id, await answerTask(ports, caller, frame.payload));
    case 'write': {
      const retryAfterMs = app.takeWrite(caller.connectionId, ports.clock.now());
      if (retryAfterMs > 0) {
        return errorFrame(id, wireError('rate-limited', 'too many batches', { retryAfterMs }));
      }
      const refusal = await writeEntries(ports, caller, frame.payload, id);
      return refusal && errorFrame(id, refusal);
    }
    case 'disconnect':
      await Promise.all([forget(ports, caller), ports.fanout.close(caller.connectionId)]);
      return undefined;
  }
}

function reply<Type extends ServerFrame['type']>(
  type: Type,
  id: string,
  answered: Answered<Payload<Type>>,
): Answer {
  if (!answered.ok) return errorFrame(id, answered.error);
  return { type, id, payload: answered.value } as Answer;
}

const errorFrame = (id: string, error: WireError): Answer => ({ type: 'error', id, payload: error });

// Neither values nor tokens: what a frame carries is its sender's.
function logFailure(frame: ClientFrame, { space, instanceId, connectionId }: Caller, error: unknown): void {
  const { type, id } = frame;
  log.error('request failed', { type, id, space, instanceId, connectionId, cause: causeOf(error) });
}
