import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

/**
 * What SST's command answers to the program that it runs: buckets, and builds of functions. A function is not built, but
 * its handler has to be there; `builds` keeps what was asked for. Answers its URL.
 */
export async function startRpc(builds, root, workDir) {
  const methods = {
    'Provider.Aws.Bootstrap': () => ({
      asset: 'assets',
      assetEcrRegistryId: '1',
      assetEcrUrl: 'ecr',
      state: 'state',
    }),
    'Provider.Aws.Appsync': () => ({ http: 'appsync', realtime: 'appsync' }),
    'Runtime.AddTarget': () => true,
    'Runtime.Build'({ functionID, handler, links, properties, runtime }) {
      builds.push({ functionID, handler, links: Object.keys(links ?? {}), properties, runtime });
      const out = join(workDir, functionID);
      mkdirSync(out, { recursive: true });
      writeFileSync(join(out, 'index.mjs'), '');
      return { handler: handler.split('/').at(-1), out, errors: problemsOf(root, handler), sourcemaps: [] };
    },
  };
  const server = createServer(async (request, response) => {
    const { method, params } = JSON.parse(await text(request));
    const answer =
      method in methods ? { result: methods[method](params[0]) } : { error: `rpc: can't find ${method}` };
    response.setHeader('connection', 'close').end(JSON.stringify(answer));
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  server.unref(); // it ends with the program
  return `http://127.0.0.1:${server.address().port}`;
}

function problemsOf(root, handler) {
  const dot = handler.lastIndexOf('.');
  const file = join(root, `${handler.slice(0, dot)}.ts`);
  if (!existsSync(file)) return [`${handler}: there is no such file`];
  const name = handler.slice(dot + 1);
  const exported = new RegExp(`^export (const|async function|function) ${name}\\b`, 'm');
  return exported.test(readFileSync(file, 'utf8')) ? [] : [`${handler}: ${file} does not export ${name}`];
}
