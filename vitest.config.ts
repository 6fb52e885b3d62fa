import { defineConfig } from 'vitest/config';

/** End-to-end tests that start programs of this machine, or set its gateway's faults up, say nothing of a deployed stage. */
const OF_THIS_MACHINE = ['backup', 'browser*', 'git-history', 'hello', 'killed-*', 'selective', 'start*'];

export default defineConfig({
  test: {
    reporters: ['default', './tests/summary-reporter.ts'],
    projects: [
      {
        test: {
          name: 'unit',
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
          include: [
            'packages/*/src/**/*.test.ts',
            'tests/use-cases/**/*.test.ts',
            'tests/{spec,guide}.test.ts',
          ],
          testTimeout: 20_000,
          // Threads, sockets and files: not a matter of seconds.
          exclude: ['packages/local/**', 'packages/adapters/src/{memory,mongo,redis,apigateway}/**'],
        },
      },
      {
        test: {
          name: 'integration',
          // One at a time: they share engines, and not each takes that one file drops a database while another fills one.
          maxWorkers: 1,
          sequence: { groupOrder: 0 },
          include: [
            'packages/local/src/**/*.test.ts',
            'packages/adapters/src/{memory,mongo,redis,apigateway}/**/*.test.ts',
            'tests/{contract,e2e,simulation}/**/*.test.ts',
          ],
          exclude: process.env.MNEMON_E2E_URL
            ? OF_THIS_MACHINE.map((name) => `tests/e2e/${name}.test.ts`)
            : [],
          globalSetup: ['tests/engines-setup.ts', 'tests/setup/bundle.ts'],
          env: {
            AWS_ACCESS_KEY_ID: 'local',
            AWS_SECRET_ACCESS_KEY: 'local',
            AWS_EC2_METADATA_DISABLED: 'true',
            AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
          },
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'infra',
          maxWorkers: 1,
          sequence: { groupOrder: 2 },
          include: ['tests/infra/**/*.test.ts'],
          globalSetup: ['tests/infra/setup.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
