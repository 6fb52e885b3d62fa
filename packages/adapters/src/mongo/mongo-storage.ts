import type { StoragePorts } from '@mnemon/core';
import type { Db } from 'mongodb';
import { mongoCheckpoints } from './mongo-checkpoints.ts';
import { mongoConflicts } from './mongo-conflicts.ts';
import { mongoEntryIndex } from './mongo-entry-index.ts';
import { mongoEventLog } from './mongo-event-log.ts';
import { mongoImports } from './mongo-imports.ts';
import { mongoInbox } from './mongo-inbox.ts';
import { mongoLifetimes } from './mongo-lifetimes.ts';
import { mongoLocks } from './mongo-locks.ts';
import { mongoNodes } from './mongo-nodes.ts';
import { mongoPolicies } from './mongo-policies.ts';
import { mongoSnapshots } from './mongo-snapshots.ts';
import { mongoSpaces } from './mongo-spaces.ts';
import { mongoTaskWaiters } from './mongo-task-waiters.ts';
import { mongoTasks } from './mongo-tasks.ts';
import { mongoValues } from './mongo-values.ts';
import type { OnUnreadable } from './set-aside.ts';

interface MongoStorageOptions {
  db: Db;
  onUnreadable?: OnUnreadable;
}

/** All that is kept in MongoDB. */
export const mongoStorage = ({ db, onUnreadable }: MongoStorageOptions): StoragePorts => ({
  log: mongoEventLog({ db }),
  inbox: mongoInbox({ db, onUnreadable }),
  lifetimes: mongoLifetimes({ db }),
  index: mongoEntryIndex({ db }),
  nodes: mongoNodes({ db, onUnreadable }),
  spaces: mongoSpaces({ db }),
  snapshots: mongoSnapshots({ db }),
  values: mongoValues({ db }),
  checkpoints: mongoCheckpoints({ db, onUnreadable }),
  imports: mongoImports({ db }),
  conflicts: mongoConflicts({ db }),
  policies: mongoPolicies({ db }),
  locks: mongoLocks({ db }),
  tasks: mongoTasks({ db }),
  taskWaiters: mongoTaskWaiters({ db }),
});
