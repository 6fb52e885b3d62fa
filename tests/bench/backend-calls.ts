import { direct, startProxy } from './proxy.ts';

export interface Calls {
  'MongoDB commands': number;
  'MongoDB round trips': number;
  'DynamoDB requests': number;
  'Redis commands': number;
}

/** Proxies in front of those real engines that the environment names, counting what passes. */
export async function countingBackends(env: NodeJS.ProcessEnv) {
  const calls: Calls = {
    'MongoDB commands': 0,
    'MongoDB round trips': 0,
    'DynamoDB requests': 0,
    'Redis commands': 0,
  };
  // Far enough away that commands which are sent together are under way together.
  const far = { delayMs: 2, watch: mongoTrips(calls) };
  const mongo = env.MONGODB_URL && (await startProxy(new URL(env.MONGODB_URL), far));
  const dynamo =
    env.DYNAMODB_ENDPOINT &&
    (await startProxy(new URL(env.DYNAMODB_ENDPOINT), {
      watch: occurrences(/POST \/ HTTP\/1\.1\r\n/g, () => calls['DynamoDB requests']++),
    }));
  const redis =
    env.REDIS_URL &&
    (await startProxy(new URL(env.REDIS_URL), {
      watch: occurrences(/(?<=^|\r\n)\*\d+\r\n\$/g, () => calls['Redis commands']++),
    }));
  const proxies = [mongo, dynamo, redis].filter((proxy) => typeof proxy === 'object');
  return {
    calls,
    backends: {
      ...(mongo && { mongodbUrl: direct(mongo.url) }),
      ...(dynamo && { dynamodbEndpoint: dynamo.url.origin }),
      ...(redis && { redisUrl: redis.url.href }),
    },
    close: () => Promise.all(proxies.map((proxy) => proxy.close())),
  };
}

const occurrences = (pattern: RegExp, count: () => void) => () => ({
  onRequest(data: Buffer) {
    for (const _ of data.toString('latin1').matchAll(pattern)) count();
  },
  onAnswer() {},
  onEnd() {},
});

/** Commands that were under way together, on whatever connections, count as one trip. */
function mongoTrips(calls: Calls) {
  const underWay = new Set<string>();
  let connections = 0;
  return () => {
    const connection = connections++;
    const onRequest = messages((message) => {
      // What drivers say by themselves, to watch the server.
      if (message.includes('hello') || message.includes('ismaster')) return;
      calls['MongoDB commands'] += 1;
      if (underWay.size === 0) calls['MongoDB round trips'] += 1;
      underWay.add(`${connection}.${message.readInt32LE(4)}`);
    });
    const onAnswer = messages((message) => underWay.delete(`${connection}.${message.readInt32LE(8)}`));
    const onEnd = () => {
      for (const command of underWay) if (command.startsWith(`${connection}.`)) underWay.delete(command);
    };
    return { onRequest, onAnswer, onEnd };
  };
}

/** Cuts a stream of the wire protocol into messages: each begins with its length. */
function messages(onMessage: (message: Buffer) => void): (data: Buffer) => void {
  let pending = Buffer.alloc(0);
  return (data) => {
    pending = Buffer.concat([pending, data]);
    while (pending.length >= 4 && pending.length >= pending.readInt32LE(0)) {
      const length = pending.readInt32LE(0);
      onMessage(pending.subarray(0, length));
      pending = pending.subarray(length);
    }
  };
}
