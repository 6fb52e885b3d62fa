import { createHash } from 'node:crypto';
import { connect, type Mnemon } from '@mnemon/client';

/** Who has not committed for this many commits goes home. */
const PATIENCE_COMMITS = 25;

interface Present {
  memory: Mnemon;
  lastCommit: number;
}

/**
 * The authors of a history, of whom only those are connected whose commits are near. They only write: none of them
 * subscribes, and so none is sent the state or what others do.
 */
export function authors(options: { url: string; token: () => Promise<string> }) {
  const present = new Map<string, Present>();
  let connects = 0;
  let reconnects = 0;

  async function leave(name: string, { memory }: Present): Promise<void> {
    present.delete(name);
    reconnects += memory.status.reconnects;
    await memory.close();
  }

  return {
    /** The author's instance, connected, to write the commit at `index`. */
    async at(name: string, index: number): Promise<Mnemon> {
      const idle = [...present].filter(([, { lastCommit }]) => index - lastCommit > PATIENCE_COMMITS);
      for (const [other, each] of idle) await leave(other, each);
      const here = present.get(name);
      if (here) {
        here.lastCommit = index;
        return here.memory;
      }
      const memory = await connect({ ...options, instanceId: instanceIdOf(name) });
      present.set(name, { memory, lastCommit: index });
      connects += 1;
      return memory;
    },
    present: () => present.size,
    connects: () => connects,
    reconnects: () =>
      reconnects + [...present.values()].reduce((sum, { memory }) => sum + memory.status.reconnects, 0),
    async leave(): Promise<void> {
      for (const [name, each] of [...present]) await leave(name, each);
    },
  };
}

/** Readable where the address allows it, distinct always. */
function instanceIdOf(email: string): string {
  const hash = createHash('sha256').update(email, 'latin1').digest('hex').slice(0, 8);
  return `author-${email.replace(/[^A-Za-z0-9._@+-]/g, '_').slice(0, 100)}-${hash}`;
}
