import { keyProblem } from '@mnemon/protocol';
import { MnemonError } from '../mnemon-error.ts';

/** Where the manager keeps what, below its namespace. */
export const PATHS = {
  taskState: (taskId: string) => `tasks/${taskId}/state`,
  taskLock: (taskId: string) => `tasks/${taskId}/lock`,
  taskProgress: (taskId: string) => `tasks/${taskId}/progress`,
  taskAgents: (taskId: string) => `tasks/${taskId}/agents`,
  taskAgent: (taskId: string, agentId: string) => `tasks/${taskId}/agents/${agentId}`,
  workerStatus: (workerId: string) => `workers/${workerId}/status`,
  /** No entry: beats are presence, which the server is asked for. */
  workerHeartbeat: (workerId: string) => `workers/${workerId}/heartbeat`,
  workerCapacity: (workerId: string) => `workers/${workerId}/capacity`,
  queue: 'coordination/queue',
  assignments: 'coordination/assignments',
  metrics: 'coordination/metrics',
} as const;

/** Keys whose whole form is remembered. */
const MAX_KNOWN = 10_000;

/** Puts keys and patterns under a namespace. Without one, `''`, they stay what they are. */
export interface Namespace {
  readonly name: string;
  /** A key that carries the namespace already is left as it is. */
  key(key: string): string;
  /** Patterns, too; and a last segment that is a bare `*` also reaches deeper. */
  pattern(pattern: string): string;
}

/** Throws `bad-request` for what is no path. */
export function createNamespace(name: string): Namespace {
  const problem = typeof name === 'string' ? name && keyProblem(name) : 'it is no string';
  if (problem) throw new MnemonError('bad-request', `not a namespace: ${problem}`);
  const prefix = name && `${name}/`;
  const below = (path: string) => (path.startsWith(prefix) || path === name ? path : prefix + path);
  const known = new Map<string, string>();

  /** A string that was just put together has to be read through before it finds anything: longer than the rest of a cached read. */
  function keyOf(path: string): string {
    const made = known.get(path);
    if (made !== undefined) return made;
    if (known.size >= MAX_KNOWN) known.clear();
    const key = below(path);
    known.set(path, key);
    return key;
  }

  return {
    name,
    key: (key) => (typeof key === 'string' ? keyOf(key) : key),
    pattern: (pattern) => (typeof pattern === 'string' ? reachingDeeper(below(pattern)) : pattern),
  };
}

/** `tasks/*` means all below `tasks`, and not `tasks` itself. */
const reachingDeeper = (pattern: string): string =>
  pattern === '*' || pattern.endsWith('/*') ? `${pattern}/**` : pattern;
