import type { Db } from 'mongodb';
import { throwUnavailable } from './mongo-failures.ts';

/** Rejects when the database is a server on its own, which has no transactions. For a start: every commit needs one. */
export async function requireTransactions(db: Db): Promise<void> {
  const { setName, msg } = await db.command({ hello: 1 }).catch(throwUnavailable);
  if (setName === undefined && msg !== SHARDED) {
    throw new Error('it is a server on its own, and transactions need a replica set');
  }
}

/** How a router in front of replica sets introduces itself. */
const SHARDED = 'isdbgrid';
