/** `npm run bench [name …]`: medians, most beside a floor or a peer of the same run. CONTRIBUTING.md says how to read them. */
import { benchClient } from './client.ts';
import { benchClientWrites } from './client-writes.ts';
import { benchContention } from './contention.ts';
import { benchCounts } from './counts.ts';
import { benchFinding } from './finding.ts';
import { benchInit } from './init.ts';
import { benchLocks } from './locks.ts';
import { benchLogLength } from './log-length.ts';
import { benchPropagation } from './propagation.ts';
import { benchSnapshots } from './snapshots.ts';
import { benchStartUp } from './start-up.ts';
import { benchStrategies } from './strategies.ts';
import { benchFanOut, benchWrites } from './throughput.ts';
import { benchWords } from './words.ts';

process.env.AWS_EC2_METADATA_DISABLED = 'true';
process.env.AWS_ACCESS_KEY_ID ??= 'local';
process.env.AWS_SECRET_ACCESS_KEY ??= 'local';
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';

const BENCHES = {
  'start-up': benchStartUp,
  init: benchInit,
  propagation: benchPropagation,
  writes: benchWrites,
  'fan-out': benchFanOut,
  counts: benchCounts,
  contention: benchContention,
  strategies: benchStrategies,
  client: benchClient,
  finding: benchFinding,
  words: benchWords,
  'log-length': benchLogLength,
  snapshots: benchSnapshots,
  'client-writes': benchClientWrites,
  locks: benchLocks,
};

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !(name in BENCHES));
if (unknown.length > 0) {
  console.error(`there is no ${unknown.join(', ')}: ${Object.keys(BENCHES).join(', ')}`);
  process.exit(1);
}
for (const [name, bench] of Object.entries(BENCHES)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  const startedAt = performance.now();
  await bench();
  console.log(`\n${name} took ${((performance.now() - startedAt) / 1_000).toFixed(0)} s`);
}
process.exit(); // a peer's timers would keep the process
