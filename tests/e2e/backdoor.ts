import { DeleteTableCommand } from '@aws-sdk/client-dynamodb';
import { dynamoClient, dynamoConnections } from '@mnemon/adapters/dynamo';
import type { MemoryEventBus } from '@mnemon/adapters/memory';
import { connectMongo, mongoStorage } from '@mnemon/adapters/mongo';
import type { Commit, Connections, EventLog, Inbox, Notice, SealedCommit, StoragePorts } from '@mnemon/core';
import { verify } from '@mnemon/core';
import type { SpaceId, Verdict } from '@mnemon/protocol';
import { Redis } from 'ioredis';
import type { Cloud } from '../../packages/local/src/cloud.ts';

/** The backends of a running cloud, seen without its handlers. */
export interface Backdoor {
  storage: StoragePorts;
  log: EventLog;
  inbox: Inbox;
  connections: Connections;
  /** The whole log of a space. */
  commits(space: SpaceId): Promise<readonly SealedCommit[]>;
  /** Walks the hash chain of a space (I2). */
  verify(space: SpaceId): Promise<Verdict>;
  /** What the event bus has told of a space so far, with the channel where the bus has channels. */
  announced(space: SpaceId): readonly Announcement[];
  /** What the event bus has told beside that, of a space or of the service. */
  notices(space: SpaceId): readonly Notice[];
  /** Leaves nothing of this cloud on external engines. */
  close(): Promise<void>;
}

export interface Announcement {
  channel?: string;
  commit: Commit;
}

type Inside = Cloud['inside'];
type Closable<Part> = Part & { close(): Promise<unknown> };

const partition = 0;
const MANY = 1_000_000;

export async function openBackdoor(inside: Inside, redisUrl: string | undefined): Promise<Backdoor> {
  const store = openStore(inside);
  const rows = openConnections(inside);
  const announcements: Announcement[] = [];
  const notices: Notice[] = [];
  const bus = await listen(inside, redisUrl, {
    commit: (announcement) => announcements.push(announcement),
    notice: (notice) => notices.push(notice),
  });
  const { log, inbox } = store;
  return {
    storage: store,
    log,
    inbox,
    connections: rows.connections,
    commits: (space) => log.commits({ space, partition, afterSeq: 0, limit: MANY }),
    verify: (space) => verify(store, { space, partition }),
    announced: (space) => announcements.filter(({ commit }) => commit.space === space),
    notices: (space) => notices.filter((notice) => !('space' in notice) || notice.space === space),
    async close() {
      await Promise.all([store.close(), rows.close(), bus.close()]);
    },
  };
}

function openStore({ env, ports }: Inside): Closable<StoragePorts> {
  const { MONGODB_URL: url, MONGODB_DATABASE: dbName } = env;
  if (!url) {
    return { ...(ports as StoragePorts), close: async () => {} };
  }
  const mongo = connectMongo({ url, dbName });
  const close = async () => {
    await mongo.db.dropDatabase();
    await mongo.close();
  };
  return { ...mongoStorage(mongo), close };
}

function openConnections({ env, ports }: Inside): Closable<{ connections: Connections }> {
  if (ports.connections) return { connections: ports.connections, close: async () => {} };
  const { DYNAMODB_ENDPOINT: endpoint = '', CONNECTIONS_TABLE: tableName = '', TICKETS_TABLE = '' } = env;
  const client = dynamoClient({ region: 'us-east-1', endpoint });
  const close = async () => {
    for (const TableName of [tableName, TICKETS_TABLE]) {
      await client.send(new DeleteTableCommand({ TableName })).catch(() => {});
    }
    client.destroy();
  };
  return { connections: dynamoConnections({ client, tableName, staleAfterMs: 60_000 }), close };
}

async function listen(
  { env, ports }: Inside,
  redisUrl: string | undefined,
  hear: { commit(announcement: Announcement): void; notice(notice: Notice): void },
): Promise<Closable<object>> {
  if (ports.bus) {
    const bus = ports.bus as MemoryEventBus;
    const stops = [bus.subscribe((commit) => hear.commit({ commit })), bus.subscribeNotices(hear.notice)];
    return {
      close: async () => {
        for (const stop of stops) stop();
      },
    };
  }
  if (!redisUrl) return { close: async () => {} };
  const redis = new Redis(redisUrl);
  redis.on('pmessage', (_pattern: string, channel: string, message: string) => {
    if (channel.includes(':notice:')) hear.notice(JSON.parse(message));
    else hear.commit({ channel, commit: JSON.parse(message) });
  });
  await redis.psubscribe(`${env.BUS_PREFIX}:*`);
  return { close: () => redis.quit() };
}
