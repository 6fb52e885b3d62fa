/** A command's name and its arguments. */
export type Command = [name: string, ...args: string[]];

/** Commands that change or block the one connection that all callers share. */
const NOT_SHARED = new Set(
  [
    'SUBSCRIBE',
    'UNSUBSCRIBE',
    'PSUBSCRIBE',
    'PUNSUBSCRIBE',
    'SSUBSCRIBE',
    'SUNSUBSCRIBE',
    'MONITOR',
    'SYNC',
  ].concat(
    [
      'MULTI',
      'EXEC',
      'DISCARD',
      'WATCH',
      'UNWATCH',
      'QUIT',
      'RESET',
      'HELLO',
      'AUTH',
      'SELECT',
      'CLIENT',
      'PSYNC',
    ],
    ['BLPOP', 'BRPOP', 'BRPOPLPUSH', 'BLMOVE', 'BLMPOP', 'BZPOPMIN', 'BZPOPMAX', 'BZMPOP', 'WAIT', 'WAITAOF'],
    ['SHUTDOWN', 'DEBUG', 'REPLICAOF', 'SLAVEOF', 'FAILOVER'],
  ),
);

/** Why a command can't be run over REST, or undefined when it can. */
export function unavailable([name, ...args]: Command): string | undefined {
  const upper = name.toUpperCase();
  const blocks = /^XREAD(GROUP)?$/.test(upper) && args.some((arg) => arg.toUpperCase() === 'BLOCK');
  return NOT_SHARED.has(upper) || blocks ? `ERR Command is not available: '${name}'` : undefined;
}

export function parseCommand(text: string): Command {
  return toCommand(parseJson(text));
}

export function parseCommands(text: string): Command[] {
  const commands = parseJson(text);
  if (!Array.isArray(commands) || commands.length === 0) throw new Error('ERR expected an array of commands');
  return commands.map(toCommand);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Error('ERR failed to parse the request: it is not JSON');
  }
}

function toCommand(value: unknown): Command {
  if (!Array.isArray(value) || value.length === 0) throw new Error('ERR empty command, or not an array');
  const [name, ...args] = value.map(toArgument);
  return [name ?? '', ...args];
}

function toArgument(value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  throw new Error('ERR command arguments must be strings, numbers or booleans');
}
