import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { settingNames } from '@mnemon/functions/settings';
import { Ajv } from 'ajv';
import formats from 'ajv-formats';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { parseCommandLine } from '../../packages/local/src/command-line.ts';

interface Service {
  image?: string;
  build?: string;
  profiles?: string[];
  environment?: Record<string, string>;
  ports?: string[];
  volumes?: string[];
  healthcheck?: { test: string[] };
}

const ROOT = new URL('../../', import.meta.url);
const FILE = 'docker-compose.local.yml';
const read = (path: string) => readFileSync(new URL(path, ROOT), 'utf8');

const compose = parse(read(FILE)) as { services: Record<string, Service>; volumes: Record<string, null> };
const variables = Object.fromEntries(
  read('docker.env')
    .split('\n')
    .filter((line) => /^[A-Z]/.test(line))
    .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
);
const publishedBy = (services: Service[]) =>
  services.flatMap(({ ports }) => ports ?? []).map((port) => port.replace(/:\d+$/, ''));
const inProfile = (profile?: string) =>
  Object.values(compose.services).filter(({ profiles }) => profiles?.[0] === profile);

const hasCompose = spawnSync('docker', ['compose', 'version']).status === 0;

test.runIf(hasCompose)('docker compose takes the file', () => {
  const args = ['compose', '--file', FILE, '--profile', 'tools', '--profile', 'app', 'config', '--quiet'];
  execFileSync('docker', args, { cwd: fileURLToPath(ROOT) });
});

test('the file is as the Compose Specification wants it', () => {
  // Of the specification, Apache License 2.0: see compose-spec.NOTICE.
  const { $schema: _, ...schema } = JSON.parse(read('tests/infra/compose-spec.schema.json'));
  const ajv = new Ajv({ strict: false, allErrors: true });
  formats.default(ajv);
  const isValid = ajv.compile(schema);
  expect(isValid(compose) ? [] : isValid.errors).toEqual([]);
  expect(isValid({ ...compose, services: { redis: { imagee: 'redis' } } }), 'and no other').toBe(false);
});

test.each(Object.entries(compose.services))('%s is pinned, watched, and on loopback alone', (_, service) => {
  if (service.build === undefined) {
    expect(service.image).toMatch(/:\d+\.\d+\.\d+/);
    expect(service.healthcheck?.test[0]).toMatch(/^CMD/);
  }
  for (const port of service.ports ?? []) expect(port).toMatch(/^127\.0\.0\.1:\d+:\d+$/);
  for (const volume of service.volumes ?? [])
    expect(compose.volumes).toHaveProperty(volume.split(':')[0] ?? '');
});

test('no port is taken twice, and the tools are where the issue of each says', () => {
  const published = publishedBy(Object.values(compose.services));
  expect(new Set(published).size).toBe(published.length);
  const { 'mongo-express': mongo, 'redis-commander': redis, 'dynamodb-admin': dynamo } = compose.services;
  expect(publishedBy([mongo, redis, dynamo] as Service[])).toEqual(
    [8082, 8081, 8083].map((port) => `127.0.0.1:${port}`),
  );
  expect(inProfile('tools')).toEqual([mongo, redis, dynamo]);
});

test('docker.env names what npm start reads, and the ports and the token that are there', () => {
  const start = read('packages/local/src/start.ts');
  for (const name of Object.keys(variables)) {
    expect(start).toContain(name);
    expect(settingNames).toContain(name);
    expect(read('.env.example')).toContain(`# ${name}=`);
  }
  const urls = Object.values(variables).filter((value) => value.includes('://'));
  expect(urls.map((url) => new URL(url).host).sort()).toEqual(publishedBy(inProfile()).sort());
  expect(variables.UPSTASH_REDIS_REST_TOKEN).toBe(compose.services['redis-http']?.environment?.SRH_TOKEN);
});

test('the container of Mnemon is given the same variables, for engines that are beside it', () => {
  const { environment = {} } = compose.services.mnemon ?? {};
  expect(Object.keys(environment)).toEqual(Object.keys(variables));
  expect(environment.UPSTASH_REDIS_REST_TOKEN).toBe(variables.UPSTASH_REDIS_REST_TOKEN);
  const urls = Object.values(environment).filter((value) => value.includes('://'));
  for (const url of urls) expect(Object.keys(compose.services)).toContain(new URL(url).hostname);
});

test('the image is pinned, made in two stages, watched, without root, and starts what is there', () => {
  const lines = read('Dockerfile').replaceAll(/\\\n/g, '').split('\n');
  const all = (instruction: string) =>
    lines
      .filter((line) => line.startsWith(`${instruction} `))
      .map((line) => line.slice(instruction.length + 1));
  const [base, ...others] = all('FROM').map((image) => image.replace(' AS build', ''));
  expect(base).toMatch(/^node:\d+\.\d+\.\d+-/);
  expect(others).toEqual([base]);
  expect(all('USER')).toEqual(['node']);
  expect(all('RUN')[0]).toContain('npm ci');
  expect(all('HEALTHCHECK')[0]).toContain('packages/local/healthcheck.mjs');
  const [program, script, ...args] = JSON.parse(all('CMD')[0] ?? '') as string[];
  expect([program, script]).toEqual(['node', 'packages/local/dist/app/start.mjs']);
  expect(parseCommandLine(args)).toMatchObject({ host: '0.0.0.0', dataDir: '/data', port: 8765 });
  for (const script of ['healthcheck.mjs', 'build.mjs']) {
    expect(existsSync(new URL(`packages/local/${script}`, ROOT))).toBe(true);
  }
});
