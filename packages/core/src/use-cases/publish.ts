import { type Ack, type Delivery, readsEverything } from '@mnemon/protocol';
import type { Caller } from '../domain/caller.ts';
import { changesFrames } from '../domain/changes-frames.ts';
import { deliver } from '../domain/delivery.ts';
import type { Answer, Plan } from '../domain/plan-commits.ts';
import type { Connection } from '../ports/connections.ts';
import type { Post } from '../ports/fanout.ts';
import type { Ports } from '../ports/ports.ts';
import { dismiss, forget } from './disconnect.ts';

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
  const audience = live.map((connection) => ({ connection, answers: answersFor(connection, posted) }));
  const posts = audience.filter(
    ({ connection, answers }) => connection.subscriptions.length > 0 || answers.length > 0,
  );
  const encode = encoder(plan, nowMs);
  const absent = posted.filter((answer) => !audience.some(({ answers }) => answers.includes(answer)));
  await Promise.all([
    ports.bus.publish(plan.commits.map(({ commit }) => commit)),
    postAndPrune(
      ports,
      posts.map(({ connection }) => connection),
      [
        ...posts.map(({ connection, answers }) => encode(connection, answers)),
        ...directPosts(absent, plan.epoch, nowMs),
      ],
    ),
    ...expired.map((connection) => dismiss(ports, connection, 'token-expired', 'the token has expired')),
  ]);
}

/** An answer to a writer that has, or had, a connection. */
type PostedAnswer = Answer & { to: { caller: Caller } };

const hasConnection = (answer: Answer): answer is PostedAnswer => answer.to.caller.connectionId !== undefined;

/** Acks go to whatever connection their writer has now: it may have come back since it asked. */
const answersFor = (connection: Connection, answers: readonly PostedAnswer[]): PostedAnswer[] =>
  answers.filter(({ to }) => to.caller.instanceId === connection.instanceId);

/** Encodes each distinct view of the commits once, however many connections share it. */
function encoder(plan: Plan, nowMs: number): (connection: Connection, answers: readonly Answer[]) => Post {
  const views = new Map<string, { deliveries: Delivery[]; frames?: string[] }>();
  const id = plan.commits.map(({ commit }) => `${commit.partition}.${commit.seq}`)[0] ?? '';
  const viewOf = (connection: Connection) => {
    const name = readsEverything(connection.grants) ? '' : JSON.stringify(connection.grants);
    let view = views.get(name);
    if (!view) {
      view = { deliveries: plan.commits.map(({ commit }) => deliver(commit, connection.grants)) };
      views.set(name, view);
    }
    return view;
  };
  return (connection, answers) => {
    const view = viewOf(connection);
    if (answers.length === 0) {
      view.frames ??= changesFrames(id, nowMs, { epoch: plan.epoch, commits: view.deliveries, acks: [] });
      return { connectionId: connection.connectionId, frames: view.frames };
    }
    const own = new Set(answers.map(({ commit }) => commit?.commit.seq));
    const commits =
      connection.subscriptions.length > 0
        ? view.deliveries
        : view.deliveries.filter(({ seq }) => own.has(seq));
    const acks: Ack[] = answers.map(({ ack }) => ack);
    const frames = changesFrames(answers[0]?.to.requestId ?? id, nowMs, { epoch: plan.epoch, commits, acks });
    return { connectionId: connection.connectionId, frames };
  };
}

/** Answers for connections that have no row, or about commits that the others know already. */
const directPosts = (answers: readonly PostedAnswer[], epoch: string, nowMs: number): Post[] =>
  answers
    .filter(({ to }) => to.caller.tokenExpiresAtMs > nowMs) // I8
    .map(({ to, ack, commit }) => {
      const commits = commit ? [deliver(commit.commit, to.caller.grants)] : [];
      return {
        connectionId: to.caller.connectionId,
        frames: changesFrames(to.requestId, nowMs, { epoch, commits, acks: [ack] }),
      };
    });

async function postAndPrune(
  ports: Ports,
  rows: readonly Connection[],
  posts: readonly Post[],
): Promise<void> {
  const results = await ports.fanout.post(posts);
  const gone = rows.filter((_, index) => results[index] === 'gone');
  await Promise.all(gone.map((connection) => forget(ports, connection)));
}

function divide<Item>(items: readonly Item[], test: (item: Item) => boolean): [Item[], Item[]] {
  return [items.filter(test), items.filter((item) => !test(item))];
}
