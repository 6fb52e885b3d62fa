import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { MANAGED_DATA } from './expectations/managed-data.ts';
import { EXPECTATIONS } from './expectations.ts';
import { ROOT } from './synthesis/platform.ts';
import { type Graph, type Mutation, type Synthesizer, synthesizer } from './synthesis/synthesize.ts';

const problem = inject('platformProblem');

let real: Synthesizer;

beforeAll(async () => {
  if (!problem) real = await synthesizer();
});

afterAll(() => real?.remove());

const MUTATIONS: (Mutation & { what: string; stage: string; noticedBy: keyof typeof EXPECTATIONS })[] = [
  {
    what: 'nobody asks the authorizer',
    stage: 'alice',
    file: 'api.ts',
    from: ', { auth: { lambda: byToken.id } }',
    to: '',
    noticedBy: 'three routes lead to one function, and only $connect asks the authorizer',
  },
  {
    what: "production's tables go with it",
    stage: 'production',
    file: 'storage.ts',
    from: 'deletionProtection: protect',
    to: 'deletionProtection: false',
    noticedBy: 'removal, protection, alarms and concurrency are those of the stage',
  },
  {
    what: 'production is not kept',
    stage: 'production',
    file: 'stage.ts',
    from: "removal: 'retain'",
    to: "removal: 'remove'",
    noticedBy: 'production is kept and protected, and a personal stage is neither',
  },
  {
    what: 'a schedule is off',
    stage: 'alice',
    file: 'schedules.ts',
    from: 'enabled: !$dev',
    to: 'enabled: $dev',
    noticedBy: 'every schedule is enabled, calls its function, tries again and leaves dead letters',
  },
  {
    what: 'a function may do anything to its table',
    stage: 'alice',
    file: 'permissions.ts',
    from: "'Query'",
    to: "'*'",
    noticedBy: 'functions may do named things to named resources of the stage, and link nothing',
  },
  {
    what: 'a function may write to every log',
    stage: 'alice',
    file: 'functions.ts',
    from: 'role.managedPolicyArns = [];',
    to: '',
    noticedBy: 'functions may do named things to named resources of the stage, and link nothing',
  },
  {
    what: 'the account may become a function',
    stage: 'alice',
    file: 'functions.ts',
    from: 'if ($dev) return;',
    to: 'return;',
    noticedBy: 'only Lambda and the scheduler become the roles',
  },
  {
    what: 'a setting is forgotten',
    stage: 'alice',
    file: 'functions.ts',
    from: 'HEARTBEAT_MS:',
    to: 'HEARTBEATS:',
    noticedBy: 'every setting is set, and accepted by the function that reads it',
  },
  {
    what: 'nobody waits for the migration',
    stage: 'alice',
    file: 'migration.ts',
    from: '{ dependsOn: migration }',
    to: '{}',
    noticedBy: 'no function is deployed beside a migration that may fail, but the one that posts',
  },
  {
    what: 'what runs every hour would have to fail three minutes running',
    stage: 'production',
    file: 'schedules.ts',
    from: 'isSeldom: true',
    to: 'isSeldom: false',
    noticedBy:
      'a schedule that fails or is slow rings: of every hour at the first run, of every minute when it goes on',
  },
];

describe.skipIf(problem)('the infrastructure', () => {
  test('has no type errors', async () => {
    const tsc = `${ROOT}/node_modules/typescript/bin/tsc`;
    const checked = promisify(execFile)(process.execPath, [tsc, '-p', 'tsconfig.infra.json'], { cwd: ROOT });
    await expect(checked).resolves.toMatchObject({ stdout: '' });
  });

  describe.each(['alice', 'staging', 'production'])('of stage %s', (stage) => {
    let graph: Graph;

    beforeAll(async () => {
      graph = await real.synthesize(stage);
    });

    test.each(Object.entries(EXPECTATIONS))('%s', (_, expectation) => expectation(graph, stage));
  });

  describe('with managed data', () => {
    let managed: Synthesizer;
    beforeAll(async () => {
      managed = await synthesizer({ file: 'stage.ts', from: "data: 'secrets',", to: "data: 'managed'," });
    });
    afterAll(() => managed?.remove());

    test.each(['alice', 'production'])('of stage %s', async (stage) => {
      const graph = await managed.synthesize(stage);
      for (const expectation of Object.values({ ...EXPECTATIONS, ...MANAGED_DATA })) {
        expectation(graph, stage);
      }
    });
  });

  describe('is noticed by its test when', () => {
    test.each(MUTATIONS)('$what', async ({ noticedBy, stage, ...mutation }) => {
      const mutated = await synthesizer(mutation);
      try {
        const graph = await mutated.synthesize(stage);
        const red = Object.entries<(typeof EXPECTATIONS)[keyof typeof EXPECTATIONS]>(EXPECTATIONS)
          .filter(([, expectation]) => throws(() => expectation(graph, stage)))
          .map(([name]) => name);
        expect(red).toContain(noticedBy);
      } finally {
        await mutated.remove();
      }
    });
  });
});

function throws(run: () => void): boolean {
  try {
    run();
    return false;
  } catch {
    return true;
  }
}
