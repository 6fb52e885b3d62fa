import { randomUUID } from 'node:crypto';
import { closeSync, openSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/**
 * Makes this process the only one on the file at `path`. Answers what gives it back; `undefined` while another process
 * that lives, or an earlier call of this one, has it.
 *
 * Who wants it puts a claim of its own beside it, and only then looks for others: of two at once one sees the other, or
 * both do and neither gets it. A claim is named for ever for one process, so a dead one's can be removed by anybody.
 */
export function claimFile(path: string): (() => void) | undefined {
  const own = `${path}.${process.pid}-${startOf(process.pid)}-${randomUUID()}.claim`;
  const giveBack = () => rmSync(own, { force: true });
  closeSync(openSync(own, 'wx', 0o600));
  const others = claimsOn(path).filter(({ name }) => name !== basename(own));
  if (others.some(isAlive)) {
    giveBack();
    return undefined;
  }
  for (const { name } of others) rmSync(join(dirname(path), name), { force: true });
  return giveBack;
}

interface Claim {
  readonly name: string;
  readonly pid: number;
  readonly start: string;
}

function claimsOn(path: string): Claim[] {
  const prefix = `${basename(path)}.`;
  return readdirSync(dirname(path)).flatMap((name) => {
    const found =
      name.startsWith(prefix) && /^(\d+)-(\d*)-[0-9a-f-]{36}\.claim$/.exec(name.slice(prefix.length));
    return found ? [{ name, pid: Number(found[1]), start: found[2] ?? '' }] : [];
  });
}

function isAlive({ pid, start }: Claim): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
  return start === startOf(pid);
}

/** When the process started, where the system tells: its pid alone may be another's by now, in a container always. */
function startOf(pid: number): string {
  if (process.platform !== 'linux') return '';
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The second field, the program's name, may hold spaces and brackets; the third is the state, the 22nd the start.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? '' : (fields[19] ?? ''); // dead, and nobody has taken notice
  } catch {
    return ''; // it has just ended
  }
}
