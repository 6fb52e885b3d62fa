import type { TestProject } from 'vitest/node';
import { installPlatform } from './synthesis/platform.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Why SST's platform is not there; empty when it is. */
    platformProblem: string;
  }
}

/** Once per run. Without a network the tests of `infra/` are skipped, and the run says so. */
export default async function setup(project: TestProject): Promise<void> {
  const problem = await installPlatform();
  if (problem) console.warn(`Infrastructure skipped: ${problem}`);
  project.provide('platformProblem', problem ?? '');
}
