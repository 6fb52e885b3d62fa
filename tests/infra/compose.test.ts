import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parse } from 'yaml';

interface Service {
  image: string;
  environment?: Record<string, string>;
  ports?: string[];
  volumes?: string[];
  healthcheck?: { test: string[] };
}

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');

const compose = parse(read('docker-compose.local.yml')) as {
  services: Record<string, Service>;
  volumes: Record<string, null>;
};
const variables = Object.fromEntries(
  read('docker.env')
    .split('\n')
    .filter((line) => /^[A-Z]/.test(line))
    .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
);

test.each(Object.entries(compose.services))('%s is pinned, watched, and on loopback alone', (_, service) => {
  expect(service.image).toMatch(/:\d+\.\d+\.\d+/);
  expect(service.healthcheck?.test[0]).toMatch(/^CMD/);
  for (const port of service.ports ?? []) expect(port).toMatch(/^127\.0\.0\.1:\d+:\d+$/);
  for (const volume of service.volumes ?? [])
    expect(compose.volumes).toHaveProperty(volume.split(':')[0] ?? '');
});

test('docker.env names what npm start reads, and the ports and the token that are there', () => {
  const start = read('packages/local/src/start.ts');
  for (const name of Object.keys(variables)) {
    expect(start).toContain(name);
    expect(read('.env.example')).toContain(`# ${name}=`);
  }
  const published = Object.values(compose.services).flatMap(({ ports }) => ports ?? []);
  const urls = Object.values(variables).filter((value) => value.includes('://'));
  expect(urls.map((url) => new URL(url).host).sort()).toEqual(
    published.map((port) => port.replace(/:\d+$/, '')).sort(),
  );
  expect(variables.UPSTASH_REDIS_REST_TOKEN).toBe(compose.services['redis-http']?.environment?.SRH_TOKEN);
});
