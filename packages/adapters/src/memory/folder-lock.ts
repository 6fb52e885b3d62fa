import { randomUUID } from 'node:crypto';
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

interface Owner {
  pid: number;
  /** When the process started, where the system tells: a pid alone may be another process's by now. */
  startedAt: string | undefined;
}

/**
 * Makes this process the only one on the folder. A lock whose process is dead is taken over. Answers what gives it
 * back; throws, naming the process, while another one has it.
 */
export function lockFolder(folder: string): () => void {
  const lock = join(folder, 'lock');
  const own = join(folder, `lock.${randomUUID()}`);
  writeFileSync(own, JSON.stringify({ pid: process.pid, startedAt: startOf(process.pid) } satisfies Owner));
  try {
    while (!tryLink(own, lock)) takeAway(lock, folder);
  } finally {
    rmSync(own, { force: true });
  }
  return () => rmSync(lock, { force: true });
}

/** Whether the lock is ours now. A link comes into being whole, content included, or not at all. */
function tryLink(own: string, lock: string): boolean {
  try {
    linkSync(own, lock);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** Removes a dead process's lock. */
function takeAway(lock: string, folder: string): void {
  const stale = read(lock);
  if (stale === undefined) return;
  refuseIfAlive(stale, folder);
  // Between reading and removing, another process may have done both and put its own lock there: then it goes back.
  const taken = `${lock}.${randomUUID()}`;
  try {
    renameSync(lock, taken);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  const found = read(taken);
  if (found !== stale) tryLink(taken, lock);
  rmSync(taken, { force: true });
}

function refuseIfAlive(content: string, folder: string): void {
  const owner = parse(content);
  if (owner && isAlive(owner)) {
    throw new Error(
      `${folder} is in use by process ${owner.pid}; one process at a time can keep its memory there`,
    );
  }
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** `undefined` for what no process of ours wrote. */
function parse(content: string): Owner | undefined {
  try {
    const owner: Partial<Owner> | null = JSON.parse(content);
    return Number.isSafeInteger(owner?.pid) ? (owner as Owner) : undefined;
  } catch {
    return undefined;
  }
}

function isAlive({ pid, startedAt }: Owner): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
  return startedAt === undefined || startedAt === startOf(pid);
}

/** In a container every start may get the same pid; the kernel's start time tells them apart. Linux only. */
function startOf(pid: number): string | undefined {
  const stat = process.platform === 'linux' ? read(`/proc/${pid}/stat`) : undefined;
  // The second field, the program's name, may hold spaces and brackets; the 22nd is the start time.
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
}
