import { type Backend, type BackendUrls, StartProblem } from './backends.ts';
import { type Cloud, startCloud } from './cloud.ts';
import { type CommandLine, parseCommandLine, USAGE } from './command-line.ts';
import { demonstrate } from './proof.ts';

/** `npm start`: the cloud, the demonstration, and then the cloud until Ctrl-C. Answers the exit code. */
async function main(args: string[]): Promise<number> {
  const command = parseCommandLine(args);
  if (command.help) {
    console.log(USAGE);
    return 0;
  }
  // The SDKs look for credentials even where the engines want none.
  process.env.AWS_EC2_METADATA_DISABLED = 'true';
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true'; // not the user's concern
  process.env.AWS_ACCESS_KEY_ID ??= 'local';
  process.env.AWS_SECRET_ACCESS_KEY ??= 'local';
  const cloud = await startCloud({
    port: command.port,
    host: command.host,
    dataDir: command.dataDir,
    backends: readBackendUrls(process.env),
    log: (line) => console.error(line),
  }).catch((error) => {
    throw whyNotStarted(error, command);
  });
  try {
    await introduce(cloud);
    const isProven = await prove(cloud);
    if (command.once) return isProven ? 0 : 1;
    const stopped = stopSignal(); // before this, Ctrl-C ends the process as it would any other
    console.log('\nReady. Ctrl-C ends it.');
    await stopped;
    return 0;
  } finally {
    await cloud.close();
  }
}

function readBackendUrls(env: NodeJS.ProcessEnv): BackendUrls {
  const { UPSTASH_REDIS_REST_URL: url, UPSTASH_REDIS_REST_TOKEN: token } = env;
  if (Boolean(url) !== Boolean(token)) {
    throw new StartProblem(
      'UPSTASH_REDIS_REST_URL and UPSTASH_REDIS_REST_TOKEN go together: set both or neither.',
    );
  }
  return {
    mongodbUrl: env.MONGODB_URL || undefined,
    redisUrl: env.REDIS_URL || undefined,
    dynamodbEndpoint: env.DYNAMODB_ENDPOINT || undefined,
    upstash: url && token ? { url, token } : undefined,
  };
}

async function introduce(cloud: Cloud): Promise<void> {
  const startedMs = Math.round(process.uptime() * 1000);
  console.log(`Mnemon on this machine, up in ${startedMs} ms\n`);
  console.log(`  WebSocket    ${cloud.url}`);
  console.log(`  HTTP         ${cloud.httpUrl}/docs`);
  for (const backend of cloud.backends) console.log(`  ${describe(backend)}`);
  console.log(`\n  Token for development: space dev, any instance, one day\n  ${await cloud.issueToken()}\n`);
}

const describe = ({ name, kind, where }: Backend): string => `${name.padEnd(12)} ${kind}: ${where}`;

async function prove(cloud: Cloud): Promise<boolean> {
  try {
    await demonstrate(cloud, (line) => console.log(`  ${line}`));
    return true;
  } catch (error) {
    console.error(`The demonstration failed. ${(error as Error).message}`);
    return false;
  }
}

function stopSignal(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
  });
}

/** One sentence for everything that a user may have caused. */
function whyNotStarted(error: unknown, { port, dataDir }: CommandLine): StartProblem {
  if (error instanceof StartProblem) return error;
  const { code, message } = error as NodeJS.ErrnoException;
  const options = { cause: error };
  if (code === 'EADDRINUSE')
    return new StartProblem(`Port ${port} is taken. Choose another with --port.`, options);
  if (code === 'EACCES' && message.includes('listen')) {
    return new StartProblem(`Port ${port} may not be used. Choose one above 1023 with --port.`, options);
  }
  if (code !== undefined && FOLDER_PROBLEMS.has(code)) {
    return new StartProblem(
      `The data folder ${dataDir} cannot be used (${code}). Choose another with --data.`,
      options,
    );
  }
  return new StartProblem(`Mnemon could not start: ${message}`, options);
}

const FOLDER_PROBLEMS = new Set([
  'ENOENT',
  'EACCES',
  'EPERM',
  'EROFS',
  'ENOTDIR',
  'EEXIST',
  'EISDIR',
  'ENOSPC',
]);

function explain(error: unknown): number {
  if (!(error instanceof StartProblem)) throw error;
  console.error(error.message);
  return 1;
}

process.exitCode = await main(process.argv.slice(2)).catch(explain);
