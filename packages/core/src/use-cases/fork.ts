import {
  administers,
  type ClientId,
  type Cursor,
  type Entry,
  type Forked,
  LIMITS,
  type MemoryEvent,
  wireError,
} from '@mnemon/protocol';
import type { Identity } from '../domain/caller.ts';
import { type Commit, canonicalText, GENESIS, hashOf, seal } from '../domain/commit.ts';
import { evolve } from '../domain/decide.ts';
import type { Past } from '../domain/history-page.ts';
import type { Loaded, PartitionId } from '../ports/event-log.ts';
import type { Ports } from '../ports/ports.ts';
import type { ValueId } from '../ports/values.ts';
import { findMoment, type PastPorts, tooOld, unlessCompacted } from './find-moment.ts';
import { newestCommit } from './newest-commit.ts';
import { type Answered, ok, refuse } from './refusal.ts';
import { nextItems } from './scoped-entries.ts';
import { entriesAt, nothingThere } from './state-at.ts';

type ForkPorts = PastPorts & Pick<Ports, 'clock' | 'values'>;

/** After this long a call answers how far it came. */
const WORK_MS = 10_000;

/**
 * Makes a new space whose state is that of `source` at a cursor: the same entries, with their versions, clocks and
 * authors, as the first commits of a log of its own. The last of those is empty and says that all are there.
 *
 * Each space has a token of its own, and both have to be an administrator's: whoever could fork into a space without one
 * could fill another's memory before its owner comes. A space that anybody has written to is refused with `conflict`.
 */
export async function fork(
  ports: ForkPorts & Pick<Ports, 'randomId'>,
  source: Identity,
  target: Identity,
  cursor: Cursor,
): Promise<Answered<Forked>> {
  if (!administers(source.grants) || !administers(target.grants)) {
    return refuse(wireError('forbidden', 'both spaces have to be administered by the one who forks')); // I8
  }
  if (source.space === target.space) return refuse(inUse(target));
  // 1. Find the moment.
  const head = await ports.log.head(source.space);
  if (!head) return refuse(nothingThere());
  const past = await findMoment(ports, source.space, head, { cursor });
  if (!past.ok) return past;
  const name = `fork:${hashOf(canonicalText({ space: source.space, cursor }))}` as ClientId;
  const untilMs = ports.clock.now() + WORK_MS;
  for (;;) {
    // 2. See how far this fork has come, in this call or in one that died.
    const progress = await progressOf(ports, target, name);
    if (!progress) return refuse(inUse(target));
    const { loaded, afterKey, isComplete } = progress;
    const reached = { epoch: loaded.epoch, seq: [progress.seq] };
    if (isComplete || ports.clock.now() >= untilMs) return ok({ cursor: reached, complete: isComplete });
    // 3. Copy the next entries. Of two calls at once one meets the other's commit, and looks again.
    const step = { source, target, name, past: past.value, loaded, ...(afterKey && { afterKey }) };
    const copied = await copyNext(ports, step);
    if (!copied.ok) return copied;
  }
}

const inUse = ({ space }: Identity) => wireError('conflict', `${space} is in use`);

interface Progress {
  /** The newest commit of this fork. */
  seq: number;
  /** The last key that it copied. */
  afterKey: string | undefined;
  isComplete: boolean;
  loaded: Loaded;
}

/** `undefined` when somebody else has written to the space before the fork was complete. */
async function progressOf(
  ports: Pick<Ports, 'log' | 'randomId'>,
  { space }: Identity,
  name: ClientId,
): Promise<Progress | undefined> {
  const at = { space, partition: 0 };
  await ports.log.open(space, ports.randomId());
  const loaded = await ports.log.load({ ...at, keys: [], mutations: [] });
  if (!loaded) throw new Error(`space ${space} was opened and is not there`);
  const { seq } = loaded.head;
  const newest = await newestOwn(ports, at, seq, name);
  const isComplete = newest?.events.length === 0;
  if ((newest?.seq ?? 0) < seq && !isComplete) return undefined;
  return { seq: newest?.seq ?? 0, afterKey: newest?.events.at(-1)?.key, isComplete, loaded };
}

async function newestOwn(
  ports: Pick<Ports, 'log'>,
  at: PartitionId,
  headSeq: number,
  name: ClientId,
): Promise<Commit | undefined> {
  const isOwn = ({ mutation }: Commit): boolean => mutation.client === name;
  const [last] = headSeq > 0 ? await ports.log.commits({ ...at, afterSeq: headSeq - 1, limit: 1 }) : [];
  // Whatever comes after a fork is another's: its commits are the first.
  return last && isOwn(last.commit) ? last.commit : newestCommit(ports, at, headSeq, isOwn);
}

interface Step {
  source: Identity;
  target: Identity;
  name: ClientId;
  past: Past;
  loaded: Loaded;
  afterKey?: string;
}

async function copyNext(ports: ForkPorts, step: Step): Promise<Answered<void>> {
  const { source, target, name, past, loaded } = step;
  const reading = await unlessCompacted(ports, source.space, [past], () => nextEntries(ports, step));
  if (!reading.ok) return reading;
  for (const { key, large } of reading.value) {
    if (!large) continue;
    const copied = await copyValue(ports, source, target, { key, hash: large.hash });
    if (!copied.ok) return copied;
  }
  const events = reading.value.map(
    ({ partition: _, seq: __, ...version }): MemoryEvent => ({ type: 'created', ...version }),
  );
  const at = { space: target.space, partition: 0 };
  const seq = loaded.head.seq + 1;
  const commit = seal({
    ...at,
    seq,
    epoch: loaded.epoch,
    author: target.instanceId,
    committedAtMs: ports.clock.now(),
    events,
    mutation: {
      client: name,
      n: seq,
      outcomes: events.map(({ version }) => ({ status: 'applied', version })),
    },
    prevHash: seq === 1 ? GENESIS : loaded.head.hash,
  });
  const entries = events.map((event) => ({ entry: evolve(event, 0, seq), loadedSeq: 0 }));
  await ports.log.append({ ...at, commits: [commit], entries, settled: [] });
  return ok(undefined);
}

/** None only when all are copied: that is what an empty commit says. */
async function nextEntries(ports: ForkPorts, { source, past, ...step }: Step): Promise<readonly Entry[]> {
  for (let { afterKey } = step; ; ) {
    const start = { scope: { prefix: '' }, limit: LIMITS.batchOps, afterKey };
    const next = await nextItems(ports, source, start, (entries) =>
      entriesAt(ports, source.space, entries, past),
    );
    if (next.items.length > 0 || next.afterKey === undefined) return next.items;
    afterKey = next.afterKey;
  }
}

/** Before the commit that names it. */
async function copyValue(
  { values, clock }: ForkPorts,
  { space: from }: Identity,
  { space: to }: Identity,
  id: ValueId,
): Promise<Answered<void>> {
  const text = await values.get({ space: from, partition: 0 }, id);
  if (text === undefined) return refuse(tooOld());
  await values.put({ space: to, partition: 0 }, id, text, clock.now());
  return ok(undefined);
}
