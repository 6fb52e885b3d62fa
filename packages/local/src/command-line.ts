import { parseArgs } from 'node:util';
import { StartProblem } from './backends.ts';

export interface CommandLine {
  port: number;
  host: string;
  dataDir: string;
  once: boolean;
  help: boolean;
}

export const USAGE = `npm start -- [options]     Mnemon's cloud on this machine

  --port N      the port of both APIs (8765; 0 takes a free one)
  --host HOST   127.0.0.1, for this machine alone, or 0.0.0.0, for others, too: in a container (127.0.0.1)
  --data DIR    where everything is kept (.mnemon)
  --once        end after the demonstration, with exit code 0 when it succeeded
  --help        this text

Variables: MONGODB_URL, REDIS_URL (or UPSTASH_REDIS_REST_URL and UPSTASH_REDIS_REST_TOKEN) and DYNAMODB_ENDPOINT
each replace an embedded backend by the one they name. .env.example shows them.`;

/** The functions reach the gateway over the loopback. */
const HOSTS = ['127.0.0.1', '0.0.0.0'];

/** Throws a `StartProblem` for what it does not understand. */
export function parseCommandLine(args: string[]): CommandLine {
  const { port, host, data, once, help } = readFlags(args);
  if (!/^\d{1,5}$/.test(port) || Number(port) > 65_535) {
    throw new StartProblem(`--port takes a number from 0 to 65535, not ${JSON.stringify(port)}.`);
  }
  if (!HOSTS.includes(host)) {
    throw new StartProblem(`--host takes ${HOSTS.join(' or ')}, not ${JSON.stringify(host)}.`);
  }
  if (data === '') throw new StartProblem('--data takes the path of a folder.');
  return { port: Number(port), host, dataDir: data, once, help };
}

function readFlags(args: string[]) {
  try {
    return parseArgs({
      args,
      options: {
        port: { type: 'string', default: '8765' },
        host: { type: 'string', default: '127.0.0.1' },
        data: { type: 'string', default: '.mnemon' },
        once: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    }).values;
  } catch (cause) {
    const [firstSentence] = (cause as Error).message.split('. ');
    throw new StartProblem(`${firstSentence}. --help lists the options.`, { cause });
  }
}
