import { randomUUID } from 'node:crypto';
import { migrate, mongoStorage } from '@mnemon/adapters/mongo';
import { conflictOf } from '@mnemon/testing/contracts/conflicts-contract';
import { appendOf, loadAll, openSpace } from '@mnemon/testing/contracts/stored-history';
import { MongoClient } from 'mongodb';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { engineUrl } from '../engines.ts';

describe.runIf(engineUrl('MongoDB'))('the commands of an append, on the engine', () => {
  let client: MongoClient;
  const sent: string[] = [];
  beforeAll(async () => {
    client = new MongoClient(engineUrl('MongoDB') as string, { monitorCommands: true });
    client.on('commandStarted', ({ commandName, command }) => {
      const collection: unknown = command[commandName];
      sent.push(typeof collection === 'string' ? `${commandName} ${collection}` : commandName);
    });
    await migrate(client.db(DB));
  });
  afterAll(async () => {
    await client.db(DB).dropDatabase();
    await client.close();
  });
  const DB = `mnemon_test_${randomUUID()}`;

  test('are two and the commit, and one more for all that is recorded of conflicts', async () => {
    const { log } = mongoStorage({ db: client.db(DB) });
    const at = await openSpace(log);
    const append = appendOf(at, await loadAll(log, at, ['k']), [
      { values: [['k', 1]] },
      { values: [['k', 2]] },
    ]);
    const conflicts = [conflictOf(at, 1, 0, {}), conflictOf(at, 2, 0, { key: 'other' })];
    const resolvedBy = { version: 3, atMs: 9 };
    sent.length = 0;
    await log.append({ ...append, conflicts, closings: [{ key: 'k', resolvedBy }] });
    expect(sent).toEqual([
      'insert memory_events',
      'update memory_entries',
      'update memory_conflicts',
      'commitTransaction',
    ]);
  });
});
