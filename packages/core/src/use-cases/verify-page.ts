import { administers, type Verdict, type VerifyRequest } from '@mnemon/protocol';
import type { Identity } from '../domain/caller.ts';
import { verifyToken } from '../domain/history-page.ts';
import type { Ports } from '../ports/ports.ts';
import { noAdmin } from './administer.ts';
import { foreignPage } from './find-moment.ts';
import { type Answered, ok, refuse } from './refusal.ts';
import { TURN_MS } from './turn.ts';
import { walkChain } from './verify.ts';

/**
 * Walks on along the hash chain of a space, as far as one call may: a page answers how far it held, and the next goes on
 * from there. It tells of keys and instances alike, so it is for those who administer everything (I8).
 */
export async function verifyPage(
  ports: Pick<Ports, 'log' | 'snapshots' | 'clock'>,
  { space, grants }: Identity,
  { known, page }: VerifyRequest,
): Promise<Answered<Verdict>> {
  if (!administers(grants)) return refuse(noAdmin());
  const from = page === undefined ? undefined : verifyToken.decode(page)?.end;
  if (page !== undefined && !from) return refuse(foreignPage());
  const at = { space, partition: 0 };
  const { clock } = ports;
  const untilMs = clock.now() + TURN_MS;
  const walked = await walkChain(ports, at, { known, from, isOver: () => clock.now() >= untilMs });
  if (!walked.intact) return ok(walked);
  const { end, isWhole } = walked;
  return ok({ intact: true, end, ...(!isWhole && { page: verifyToken.encode({ of: 'verify', end }) }) });
}
