import { fileURLToPath } from 'node:url';
import { runProgram } from './run-program.ts';

const MAIN = fileURLToPath(new URL('../../packages/local/src/doctor/main.ts', import.meta.url));

/** What `npm run doctor` runs. */
export const runDoctor = (args: string[], env: Record<string, string> = {}) =>
  runProgram(MAIN, args, { ...process.env, ...env });
