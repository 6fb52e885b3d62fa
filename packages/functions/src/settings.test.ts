import { expect, test } from 'vitest';
import { readAuthSettings, readSettings } from './settings.ts';

const good = {
  AUTH_SECRETS: 'a signing secret of enough characters',
  CONNECTIONS_TABLE: 'connections',
  TICKETS_TABLE: 'tickets',
  MANAGEMENT_ENDPOINT: 'https://example.execute-api.us-east-1.amazonaws.com/dev',
  MONGODB_URL: 'mongodb://example.net',
};

function complaintAbout(changes: Record<string, string | undefined>): string {
  try {
    readSettings({ ...good, ...changes });
  } catch (error) {
    return (error as Error).message;
  }
  return 'none';
}

test('what is left out has a default, or is not there', () => {
  expect(readSettings(good)).toEqual({
    AUTH_SECRETS: [good.AUTH_SECRETS],
    AWS_REGION: 'us-east-1',
    BUS_PREFIX: 'mnemon',
    CONNECTIONS_TABLE: 'connections',
    CONNECTS_PER_MINUTE: 6_000,
    HEARTBEAT_MS: 25_000,
    HTTP_CORS_ORIGINS: [],
    MANAGEMENT_ENDPOINT: good.MANAGEMENT_ENDPOINT,
    MONGODB_DATABASE: 'mnemon',
    MONGODB_URL: good.MONGODB_URL,
    RATE_LIMITS_WHEN_DOWN: 'open',
    REQUESTS_PER_MINUTE: 6_000,
    STALE_MS: 80_000,
    METRICS: 'off',
    POSTS_EACH: 250,
    STREAM_MS: 60_000,
    TICKETS_PER_MINUTE: 60,
    TICKETS_TABLE: 'tickets',
    WRITES_PER_SECOND: 2_000,
  });
});

test('numbers come as text, and two secrets with a comma', () => {
  const former = 'the signing secret from before that one';
  const settings = readSettings({
    ...good,
    HEARTBEAT_MS: '500',
    AUTH_SECRETS: `${good.AUTH_SECRETS},${former}`,
  });
  expect(settings.HEARTBEAT_MS).toBe(500);
  expect(settings.AUTH_SECRETS).toEqual([good.AUTH_SECRETS, former]);
});

test('spaces around a secret are not part of it', () => {
  const former = 'the signing secret from before that one';
  const AUTH_SECRETS = ` ${good.AUTH_SECRETS} , ${former}\n`;
  expect(readSettings({ ...good, AUTH_SECRETS }).AUTH_SECRETS).toEqual([good.AUTH_SECRETS, former]);
  expect(complaintAbout({ AUTH_SECRETS: 'tooshort'.padEnd(40) })).toContain('AUTH_SECRETS');
});

test('the authorizer needs what tokens are checked with, and where tickets are', () => {
  const { AUTH_SECRETS, TICKETS_TABLE } = good;
  const AWS_REGION = 'us-east-1';
  expect(readAuthSettings({ AUTH_SECRETS, TICKETS_TABLE })).toEqual({
    AUTH_SECRETS: [AUTH_SECRETS],
    AWS_REGION,
    TICKETS_TABLE,
  });
  const AUTH_JWKS_URL = 'https://login.example/keys';
  expect(readAuthSettings({ AUTH_JWKS_URL, TICKETS_TABLE })).toEqual({
    AUTH_JWKS_URL,
    AWS_REGION,
    TICKETS_TABLE,
  });
  expect(() => readAuthSettings({ TICKETS_TABLE })).toThrow('AUTH_SECRETS');
});

test('what a host on one machine may keep itself, everybody else has to place', () => {
  const { AUTH_SECRETS } = good;
  const places = ['TICKETS_TABLE', 'CONNECTIONS_TABLE', 'MANAGEMENT_ENDPOINT', 'MONGODB_URL'];
  const complaint = complaintAbout(Object.fromEntries(places.map((name) => [name, undefined])));
  for (const name of places) expect(complaint).toContain(name);
  expect(readSettings({ AUTH_SECRETS }, true)).toMatchObject({ AUTH_SECRETS: [AUTH_SECRETS] });
  expect(() => readSettings({}, true)).toThrow('AUTH_SECRETS');
  expect(() => readAuthSettings({ AUTH_SECRETS })).toThrow('TICKETS_TABLE');
  expect(readAuthSettings({ AUTH_SECRETS }, true)).not.toHaveProperty('TICKETS_TABLE');
  expect(() => readAuthSettings({}, true)).toThrow('AUTH_SECRETS');
});

test('a connection that misses one heartbeat is not over', () => {
  expect(complaintAbout({ HEARTBEAT_MS: '40000' })).toContain('STALE_MS');
  expect(complaintAbout({ STALE_MS: '50000' })).toContain('STALE_MS');
  expect(complaintAbout({ STALE_MS: '50001' })).toBe('none');
});

test('variables that belong to others are left alone', () => {
  expect(readSettings({ ...good, PATH: '/bin', HOME: undefined })).toEqual(readSettings(good));
});

test('one message names every variable that is wrong', () => {
  const complaint = complaintAbout({
    AUTH_SECRETS: undefined,
    CONNECTIONS_TABLE: '',
    MANAGEMENT_ENDPOINT: 'no-url',
    HEARTBEAT_MS: 'soon',
  });
  for (const name of ['AUTH_SECRETS', 'CONNECTIONS_TABLE', 'MANAGEMENT_ENDPOINT', 'HEARTBEAT_MS']) {
    expect(complaint).toContain(name);
  }
  expect(complaint).not.toContain('STALE_MS');
});

test.each([
  ['AUTH_SECRETS', 'tooshort'],
  ['AUTH_SECRETS', `${good.AUTH_SECRETS},tooshort`],
  ['AUTH_SECRETS', Array(3).fill('sosecret'.repeat(5)).join(',')],
  ['MANAGEMENT_ENDPOINT', 'hunter2'],
  ['MONGODB_URL', ''],
  ['UPSTASH_REDIS_REST_URL', 'hunter2'],
  ['HEARTBEAT_MS', 'hunter2'],
  ['HEARTBEAT_MS', '99'],
  ['STALE_MS', '1e9.5'],
])('the complaint about %s=%s names the variable and not the value', (name, value) => {
  const complaint = complaintAbout({ [name]: value });
  expect(complaint).toContain(name);
  for (const part of value.split(',')) if (part.length > 2) expect(complaint).not.toContain(part);
});
