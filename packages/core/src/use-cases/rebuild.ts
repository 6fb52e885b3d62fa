import { administers, type RebuildRequest, type Rebuilt, wireError } from '@mnemon/protocol';
import type { Identity } from '../domain/caller.ts';
import { rebuildToken } from '../domain/history-page.ts';
import type { Ports } from '../ports/ports.ts';
import { foreignPage, type PastPorts } from './find-moment.ts';
import {
  checkEntries,
  checkLog,
  checkSnapshot,
  type Difference,
  type Place,
  type Step,
} from './rebuild-steps.ts';
import { type Answered, ok, refuse } from './refusal.ts';
import { nothingThere } from './state-at.ts';
import { TURN_MS } from './turn.ts';

const REPORTED = 100;

/** First whether what is kept is right, and then whether all is kept: of what a snapshot tells, and of what the log does. */
const PARTS = [checkEntries, checkSnapshot, checkLog] as const;

/**
 * Compares the entries of a scope with those that the log makes, or a snapshot and the log after it; changes nothing. Looks
 * at all entries and at the whole log, some of them in each call: a check for quiet hours, as `verify` is. What is written
 * meanwhile is no difference.
 */
export async function rebuild(
  ports: PastPorts & Pick<Ports, 'clock'>,
  { space, grants }: Identity,
  { scope, page }: RebuildRequest,
): Promise<Answered<Rebuilt>> {
  if (!administers(grants)) return refuse(wireError('forbidden', 'no grant to administer the space')); // I8
  // 1. Find out where the log is: what comes later is not looked at.
  const head = await ports.log.head(space);
  if (!head) return refuse(nothingThere());
  const token = page === undefined ? undefined : rebuildToken.decode(page);
  if (page !== undefined && token?.epoch !== head.epoch) return refuse(foreignPage());
  const step: Step = { ports, at: { space, partition: 0 }, scope, headSeq: head.seq[0] ?? 0 };
  // 2. Compare, as long as a call may take.
  const untilMs = ports.clock.now() + TURN_MS;
  const differences: Difference[] = [];
  let compared = 0;
  let [part, place]: [number, Place] = token ? [token.part, token.place] : [0, {}];
  for (let check = PARTS[part]; check; check = ports.clock.now() < untilMs ? PARTS[part] : undefined) {
    const checked = await check(step, place);
    compared += checked.compared;
    differences.push(...checked.differences);
    if (checked.next) place = checked.next;
    else [part, place] = [part + 1, {}];
  }
  return ok({
    compared,
    wrong: differences.length,
    differences: differences.slice(0, REPORTED),
    ...(part < PARTS.length && {
      page: rebuildToken.encode({ of: 'rebuild', epoch: head.epoch, part, place }),
    }),
  });
}
