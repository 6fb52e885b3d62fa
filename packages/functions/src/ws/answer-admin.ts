import {
  type Answered,
  type Caller,
  fork,
  listSnapshots,
  rebuild,
  renewEpoch,
  restore,
  snapshotSpace,
  stats,
  verifyPage,
} from '@mnemon/core';
import type { Admin, AdminAnswer, Forked, ForkRequest } from '@mnemon/protocol';
import type { App } from '../compose.ts';
import { identityOfToken } from '../identity-of-token.ts';

type Request = Admin['payload'];
type Answer = AdminAnswer['payload'];

/** Does what needs the grant to administer. */
export async function answerAdmin(app: App, caller: Caller, request: Request): Promise<Answered<Answer>> {
  const { ports, pause } = app;
  switch (request.action) {
    case 'stats':
      return named('stats', await stats(ports, caller));
    case 'verify':
      return named('verify', await verifyPage(ports, caller, request));
    case 'take-snapshot':
      return named('take-snapshot', await snapshotSpace(ports, caller));
    case 'list-snapshots':
      return named('list-snapshots', await listSnapshots(ports, caller));
    case 'rebuild':
      return named('rebuild', await rebuild(ports, caller, request));
    case 'restore':
      return named('restore', await restore(ports, pause, caller, request));
    case 'fork':
      return named('fork', await forkInto(app, caller, request));
    case 'renew-epoch':
      return named('renew-epoch', await renewEpoch(ports, caller));
  }
}

async function forkInto(app: App, caller: Caller, { token, cursor }: ForkRequest): Promise<Answered<Forked>> {
  const target = await identityOfToken(app, token, undefined);
  return target.ok ? fork(app.ports, caller, target.value, cursor) : target;
}

/** The result under the name of what was asked for. */
function named<Action extends Answer['action']>(
  action: Action,
  answered: Answered<Extract<Answer, { action: Action }>['result']>,
): Answered<Answer> {
  return answered.ok ? { ok: true, value: { action, result: answered.value } as Answer } : answered;
}
