import { Worker, type WorkerOptions } from 'node:worker_threads';

const isTypeScript = (module: string) => /\.[cm]?ts$/.test(new URL(module).pathname);

/**
 * Starts a module in a thread of its own, be it TypeScript (development, tests) or JavaScript (bundled).
 *
 * `execArgv: ['--import', 'tsx']` would be the obvious way, but Node 20 does not apply loaders registered by a
 * worker's `--import` to that worker's entry. So a TypeScript thread begins as two lines of JavaScript that
 * register tsx and import the module. `also` names further modules that the thread is going to import.
 */
export function startThread(module: URL, options: WorkerOptions & { also?: string[] } = {}): Worker {
  const { also = [], ...workerOptions } = options;
  const typescript = [module.href, ...also].some(isTypeScript);
  // execArgv is never inherited: the parent's may hold test runner or loader flags that are not the thread's.
  return new Worker(typescript ? registeringTsx(module) : module, { execArgv: [], ...workerOptions });
}

/** The sibling module `name`, with the extension that this build has: `.ts` from source, `.js`/`.mjs` bundled. */
export function siblingModule(name: string, importMetaUrl: string): URL {
  const extension = /\.[cm]?[jt]s$/.exec(new URL(importMetaUrl).pathname)?.[0] ?? '.js';
  return new URL(`./${name}${extension}`, importMetaUrl);
}

function registeringTsx(module: URL): URL {
  const tsx = import.meta.resolve('tsx/esm/api');
  const source = `import * as tsx from '${tsx}'; tsx.register(); await import('${module.href}');`;
  return new URL(`data:text/javascript,${encodeURIComponent(source)}`);
}
