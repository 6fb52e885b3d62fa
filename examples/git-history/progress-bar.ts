const WIDTH = 30;
const EVERY_MS = 100;

/** A bar that redraws itself on a terminal; elsewhere it prints nothing but its last line. */
export function progressBar(total: number) {
  const startedAt = performance.now();
  let shownAt = 0;
  let line = '';
  const { stdout } = process;
  return {
    show(done: number, note: string): void {
      const now = performance.now();
      const filled = Math.round((done / total) * WIDTH);
      const perSecond = Math.round(done / ((now - startedAt) / 1000));
      line = `[${'#'.repeat(filled)}${'.'.repeat(WIDTH - filled)}] ${done}/${total} · ${perSecond} commits/s · ${note}`;
      if (!stdout.isTTY || (now - shownAt < EVERY_MS && done < total)) return;
      shownAt = now;
      stdout.write(`\r\u001b[K${line}`);
    },
    end(): void {
      stdout.write(stdout.isTTY ? '\n' : `${line}\n`);
    },
  };
}
