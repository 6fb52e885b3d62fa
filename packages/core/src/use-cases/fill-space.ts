import type { ChainEnd, ClientId, Entry } from '@mnemon/protocol';
import type { Identity } from '../domain/caller.ts';
import {
  canonicalText,
  hashOf,
  type MutationId,
  type SealedCommit,
  seal,
  sealRenewal,
} from '../domain/commit.ts';
import { lastVersions } from '../domain/corrections.ts';
import type { ExportHeader } from '../domain/export-line.ts';
import { sealManifest, sumCounts } from '../domain/manifest.ts';
import { attemptName } from '../domain/snapshot-attempt.ts';
import type { Append, PartitionId } from '../ports/event-log.ts';
import type { Ports } from '../ports/ports.ts';
import { chunkWriter } from './chunk-writer.ts';
import type { ExportPart } from './read-export.ts';

const PART_CHARACTERS = 1_000_000;
const PARTS_PER_STEP = 100;

type FillPorts = Pick<Ports, 'log' | 'snapshots' | 'values' | 'imports' | 'clock' | 'randomId'>;

/** Somebody else has come in between. */
export class Overtaken extends Error {
  override readonly name = 'Overtaken';
}

/** Where an import puts what it reads. */
type Place = PartitionId & Required<Pick<Append, 'importId'>>;

/** What a space was filled with. */
export interface Filled extends Pick<ExportHeader, 'retention' | 'policies'> {
  at: PartitionId;
  floor: ChainEnd;
  end: ChainEnd;
  epoch: string;
}

/** Puts what is read into the space that `importId` has reserved, and after it the commit that renews its epoch. */
export async function fillSpace(
  ports: FillPorts,
  { space, instanceId }: Identity,
  importId: string,
  header: ExportHeader,
  parts: AsyncGenerator<ExportPart, void>,
): Promise<Filled> {
  const at: PartitionId = { space, partition: 0 };
  const { floor, retention, policies } = header;
  let end: ChainEnd = floor;
  const place: Place = { ...at, importId };
  const base = baseOf(ports, place, header);
  for await (const some of inSteps(parts)) {
    for (const part of some)
      if ('value' in part) await ports.values.put(at, part.value, part.text, ports.clock.now());
    await base.add(some.flatMap((part) => ('entry' in part ? [part.entry] : [])));
    const commits = some.flatMap((part) => ('commit' in part ? [part.commit] : []));
    if (commits.length > 0) await base.publish();
    const sealed = resealed(commits, space, end);
    await append(ports, place, { commits: sealed, entries: await replaced(ports, at, sealed) });
    end = endOf(sealed, end);
    const conflicts = some.flatMap((part) => ('conflict' in part ? [{ ...part.conflict, space }] : []));
    await append(ports, place, { conflicts });
  }
  await base.publish();
  const epoch = ports.randomId();
  const renewal = sealRenewal(end, {
    ...at,
    epoch,
    author: instanceId,
    committedAtMs: ports.clock.now(),
    mutation: importName(header),
  });
  await append(ports, place, { commits: [renewal] });
  return {
    at,
    floor,
    end: { seq: end.seq + 1, hash: renewal.hash },
    epoch,
    policies,
    ...(retention && { retention }),
  };
}

/** The commit that renews the epoch says what was imported: asked for again, it is found (I6). */
export const importName = (header: ExportHeader): MutationId => ({
  client: `import:${hashOf(canonicalText(header))}` as ClientId,
  n: 1,
});

/** The state that the log begins with: entries, and the snapshot of them. */
function baseOf(ports: FillPorts, place: Place, { floor, epochAtFloor }: ExportHeader) {
  const { importId, ...at } = place;
  const attempt = attemptName(ports.clock.now(), ports.randomId());
  const writer = chunkWriter(ports.snapshots, at, attempt);
  let isPublished = floor.seq === 0;
  return {
    async add(entries: readonly Entry[]): Promise<void> {
      if (entries.length === 0) return;
      await writer.add(entries);
      const versions = entries.map((entry) => ({ entry, loadedSeq: 0 }));
      await append(ports, place, { entries: versions });
    },
    async publish(): Promise<void> {
      if (isPublished) return;
      isPublished = true;
      const chunks = await writer.flush();
      const manifest = sealManifest({
        format: 1,
        seq: floor.seq,
        commitHash: floor.hash,
        epoch: epochAtFloor,
        takenAtMs: ports.clock.now(),
        counts: sumCounts(chunks.map(({ counts }) => counts)),
        attempt,
        chunks,
      });
      if (!(await ports.imports.beginLog(at.space, importId, manifest))) throw new Overtaken();
    },
  };
}

/** The same commits under the name of `space`: under their own they stay as they are. */
function resealed(commits: readonly SealedCommit[], space: PartitionId['space'], from: ChainEnd) {
  const result: SealedCommit[] = [];
  for (const { commit } of commits) {
    result.push(seal({ ...commit, space, prevHash: endOf(result, from).hash }));
  }
  return result;
}

function endOf(commits: readonly SealedCommit[], otherwise: ChainEnd): ChainEnd {
  const last = commits.at(-1);
  return last ? { seq: last.commit.seq, hash: last.hash } : otherwise;
}

/** What commits leave behind, with the versions that they replace. */
async function replaced(
  { imports }: FillPorts,
  { space }: PartitionId,
  commits: readonly SealedCommit[],
): Promise<Append['entries']> {
  const entries = lastVersions(commits);
  if (entries.length === 0) return [];
  const seqs = await imports.seqsOf(
    space,
    entries.map(({ key }) => key),
  );
  return entries.map((entry) => ({ entry, loadedSeq: seqs.get(entry.key) ?? 0 }));
}

/** One step, which whoever was overtaken cannot take any more. */
async function append(
  { log }: FillPorts,
  place: Place,
  { commits = [], entries = [], conflicts = [] }: Partial<Append>,
): Promise<void> {
  if (commits.length + entries.length + conflicts.length === 0) return;
  const appended = await log.append({ ...place, commits, entries, conflicts, settled: [] });
  if (appended === 'conflict') throw new Overtaken();
}

function charactersOf(part: ExportPart): number {
  if ('commit' in part) return part.commit.text.length;
  if ('value' in part) return part.text.length;
  return JSON.stringify(part).length;
}

/** As many parts as are taken at once. */
async function* inSteps(parts: AsyncIterable<ExportPart>): AsyncGenerator<ExportPart[], void> {
  let step: ExportPart[] = [];
  let characters = 0;
  for await (const part of parts) {
    step.push(part);
    characters += charactersOf(part);
    if (step.length < PARTS_PER_STEP && characters < PART_CHARACTERS) continue;
    yield step;
    step = [];
    characters = 0;
  }
  if (step.length > 0) yield step;
}
