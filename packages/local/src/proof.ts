import { randomUUID } from 'node:crypto';
import { connect, type Mnemon } from '@mnemon/client';
import { spaceIdSchema } from '@mnemon/protocol';
import type { Cloud } from './cloud.ts';
import { within } from './within.ts';

/**
 * Shows what Mnemon is for, on the running cloud: two instances share a memory, and one that was cut off catches up.
 * Rejects, saying which step, when something does not happen within ten seconds.
 */
export async function demonstrate(cloud: Cloud, say: (line: string) => void): Promise<void> {
  const space = spaceIdSchema.parse(`demo-${randomUUID()}`);
  const online = gate();
  const token = () => cloud.issueToken({ space });
  const benToken = async () => {
    await online.passed();
    return token();
  };
  const ada = await connect({ url: cloud.url, token, instanceId: 'ada' });
  const before = cloud.gateway.connectionIds();
  const ben = await connect({ url: cloud.url, token: benToken, instanceId: 'ben' });
  const bensConnection = cloud.gateway.connectionIds().find((id) => !before.includes(id)) ?? '';
  try {
    say('ada and ben are connected to one space.');
    await shareOneWrite(ada, ben, say);
    online.shut();
    cloud.gateway.cut(bensConnection);
    await missAndCatchUp(ada, ben, online.reopen, say);
  } finally {
    online.reopen();
    await Promise.all([ada.close(), ben.close()]);
  }
}

async function shareOneWrite(ada: Mnemon, ben: Mnemon, say: (line: string) => void): Promise<void> {
  let seen: (() => void) | undefined;
  const arrived = new Promise<void>((resolve) => {
    seen = resolve;
  });
  const subscription = ben.subscribe('greetings/*', () => seen?.());
  await within(
    'ben subscribes',
    Promise.all([subscription.ready, ben.subscribe('missed/*', () => {}).ready]),
  );
  await ada.write('notes/first', 'the first write opens everything that later ones find open');
  const startedAt = performance.now();
  const acked = ada.write('greetings/ada', { says: 'hello, ben' });
  await within('ben sees what ada wrote', arrived);
  const seenMs = performance.now() - startedAt;
  await acked;
  say(`ada wrote greetings/ada, and ben saw it ${seenMs.toFixed(1)} ms later.`);
  subscription();
}

const MISSED_WRITES = 100;

async function missAndCatchUp(ada: Mnemon, ben: Mnemon, letBenBack: () => void, say: (line: string) => void) {
  await within(
    'ben notices that he was cut off',
    becomes(ben, (state) => state !== 'live'),
  );
  say('ben has lost his connection.');
  const writes = Array.from({ length: MISSED_WRITES }, (_, i) => ada.write(`missed/${i}`, { note: i }));
  await within('ada writes on', Promise.all(writes));
  const knownToBen = async () => (await within('ben looks', ben.entries('missed/*'))).length;
  say(`ada wrote ${MISSED_WRITES} entries; ben knows ${await knownToBen()} of them.`);
  const startedAt = performance.now();
  letBenBack();
  await within(
    'ben catches up',
    becomes(ben, (state) => state === 'live'),
  );
  const tookMs = Math.round(performance.now() - startedAt);
  const known = await knownToBen();
  if (known !== MISSED_WRITES)
    throw new Error(`ben came back and knows ${known} of ${MISSED_WRITES} entries`);
  say(`ben is back: ${tookMs} ms later he knows all ${known}.`);
}

function becomes(instance: Mnemon, test: (state: Mnemon['status']['state']) => boolean): Promise<void> {
  return new Promise((resolve) => {
    const check = () => {
      if (!test(instance.status.state)) return;
      stop();
      resolve();
    };
    const stop = instance.onStatus(check);
    check();
  });
}

/** A way that is open until it is shut. */
function gate() {
  let open = Promise.resolve();
  let reopen = () => {};
  return {
    passed: () => open,
    shut() {
      open = new Promise((resolve) => {
        reopen = resolve;
      });
    },
    reopen: () => reopen(),
  };
}
