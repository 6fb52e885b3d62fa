import type { LockAnswer, LockRequest, ServerFrame, TaskAnswer, TaskRequest } from '@mnemon/protocol';
import { createFakeClock } from '@mnemon/testing/fake-clock';
import { seededRandom } from '@mnemon/testing/seeded-random';
import { createRequests } from '../connection/requests.ts';
import type { Ports } from '../ports.ts';
import { createLocks } from './locks.ts';
import { createTaskQueue } from './task-queue.ts';

interface Sent {
  id: string;
  payload: LockRequest | TaskRequest;
}

/** Requests, and what is made of them, with a server that says what the test says. */
export function askedScene() {
  const clock = createFakeClock();
  const sent: Sent[] = [];
  const ports = { clock, random: seededRandom(1) } as unknown as Ports;
  const send = (_: string, payload: unknown, id?: string) => {
    sent.push({ id: id as string, payload: payload as Sent['payload'] });
    return id as string;
  };
  const requests = createRequests({ send } as never, ports);
  const locks = createLocks(requests, ports);
  const tasks = createTaskQueue(requests, ports);
  requests.online();

  /** As the client's frame reader passes it on. */
  function hear(type: 'lock' | 'task', payload: LockAnswer | TaskAnswer, id: string): void {
    const frame = { type, id, timestamp: clock.now(), payload } as ServerFrame;
    if (frame.type === 'lock') requests.answered(frame) || locks.hear(frame);
    else if (frame.type === 'task') requests.answered(frame) || tasks.hear(frame);
  }
  const last = () => sent.at(-1) as Sent;
  return {
    ...{ clock, sent, requests, locks, tasks: tasks.queue, last, hear },
    /** Answers what was sent last, and lets come of it what may. */
    async answer(payload: LockAnswer | TaskAnswer, id = last().id) {
      hear('attempt' in last().payload && isTask(last().payload) ? 'task' : 'lock', payload, id);
      await clock.advance(0);
    },
    async push(type: 'lock' | 'task', payload: LockAnswer | TaskAnswer) {
      hear(type, payload, '');
      await clock.advance(0);
    },
    reconnect() {
      requests.offline();
      requests.online();
      locks.online();
      tasks.online();
    },
  };
}

const isTask = ({ do: what }: Sent['payload']): boolean => !['acquire', 'renew', 'release'].includes(what);
