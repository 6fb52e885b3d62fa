import { isMnemonError, type MnemonError } from '@mnemon/client';
import { adviceForUnreachable } from './unreachable.ts';

/** What to look at, by the code of what failed. */
const ADVICE: Readonly<Record<string, string>> = {
  unavailable:
    'Nothing answers there. Is it deployed or started, is the address the one that was printed, and does a firewall or proxy let WebSockets pass?',
  'bad-request': 'Is the address a WebSocket URL, wss://… or on one machine ws://…?',
  unauthorized:
    'The token was refused. Is it signed with one of AUTH_SECRETS of this stage, complete, and not expired?',
  'token-expired': 'The token has expired. Make a new one.',
  forbidden: 'The token may not do this. It needs a grant of write access, or more, on doctor/**.',
  'unsupported-version': 'The service speaks another version of the protocol. Upgrade whichever is older.',
  'rate-limited': 'The service refuses more for now. Wait a minute, or raise the limits of the stage.',
  contention: 'Too many write to the space at once. Is the database slow? See the alarms on duration.',
  internal: 'A function failed. Its log has the cause: search it for the words "level":"ERROR".',
};

/** What API Gateway itself refuses looks to a client like a refused token. */
const NO_SUCH_STAGE =
  'Is the address the one that was printed, with its path and no more? If so, the grants of the token may be too long.';

/** What a backend is for that the service does without, by the name that it has in a heartbeat. */
const WITHOUT: Readonly<Record<string, string>> = {
  bus: 'Redis does not answer. The memory works on; servers that listen on channels hear nothing, and rates are not counted. Look at UpstashUrl, UpstashToken and the plan there.',
};

/** What the service said that it can't reach, and what to do about it. */
export const adviceForBackend = (name: string): string[] => [
  `FAILED     the service can't reach: ${name}`,
  ...(WITHOUT[name] ? [`           ${WITHOUT[name]}`] : []),
];

/** What went wrong and what to do about it, for people. */
export function adviceFor(error: unknown, url: string): string[] {
  if (!isMnemonError(error)) return [`FAILED     ${(error as Error).message}`];
  const advice = adviceByCause(error, url) ?? ADVICE[error.code];
  return [
    `FAILED     ${error.code} from ${url}: ${error.message}`,
    ...(advice ? [`           ${advice}`] : []),
  ];
}

function adviceByCause({ code, message, cause }: MnemonError, url: string): string | undefined {
  if (message.includes('HTTP 403')) return NO_SUCH_STAGE;
  return code === 'unavailable' ? adviceForUnreachable(cause, url) : undefined;
}
