import { fileURLToPath } from 'node:url';
import { runProgram } from './run-program.ts';

const EXAMPLES = fileURLToPath(new URL('../../examples', import.meta.url));

/** Runs `examples/NAME`, on embedded engines: those that a kill -9 of the cloud takes down with it. */
export function runExample(name: string, args: string[]): Promise<{ code: number; output: string }> {
  const { MONGODB_URL, REDIS_URL, DYNAMODB_ENDPOINT, ...env } = process.env;
  return runProgram(`${EXAMPLES}/${name}`, args, env);
}
