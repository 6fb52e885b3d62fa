import { type Ack, readsEverything } from '@mnemon/protocol';
import type { Caller } from '../domain/caller.ts';
import { changesFrames } from '../domain/changes-frames.ts';
import { deliver, deliverAll, type Reader, redact } from '../domain/delivery.ts';
import type { Answer, Plan } from '../domain/plan-commits.ts';
import { shown } from '../domain/shown.ts';
import { concerns, readableTopics } from '../domain/topics.ts';
import type { Connection } from '../ports/connections.ts';
import type { Post } from '../ports/fanout.ts';
import type { Ports } from '../ports/ports.ts';
import { deliverPosts, type RowPost } from './deliver-posts.ts';
import { dismiss } from './disconnect.ts';
import { newestBefore } from './newest-before.ts';

/**
 * Tells everybody of commits that are durable by now: subscribers get the commits, writers their acks on the same
 * frame, the bus a message per commit. A crash in here loses nothing: readers notice the gap (I4), writers send again.
 */
export async function publish(ports: Ports, plan: Plan): Promise<void> {
  const nowMs = ports.clock.now();
  const posted = plan.answers.filter(hasConnection);
  if (plan.commits.length === 0) {
    await ports.fanout.post(directPosts(posted, plan.epoch, nowMs));
    return;
  }
  // After the commit, so that whoever connects later reads the commit from the log: nobody falls between.
  const connections = await ports.connections.list(plan.space, nowMs);
  const [expired, live] = divide(connections, ({ tokenExpiresAtMs }) => tokenExpiresAtMs <= nowMs); // I8
  const audience = live.map((connection) => listenerOf(connection, posted));
  const absent = posted.filter((answer) => !audience.some(({ answers }) => answers.includes(answer)));
  const listeners = audience.filter((listener) => isConcerned(listener, plan.commits));
  const before = newestByTopics(ports.log, plan, listeners);
  // In this order: somebody waits for each post, and the bus would take its time from them. It is told whatever becomes of
  // them: a batch that is sent again makes no commit that it would hear of.
  const steps = [
    before.then((newest) =>
      postToAll(ports, plan, newest, listeners, directPosts(absent, plan.epoch, nowMs)),
    ),
    before.catch(() => {}).then(() => tellBus(ports, plan)),
    ...expired.map((connection) => dismiss(ports, connection, 'token-expired', 'the token has expired')),
  ];
  await Promise.allSettled(steps); // nothing runs after the handler has returned, or thrown
  await Promise.all(steps);
}

const tellBus = ({ bus }: Ports, { commits }: Plan): Promise<void> =>
  bus.publish(commits.map(({ commit }) => ({ ...commit, events: commit.events.map(shown) })));

/** A connection, the topics that it follows, and the acks that go to it. */
interface Listener extends Reader {
  connection: Connection;
  answers: readonly PostedAnswer[];
}

const listenerOf = (connection: Connection, posted: readonly PostedAnswer[]): Listener => ({
  connection,
  grants: connection.grants,
  topics: readableTopics(connection.subscriptions, connection.grants),
  // Acks go to whatever connection their writer has now: it may have come back since it asked.
  answers: posted.filter(({ to }) => to.caller.instanceId === connection.instanceId),
});

const isConcerned = ({ topics, answers }: Listener, commits: Plan['commits']): boolean =>
  answers.length > 0 || commits.some(({ commit }) => concerns(commit, topics));

async function postToAll(
  ports: Ports,
  plan: Plan,
  before: ReadonlyMap<string, number>,
  listeners: readonly Listener[],
  others: readonly Post[],
) {
  const encode = encoder(plan, before, ports.clock.now());
  const toPost = (listener: Listener): RowPost => {
    const { connection } = listener;
    return { ...encode(listener), row: connection, untilMs: connection.tokenExpiresAtMs };
  };
  const [awaiting, patient] = divide(listeners, ({ answers }) => answers.length > 0);
  await deliverPosts(ports, {
    space: plan.space,
    committedAtMs: plan.commits.at(-1)?.commit.committedAtMs ?? ports.clock.now(),
    awaited: [...awaiting.map(toPost), ...others],
    patient: patient.map(toPost),
  });
}

const nameOf = (topics: readonly string[]): string => topics.join('\n');

/** What each distinct set of topics had before these commits: one read per set, and none for `**`. */
async function newestByTopics(
  log: Ports['log'],
  plan: Plan,
  listeners: readonly Listener[],
): Promise<ReadonlyMap<string, number>> {
  const sets = new Map(listeners.map(({ topics }) => [nameOf(topics), topics]));
  const firstSeq = plan.commits[0]?.commit.seq ?? 1;
  const newest = [...sets].map(
    async ([name, topics]) => [name, await newestBefore(log, plan, topics, firstSeq)] as const,
  );
  return new Map(await Promise.all(newest));
}

/** An answer to a writer that has, or had, a connection. */
type PostedAnswer = Answer & { to: { caller: Caller } };

const hasConnection = (answer: Answer): answer is PostedAnswer => answer.to.caller.connectionId !== undefined;

/** Encodes each distinct view of the commits once, however many connections share it. */
function encoder(
  plan: Plan,
  before: ReadonlyMap<string, number>,
  nowMs: number,
): (listener: Listener) => Post {
  const { epoch, commits } = plan;
  const shared = new Map<string, string[]>();
  const id = commits.map(({ commit }) => `${commit.partition}.${commit.seq}`)[0] ?? '';
  return (listener) => {
    const { connection, grants, topics, answers } = listener;
    const own = new Set(answers.map(({ commit }) => commit?.commit.seq));
    const deliver = () =>
      deliverAll(commits, listener, before.get(nameOf(topics)) ?? 0, (seq) => own.has(seq));
    if (answers.length > 0) {
      const acks: Ack[] = answers.map(({ ack }) => redact(ack, grants));
      const requestId = answers[0]?.to.requestId ?? id;
      const frames = changesFrames(requestId, nowMs, { epoch, commits: deliver(), acks });
      return { connectionId: connection.connectionId, frames };
    }
    const view = `${nameOf(topics)} ${readsEverything(grants) ? '' : JSON.stringify(grants)}`;
    const frames = shared.get(view) ?? changesFrames(id, nowMs, { epoch, commits: deliver(), acks: [] });
    shared.set(view, frames);
    return { connectionId: connection.connectionId, frames };
  };
}

/** Answers for connections that have no row, or about commits that the others know already. */
const directPosts = (answers: readonly PostedAnswer[], epoch: string, nowMs: number): Post[] =>
  answers
    .filter(({ to }) => to.caller.tokenExpiresAtMs > nowMs) // I8
    .map(({ to, ack, commit }) => {
      // Whether the reader has all before this one is not known here: it is as if every commit were for it.
      const commits = commit ? [deliver(commit.commit, to.caller.grants, commit.commit.seq - 1)] : [];
      return {
        connectionId: to.caller.connectionId,
        frames: changesFrames(to.requestId, nowMs, { epoch, commits, acks: [redact(ack, to.caller.grants)] }),
      };
    });

function divide<Item>(items: readonly Item[], test: (item: Item) => boolean): [Item[], Item[]] {
  return [items.filter(test), items.filter((item) => !test(item))];
}
