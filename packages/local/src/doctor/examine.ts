import { randomUUID } from 'node:crypto';
import { connect, isLocked, isStaleToken, type Mnemon } from '@mnemon/client';
import { within } from '../within.ts';
import { adviceFor, adviceForBackend } from './advice.ts';
import { degradedBackends } from './degraded-backends.ts';
import { measure } from './measure.ts';
import { namesFor } from './names-for.ts';

export interface Installation {
  /** `wss://…` */
  url: string;
  /** For instances of any name, with write access to `doctor/**`. */
  token: string;
}

const MISSED_WRITES = 20;
const CONNECT_MS = 10_000;

/**
 * Uses an installation as two instances would, and says what works. Answers whether everything did; of what did not it
 * says why that may be, and looks no further. What it wrote it deletes.
 */
export async function examine({ url, token }: Installation, say: (line: string) => void): Promise<boolean> {
  const opened: Mnemon[] = [];
  const join = async (instanceId: string): Promise<Mnemon> => {
    const instance = await connect({ url, token, instanceId, connectTimeoutMs: CONNECT_MS });
    opened.push(instance);
    return instance;
  };
  const prefix = `doctor/${randomUUID()}`;
  try {
    const [ada, ben, cy] = namesFor(token);
    const writer = await join(ada);
    let reader = await join(ben);
    say('connects   two instances, one space');
    await writer.write(`${prefix}/first`, 1);
    say('writes     and the write is durable');
    await seeOneWrite(writer, reader, `${prefix}/seen`);
    say('sees       what the other wrote, live');
    await reader.close();
    for (let i = 0; i < MISSED_WRITES; i++) await writer.write(`${prefix}/missed/${i}`, i);
    reader = await join(ben);
    const { length } = await within('the state arrives', reader.entries(`${prefix}/missed/*`));
    if (length !== MISSED_WRITES) throw new Error(`${length} of ${MISSED_WRITES} missed writes came`);
    say('catches up with what was written while it was away');
    await passLock(writer, reader, `${prefix}/lock`);
    say('locks      for one holder at a time; late writes of the one before are refused');
    const { ackMs, slowAckMs, seenMs } = await measure(writer, reader, `${prefix}/measured`);
    say(`measures   a write durable after ${ackMs} ms (p99 ${slowAckMs}), seen after ${seenMs} ms`);
    const written = await reader.entries(`${prefix}/**`);
    await Promise.all(written.map(({ key }) => writer.delete(key)));
    const away = await degradedBackends({ url, token }, cy);
    for (const line of away.flatMap(adviceForBackend)) say(line);
    return away.length === 0;
  } catch (error) {
    for (const line of adviceFor(error, url)) say(line);
    return false;
  } finally {
    await Promise.all(opened.map((instance) => instance.close()));
  }
}

async function seeOneWrite(writer: Mnemon, reader: Mnemon, key: string): Promise<void> {
  let seen = () => {};
  const arrived = new Promise<void>((resolve) => {
    seen = resolve;
  });
  const subscription = reader.subscribe(key, seen);
  await within('the subscription is there', subscription.ready);
  await writer.write(key, true);
  await within('the other sees the write', arrived);
  subscription();
}

async function passLock(first: Mnemon, second: Mnemon, name: string): Promise<void> {
  const held = await first.lock(name);
  if (!(await isRefused(second.lock(name), isLocked))) throw new Error('a lock was granted to two at once');
  await held.release();
  const next = await second.lock(name);
  const late = first.write(`${name}/written`, true, { lock: held });
  if (!(await isRefused(late, isStaleToken)))
    throw new Error('a write under a lock that was lost went through');
  await next.release();
}

/** Whether it was refused for that reason; refused for another, it rejects. */
const isRefused = (call: Promise<unknown>, isThat: (error: unknown) => boolean): Promise<boolean> =>
  call.then(
    () => false,
    (error) => {
      if (isThat(error)) return true;
      throw error;
    },
  );
