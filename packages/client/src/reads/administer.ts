import type { Admin, AdminAnswer } from '@mnemon/protocol';
import { MnemonError } from '../mnemon-error.ts';
import type { Ask } from './server-reads.ts';

type Action = Admin['payload']['action'];
type Request<Of extends Action> = Extract<Admin['payload'], { action: Of }>;
type Result<Of extends Action> = Extract<AdminAnswer['payload'], { action: Of }>['result'];

/** Asks for what needs the grant to administer. */
export async function administer<Of extends Action>(
  ask: Ask,
  action: Of,
  more: Omit<Request<Of>, 'action'>,
): Promise<Result<Of>> {
  const answer = await ask('admin', { ...more, action } as Request<Of>);
  if (answer.action === action) return answer.result as Result<Of>;
  throw new MnemonError('internal', `the server answered ${answer.action}, not ${action}`);
}
