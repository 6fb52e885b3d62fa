import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as passed } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import {
  type LambdaFunctionOptions,
  type LambdaHost,
  type LambdaHostOptions,
  startLambdaHost,
} from './lambda-host.ts';

const entry = new URL('./lambda-host.fixture.ts', import.meta.url);
let host: LambdaHost | undefined;
let lines: string[] = [];

beforeEach(() => {
  lines = [];
});
afterEach(async () => {
  await host?.close();
  host = undefined;
});

function functionNamed(
  handler: string,
  options: Partial<LambdaFunctionOptions> = {},
  on: LambdaHostOptions = {},
) {
  host ??= startLambdaHost({ log: (line) => lines.push(line), ...on });
  return host.addFunction({ name: 'fixture', entry, handler, ...options });
}

describe('an execution environment', { timeout: 30_000 }, () => {
  test('runs a TypeScript handler with its own environment variables and a real context', async () => {
    process.env.NOT_FOR_HANDLERS = 'secret';
    const echo = await functionNamed('handler', {
      env: { TABLE: 'connections' },
      timeoutMs: 9000,
      memoryMb: 256,
    });
    const result = (await echo.invoke({ a: [1, null] })) as Record<string, never>;
    delete process.env.NOT_FOR_HANDLERS;

    expect(result).toMatchObject({ event: { a: [1, null] }, hostSeenAtImport: true, intercepted: false });
    expect(result).toMatchObject({ functionName: 'fixture', memory: '256' });
    expect(result.requestId).toMatch(/^[0-9a-f-]{36}$/);
    expect(result.remainingMs).toBeGreaterThan(1000);
    expect(result.remainingMs).toBeLessThanOrEqual(9000);
    expect(result.env).toEqual({
      TABLE: 'connections',
      AWS_LAMBDA_FUNCTION_NAME: 'fixture',
      AWS_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: 'local',
      AWS_SECRET_ACCESS_KEY: 'local',
      AWS_EC2_METADATA_DISABLED: 'true',
      AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
    });
  });

  test('keeps its module state from one event to the next', async () => {
    const echo = await functionNamed('handler');
    const first = await echo.invoke({});
    const second = await echo.invoke({});
    expect(first).toMatchObject({ invocations: 1 });
    expect(second).toMatchObject({ invocations: 2 });
    expect(echo.environments()).toBe(1);
  });

  test('runs a bundled .mjs handler', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'mnemon-bundle-'));
    writeFileSync(join(directory, 'bundle.mjs'), 'export const handler = async ({ n }) => n + 1;');
    const bundled = await functionNamed('handler', { entry: pathToFileURL(join(directory, 'bundle.mjs')) });
    expect(await bundled.invoke({ n: 41 })).toBe(42);
    rmSync(directory, { recursive: true });
  });

  test('does nothing after its handler returned, and goes on with the next event', async () => {
    const calls: string[] = [];
    let strayArrived = () => {};
    const stray = new Promise<void>((resolve) => (strayArrived = resolve));
    const desk = {
      lingered: () => stray,
      stray(what: string) {
        calls.push(what);
        strayArrived();
      },
    };
    const leaves = await functionNamed('leavesWork', { maxConcurrency: 1 }, { ports: { desk } });

    expect(await leaves.invoke({})).toBe('returned');
    await passed(50); // fifty times what the timer needs
    expect(calls).toEqual([]);
    await leaves.invoke({ linger: true });
    expect(calls).toEqual(['timer']);
  });

  test('hands every printed line to the log', async () => {
    const prints = await functionNamed('printsAndCounts');
    await prints.invoke({});
    expect(lines).toEqual(['one', 'two', 'and three']);
  });
});

describe('a pool of environments', { timeout: 30_000 }, () => {
  test('serves events at the same time in environments of their own', async () => {
    let inside = 0;
    let open = () => {};
    const both = new Promise<void>((resolve) => (open = resolve));
    const desk = {
      meet() {
        if (++inside === 2) open();
        return both;
      },
    };
    const meets = await functionNamed('callsPort', {}, { ports: { desk } });
    const event = { method: 'meet', args: [] };
    await Promise.all([meets.invoke(event), meets.invoke(event)]); // each waits for the other one inside
    expect(meets.environments()).toBe(2);
  });

  test('queues what exceeds its concurrency, one event at a time', async () => {
    let inside = 0;
    let mostInside = 0;
    const desk = {
      async visit() {
        mostInside = Math.max(mostInside, ++inside);
        await passed(2);
        inside--;
      },
    };
    const visits = await functionNamed('callsPort', { maxConcurrency: 1 }, { ports: { desk } });
    await Promise.all([1, 2, 3].map(() => visits.invoke({ method: 'visit', args: [] })));
    expect(mostInside).toBe(1);
    expect(visits.environments()).toBe(1);
  });

  test('is warm before it is ready', async () => {
    const warm = await functionNamed('handler', { minEnvironments: 2 });
    expect(warm.environments()).toBe(2);
  });
});

