import type { TestProject } from 'vitest/node';
import { bundle } from '../../packages/local/bundle.mjs';

declare module 'vitest' {
  interface ProvidedContext {
    /** The folder of the bundled program, as `npm start` runs it. */
    bundleDir: string;
  }
}

/** Once per run: the end-to-end tests run the bundled handlers in the bundled cloud. */
export default async function setup(project: TestProject): Promise<void> {
  project.provide('bundleDir', await bundle());
}
