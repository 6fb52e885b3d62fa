import { administers, type ChainEnd, type Cursor, wireError } from '@mnemon/protocol';
import type { Identity } from '../domain/caller.ts';
import type { ExportHeader } from '../domain/export-line.ts';
import { verifyChain } from '../domain/verify-chain.ts';
import type { Ports } from '../ports/ports.ts';
import { noAdmin } from './administer.ts';
import { type Filled, fillSpace, importName, Overtaken } from './fill-space.ts';
import { BadExport, readExport } from './read-export.ts';
import { commitPages, MissingCommits } from './read-pages.ts';
import { type Answered, ok, refuse } from './refusal.ts';

export type ImportPorts = Pick<Ports, 'log' | 'snapshots' | 'values' | 'imports' | 'clock' | 'randomId'>;

const ROWS_PER_STEP = 500;

/**
 * Fills a space that nobody has opened from what `exportSpace` made of one, under its own name or another: under another,
 * commits are sealed anew. Its epoch is new, by a last commit that says so: no cursor of the exported space means anything
 * here.
 *
 * Everything is verified. The space opens in one step, when all of it is there; of what is refused nothing stays, and what a
 * crash left is cleared by the next attempt. What was imported before, asked for again, is answered as it was then (I6).
 */
export async function importSpace(
  ports: ImportPorts,
  identity: Identity,
  pieces: AsyncIterable<string> | Iterable<string>,
): Promise<Answered<{ cursor: Cursor }>> {
  if (!administers(identity.grants)) return refuse(noAdmin());
  const { space } = identity;
  const parts = readExport(pieces);
  const header = await headerOf(parts);
  if (typeof header === 'string') return refuse(wireError('bad-request', header));
  // 1. Reserve the space, and clear what an attempt before has left.
  const importId = ports.randomId();
  if (!(await ports.imports.reserve(space, importId))) return answerOfBefore(ports, identity, header);
  await clear(ports, space, importId);
  try {
    // 2. Fill it.
    const filled = await fillSpace(ports, identity, importId, header, parts);
    // 3. Read back what was written: another attempt may have come in between.
    await checkLog(ports, filled);
    // 4. Open it.
    const { retention, policies, epoch } = filled;
    const settings = { epoch, policies, ...(retention && { retention }) };
    if (!(await ports.imports.finish(space, importId, settings))) throw new Overtaken();
    return ok({ cursor: { epoch, seq: [filled.end.seq] } });
  } catch (error) {
    if (error instanceof Overtaken || error instanceof MissingCommits) return refuse(overtaken(identity));
    const undone = clear(ports, space, importId).then(() => ports.imports.release(space, importId));
    if (!(error instanceof BadExport)) {
      await undone.catch(() => {}); // the next attempt clears what is left
      throw error;
    }
    await undone;
    return refuse(wireError('bad-request', error.message));
  }
}

/** The header, or what is wrong with it. */
async function headerOf(parts: ReturnType<typeof readExport>): Promise<ExportHeader | string> {
  try {
    const { value } = await parts.next();
    return value && 'header' in value ? value.header : 'there is nothing to import';
  } catch (error) {
    if (error instanceof BadExport) return error.message;
    throw error;
  }
}

/** The space is open: by this very import, of which somebody missed the answer, or it is in use. */
async function answerOfBefore(
  { log }: ImportPorts,
  { space }: Identity,
  header: ExportHeader,
): Promise<Answered<{ cursor: Cursor }>> {
  const loaded = await log.load({ space, partition: 0, keys: [], mutations: [importName(header)] });
  const renewal = loaded?.answered[0]?.commit;
  if (renewal) return ok({ cursor: { epoch: renewal.epoch, seq: [renewal.seq] } });
  return refuse(wireError('conflict', `${space} is in use: a space can only be imported into an empty one`));
}

const overtaken = ({ space }: Identity) =>
  wireError('conflict', `another import into ${space} has taken over`);

async function clear({ imports }: ImportPorts, space: Identity['space'], importId: string): Promise<void> {
  while ((await imports.clear(space, importId, ROWS_PER_STEP)) > 0);
}

async function checkLog({ log }: ImportPorts, { at, floor, end }: Filled): Promise<void> {
  let walked: ChainEnd = floor;
  for await (const commits of commitPages(log, at, { afterSeq: floor.seq, throughSeq: end.seq })) {
    const check = verifyChain(walked, commits);
    if (!check.intact) throw new Overtaken();
    walked = check.end;
  }
  if (walked.hash !== end.hash) throw new Overtaken();
}