describe('a handler that fails', { timeout: 30_000 }, () => {
  test('rejects with its own error and keeps its environment', async () => {
    const misbehaves = await functionNamed('misbehaves');
    const failure = await misbehaves.invoke({ how: 'throw' }).catch((error: unknown) => error);
    expect(failure).toMatchObject({ name: 'RangeError', message: 'too far', code: 'E_FAR' });
    expect(await misbehaves.invoke({ how: 'work' })).toBe(1);
    expect(misbehaves.environments()).toBe(1);
  });

  test('that never ends, exits or crashes rejects, and the next event gets a fresh environment', async () => {
    const misbehaves = await functionNamed('misbehaves', { timeoutMs: 800 });
    const fates = [
      ['hang', 'Task timed out after 0.80 seconds'],
      ['spin', 'Task timed out after 0.80 seconds'],
      ['exit', 'Runtime exited with exit status 3'],
      ['uncaught', 'nobody catches this'],
    ] as const;
    for (const [how, message] of fates) {
      expect(await misbehaves.invoke({ how: 'work' })).toBe(1);
      await expect(misbehaves.invoke({ how })).rejects.toThrow(message);
      expect(lines.at(-1)).toContain(message);
      expect(misbehaves.environments()).toBe(0);
    }
    expect(await misbehaves.invoke({ how: 'work' })).toBe(1);
  });

  test('a module that does not load rejects each event, and warming it rejects at once', async () => {
    const missing = await functionNamed('noSuchExport');
    await expect(missing.invoke({})).rejects.toThrow('does not export a function named noSuchExport');
    await expect(functionNamed('noSuchExport', { minEnvironments: 1 })).rejects.toThrow('noSuchExport');
  });

  test('an asynchronous invocation is tried three times under one request id', async () => {
    const requestIds = new Set<string>();
    const log = (line: string, origin: { requestId: string | undefined }) => {
      lines.push(line);
      requestIds.add(String(origin.requestId));
    };
    const misbehaves = await functionNamed('misbehaves', { asyncRetryDelaysMs: [1, 1] }, { log });
    await misbehaves.invokeAsync({ how: 'throw' });
    await vi.waitFor(() => expect(lines.at(-1)).toBe('Asynchronous invocation given up'), 10_000);
    expect(lines.filter((line) => line.startsWith('Invocation failed: RangeError: too far'))).toHaveLength(3);
    expect(requestIds.size).toBe(1);
  });

  test('an event over the size limits is refused', async () => {
    const echo = await functionNamed('handler');
    await expect(echo.invokeAsync('x'.repeat(1024 * 1024))).rejects.toThrow('payload is too large');
    await expect(echo.invoke('x'.repeat(6 * 1024 * 1024))).rejects.toThrow('payload is too large');
  });
});

describe('ports of the host', { timeout: 30_000 }, () => {
  test('answer calls with values and with errors that keep name, message and code', async () => {
    const desk = {
      echo: (value: unknown) => value,
      fail: () => {
        throw Object.assign(new TypeError('no such seq'), { code: 'contention' });
      },
      leak: () => () => 'functions do not cross threads',
    };
    const calls = await functionNamed('callsPort', {}, { ports: { desk } });
    expect(await calls.invoke({ method: 'echo', args: [{ deep: [1] }] })).toEqual({ deep: [1] });
    const failure = await calls.invoke({ method: 'fail', args: [] }).catch((error: unknown) => error);
    expect(failure).toMatchObject({ name: 'TypeError', message: 'no such seq', code: 'contention' });
    await expect(calls.invoke({ method: 'leak', args: [] })).rejects.toThrow('could not be cloned');
    await expect(calls.invoke({ method: 'absent', args: [] })).rejects.toThrow('No method desk.absent');
    await expect(calls.invoke({ method: 'toString', args: [] })).rejects.toThrow('No method desk.toString');
  });

  test('a handler can be killed before and after each of its port calls', async () => {
    const steps: string[] = [];
    let killAt = '';
    const faults = {
      onPortCall: (port: string, method: string, phase: string) =>
        `${phase} ${port}.${method}` === killAt ? ('kill' as const) : ('continue' as const),
    };
    const ports = { desk: { step: (step: string) => void steps.push(step) } };
    const two = await functionNamed('twoSteps', {}, { ports, faults });
    const moments = [
      ['before desk.first', []],
      ['after desk.first', ['first']],
      ['before desk.second', ['first']],
      ['after desk.second', ['first', 'second']],
    ] as const;
    for (const [moment, stepsDone] of moments) {
      steps.length = 0;
      killAt = moment;
      await expect(two.invoke({})).rejects.toThrow(`Killed ${moment}`);
      expect(steps).toEqual(stepsDone);
    }
    killAt = '';
    expect(await two.invoke({})).toBe('both');
  });

  test('of a killed handler, no other branch reaches the host any more', async () => {
    let steps = 0;
    const ports = { desk: { step: () => void steps++ } };
    const branches = await functionNamed('twoBranches', {}, { ports, faults: { onPortCall: () => 'kill' } });
    await expect(branches.invoke({})).rejects.toThrow('Killed after desk.step');
    const stepsWhenKilled = steps;
    await host?.close(); // not before the thread is gone
    expect(stepsWhenKilled).toBeGreaterThan(0);
    expect(steps).toBe(stepsWhenKilled);
  });
});

test('closing rejects what runs and what is queued', { timeout: 30_000 }, async () => {
  const misbehaves = await functionNamed('misbehaves', { maxConcurrency: 1 });
  await misbehaves.invoke({ how: 'work' });
  const outcomes = Promise.allSettled([
    misbehaves.invoke({ how: 'hang' }),
    misbehaves.invoke({ how: 'hang' }),
  ]);
  await host?.close();
  expect((await outcomes).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  expect(misbehaves.environments()).toBe(0);
  await expect(misbehaves.invoke({})).rejects.toThrow('host was closed');
});

test('a process that closes its host ends by itself', { timeout: 30_000 }, async () => {
  const program = `
    const { startLambdaHost } = await import('${new URL('./lambda-host.ts', import.meta.url)}');
    const host = startLambdaHost();
    const echo = await host.addFunction({ name: 'echo', entry: '${entry}', minEnvironments: 1 });
    console.log((await echo.invoke('hello')).event);
    await host.close();`;
  const args = ['--import', import.meta.resolve('tsx'), '--input-type=module', '--eval', program];
  const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: 20_000 });
  expect(stdout.trim()).toBe('hello');
});
