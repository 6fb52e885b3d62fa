import { createHash } from 'node:crypto';
import { administers, type Cursor, type Entry, wireError } from '@mnemon/protocol';
import type { Identity } from '../domain/caller.ts';
import { canonicalText, GENESIS } from '../domain/commit.ts';
import { EXPORT_FORMAT, type ExportHeader } from '../domain/export-line.ts';
import type { Manifest } from '../domain/manifest.ts';
import type { PartitionId } from '../ports/event-log.ts';
import type { Ports } from '../ports/ports.ts';
import { noAdmin } from './administer.ts';
import { commitPages } from './read-pages.ts';
import { snapshotBefore, snapshotEntries } from './read-snapshot.ts';
import { type Answered, ok, refuse } from './refusal.ts';

type ExportPorts = Pick<Ports, 'log' | 'snapshots' | 'spaces' | 'policies' | 'values' | 'conflicts'>;

/**
 * A space as NDJSON, one line at a time, up to the commit that is its newest now: a header, the state that its log begins
 * with, the log, each large value before what names it, the conflicts' records, and a last line that proves that all came through. One that ends without it is of no use; so it is when a
 * commit was compacted before it was read, which throws `MissingCommits`.
 */
export async function exportSpace(
  ports: ExportPorts,
  { space, grants }: Identity,
): Promise<Answered<AsyncGenerator<string, void>>> {
  if (!administers(grants)) return refuse(noAdmin());
  const at = { space, partition: 0 };
  const cursor = await ports.log.head(space);
  const headSeq = cursor?.seq[0] ?? 0;
  if (!cursor || headSeq === 0) return refuse(wireError('not-found', 'nothing was ever kept in this space'));
  const floor = await ports.log.floor(at);
  const base = floor > 0 ? await snapshotBefore(ports, at, floor) : undefined;
  if (floor > 0 && base?.seq !== floor)
    throw new Error(`there is no snapshot where the log of ${space} begins`);
  const header = await headerOf(ports, at, cursor, base);
  return ok(withEnd(lines(ports, at, header, base)));
}

async function headerOf(
  ports: ExportPorts,
  at: PartitionId,
  cursor: Cursor,
  base: Manifest | undefined,
): Promise<ExportHeader> {
  const { space } = at;
  const headSeq = cursor.seq[0] ?? 0;
  const [retention, policies, [newest]] = await Promise.all([
    ports.spaces.retention(space),
    ports.policies.get(space),
    ports.log.commits({ ...at, afterSeq: headSeq - 1, limit: 1 }),
  ]);
  if (!newest) throw new Error(`commit ${headSeq} of ${space} was read and is not there`);
  return {
    type: 'space',
    format: EXPORT_FORMAT,
    space,
    cursor,
    hash: newest.hash,
    floor: { seq: base?.seq ?? 0, hash: base?.commitHash ?? GENESIS },
    epochAtFloor: base?.epoch ?? cursor.epoch,
    ...(retention && { retention }),
    policies: [...policies],
  };
}

async function* lines(
  ports: ExportPorts,
  at: PartitionId,
  header: ExportHeader,
  base: Manifest | undefined,
): AsyncGenerator<string, void> {
  const valuesOf = valueLines(ports, at);
  yield canonicalText(header);
  if (base) {
    for await (const entries of snapshotEntries(ports, at, base)) {
      for (const entry of entries) {
        yield* valuesOf([entry]);
        yield canonicalText({ type: 'entry', entry });
      }
    }
  }
  const range = { afterSeq: header.floor.seq, throughSeq: header.cursor.seq[0] ?? 0 };
  for await (const commits of commitPages(ports.log, at, range)) {
    for (const { hash, commit } of commits) {
      yield* valuesOf(commit.events);
      yield canonicalText({ type: 'commit', hash, commit });
    }
  }
  yield* conflictLines(ports, at, range.throughSeq);
}

type Named = Pick<Entry, 'key' | 'large'>;

/** The lines of the values that versions name, each when it is first named. */
function valueLines({ values }: ExportPorts, at: PartitionId) {
  const told = new Set<string>();
  return async function* (versions: readonly Named[]): AsyncGenerator<string, void> {
    for (const { key, large } of versions) {
      const name = `${key}/${large?.hash}`;
      if (!large || told.has(name)) continue;
      told.add(name);
      const text = await values.get(at, { key, hash: large.hash });
      if (text === undefined) throw new Error(`the value ${large.hash} of ${key} was named and is not there`);
      yield canonicalText({ type: 'value', key, value: JSON.parse(text) });
    }
  };
}

const CONFLICTS_PER_PAGE = 100;

/** What met up to this commit. */
async function* conflictLines(
  { conflicts }: ExportPorts,
  { space }: PartitionId,
  throughSeq: number,
): AsyncGenerator<string, void> {
  for (let afterId: string | undefined; ; ) {
    const page = await conflicts.recorded(space, { afterId, limit: CONFLICTS_PER_PAGE });
    for (const conflict of page) {
      if (conflict.seq > throughSeq) return;
      yield canonicalText({ type: 'conflict', conflict });
    }
    if (page.length < CONFLICTS_PER_PAGE) return;
    afterId = page.at(-1)?.id;
  }
}

async function* withEnd(all: AsyncIterable<string>): AsyncGenerator<string, void> {
  const sum = createHash('sha256');
  let count = 0;
  for await (const line of all) {
    sum.update(`${line}\n`);
    count++;
    yield `${line}\n`;
  }
  yield `${canonicalText({ type: 'end', lines: count, sha256: sum.digest('hex') })}\n`;
}
