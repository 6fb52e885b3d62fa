import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { type Claims, issueToken } from '../token.ts';
import type { handler as Handler } from './authorizer.ts';
import { callerOf } from './caller-context.ts';

const SECRET = 'the secret that signs from today on';
const FORMER = 'the secret that signed until yesterday';
const METHOD_ARN = 'arn:aws:execute-api:us-east-1:1:api/dev/$connect';
const IN_AN_HOUR = Math.floor(Date.now() / 1000) + 3600;

let handler: typeof Handler;
let lines: string[] = [];

beforeAll(async () => {
  // The function reads its environment once, when it is loaded, and nothing else of it.
  vi.stubEnv('AUTH_SECRETS', `${SECRET},${FORMER}`);
  vi.stubEnv('TICKETS_TABLE', 'tickets');
  ({ handler } = await import('./authorizer.ts'));
  vi.unstubAllEnvs();
});
beforeEach(() => {
  lines = [];
  vi.spyOn(process.stdout, 'write').mockImplementation((line) => lines.push(String(line)) > 0);
});
afterEach(() => vi.restoreAllMocks());

const tokenFor = (claims: Partial<Claims> = {}, secret = SECRET) =>
  issueToken(
    {
      sub: 'user-1',
      space: 'team' as never,
      instance: 'app-*',
      grants: [{ pattern: 'tasks/**', access: 'write' }],
      exp: IN_AN_HOUR,
      ...claims,
    },
    secret,
  );

const ask = (event: Omit<Parameters<typeof Handler>[0], 'methodArn'>) =>
  handler({ methodArn: METHOD_ARN, ...event });
const named = { instance: 'app-1' };

describe('lets in who shows a good token', () => {
  test('as a bearer header: with a policy for this method, and who it is', async () => {
    const answer = await ask({
      headers: { Authorization: `Bearer ${await tokenFor()}` },
      queryStringParameters: named,
    });
    expect(answer).toMatchObject({
      principalId: 'user-1',
      policyDocument: {
        Version: '2012-10-17',
        Statement: [{ Action: 'execute-api:Invoke', Effect: 'Allow', Resource: METHOD_ARN }],
      },
    });
    expect(callerOf({ connectionId: 'c1', connectedAt: 1, authorizer: answer.context })).toEqual({
      connectionId: 'c1',
      tokenId: expect.stringMatching(/^[0-9a-f]{32}$/),
      connectedAtMs: 1,
      space: 'team',
      instanceId: 'app-1',
      userId: 'user-1',
      grants: [{ pattern: 'tasks/**', access: 'write' }],
      tokenExpiresAtMs: IN_AN_HOUR * 1000,
    });
  });

  test.each([
    ['a bearer header in any case', (token: string) => ({ headers: { authorization: `bearer ${token}` } })],
    [
      'a subprotocol',
      (token: string) => ({ headers: { 'Sec-WebSocket-Protocol': `mnemon, mnemon.token.${token}` } }),
    ],
    ['a query parameter', (token: string) => ({ queryStringParameters: { token } })],
  ])('as %s', async (_, eventWith) => {
    const event = eventWith(await tokenFor({ instance: 'app-7' }));
    const answer = await ask(event);
    expect(answer.policyDocument.Statement[0]?.Effect).toBe('Allow');
    expect(answer.context.caller).toContain('"instanceId":"app-7"');
  });

  test('signed with the secret from before', async () => {
    const answer = await ask({ queryStringParameters: { token: await tokenFor({}, FORMER), ...named } });
    expect(answer.policyDocument.Statement[0]?.Effect).toBe('Allow');
  });
});

test.each([
  ['another than its token names', { instance: 'app-1' }, 'app-2'],
  ['outside the names that its token leaves open', { instance: 'app-*' }, 'worker-1'],
  ['nobody, with a token that leaves the name open', { instance: 'app-*' }, undefined],
])('denies, which becomes 403, who wants to be %s', async (_, claims, instance) => {
  const token = await tokenFor(claims);
  const answer = await ask({ queryStringParameters: { token, ...(instance && { instance }) } });
  expect(answer.policyDocument.Statement).toEqual([
    { Action: 'execute-api:Invoke', Effect: 'Deny', Resource: METHOD_ARN },
  ]);
  expect(answer.context).toEqual({});
});

describe('throws Unauthorized, which becomes 401', () => {
  test.each([
    ['nothing', {}],
    ['null where API Gateway has nothing', { headers: null, queryStringParameters: null }],
    ['another scheme', { headers: { Authorization: 'Basic dXNlcjpwYXNz' } }],
    ['an empty bearer', { headers: { Authorization: 'Bearer ' } }],
    ['an empty query parameter', { queryStringParameters: { token: '' } }],
    ['an empty subprotocol', { headers: { 'Sec-WebSocket-Protocol': 'mnemon.token.' } }],
    ['garbage', { queryStringParameters: { token: 'a.b.c' } }],
  ])('at %s', async (_, event) => {
    await expect(ask(event)).rejects.toThrow(/^Unauthorized$/);
  });

  test('at an expired and at a foreign token, and logs which, but never the token', async () => {
    const expired = await tokenFor({ exp: 1 });
    const foreign = await tokenFor({}, 'a secret that nobody here has heard of');
    for (const token of [expired, foreign]) {
      await expect(ask({ queryStringParameters: { token } })).rejects.toThrow(/^Unauthorized$/);
    }
    expect(lines.map((line) => JSON.parse(line).reason)).toEqual(['expired', 'invalid']);
    expect(lines.join()).not.toContain(expired.slice(0, 20));
    expect(lines.join()).not.toContain(SECRET);
  });

  test('at a bad header, even when the query parameter is good', async () => {
    const queryStringParameters = { token: await tokenFor(), ...named };
    await expect(ask({ headers: { Authorization: 'Bearer x' }, queryStringParameters })).rejects.toThrow();
  });
});

test('more grants than API Gateway carries to later events are denied, and the log says so', async () => {
  const grants = Array.from({ length: 50 }, (_, i) => ({
    pattern: `${'x'.repeat(200)}${i}`,
    access: 'read' as const,
  }));
  const answer = await ask({
    headers: { Authorization: `Bearer ${await tokenFor({ grants })}` },
    queryStringParameters: named,
  });
  expect(answer).toMatchObject({ policyDocument: { Statement: [{ Effect: 'Deny' }] }, context: {} });
  expect(lines.join()).toContain('grants');
});
