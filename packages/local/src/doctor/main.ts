import { parseArgs } from 'node:util';
import { examine } from './examine.ts';

const USAGE = `npm run doctor -- --url wss://… --token TOKEN

Connects as two instances, writes, sees, catches up, locks, measures, and says what is wrong. The token's instance ends in *,
and it grants write access to doctor/**. Exit code 0: everything works.`;

/** Answers the exit code. */
async function main(args: string[]): Promise<number> {
  const { url, token } = readFlags(args);
  if (!url || !token) {
    console.error(USAGE);
    return 2;
  }
  const isWell = await examine({ url, token }, (line) => console.log(line));
  console.log(isWell ? '\nEverything works.' : '\nNot everything works.');
  return isWell ? 0 : 1;
}

function readFlags(args: string[]): { url?: string | undefined; token?: string | undefined } {
  try {
    return parseArgs({ args, options: { url: { type: 'string' }, token: { type: 'string' } } }).values;
  } catch {
    return {};
  }
}

process.exitCode = await main(process.argv.slice(2));
