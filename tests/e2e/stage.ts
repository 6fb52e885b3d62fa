import type { Claims } from '@mnemon/functions/token';
import { issueToken } from '@mnemon/functions/token';
import { getCurrentTest } from 'vitest/suite';
import { z } from 'zod';

/** Where the end-to-end tests run instead of a cloud of their own. */
export interface Stage {
  /** `wss://…` */
  url: string;
  /** Without it, what needs the HTTP API is skipped. */
  httpUrl: string | undefined;
  issueToken(claims?: Partial<Claims>): Promise<string>;
}

const stageSchema = z
  .object({
    MNEMON_E2E_URL: z.url({ protocol: /^wss?$/ }),
    MNEMON_E2E_HTTP_URL: z.url({ protocol: /^https?$/ }).optional(),
    /** One of the stage's AUTH_SECRETS: each test signs tokens for spaces of its own. */
    MNEMON_E2E_SECRET: z.string().min(32),
  })
  .transform(
    ({ MNEMON_E2E_URL: url, MNEMON_E2E_HTTP_URL: httpUrl, MNEMON_E2E_SECRET: secret }): Stage => ({
      url,
      httpUrl,
      issueToken: (claims) => issueToken({ ...testClaims(), ...claims }, secret),
    }),
  );

/** The deployed stage that the environment names, if it names one. */
export const stage: Stage | undefined = process.env.MNEMON_E2E_URL
  ? stageSchema.parse(process.env)
  : undefined;

const HOUR_S = 60 * 60;

const testClaims = (): Claims => ({
  sub: 'e2e',
  space: 'e2e' as Claims['space'],
  instance: '*',
  grants: [{ pattern: '**', access: 'admin' }],
  exp: Math.floor(Date.now() / 1000) + HOUR_S,
});

/**
 * As much of a test's cloud as a stage is. The test that reaches for more, the gateway's faults for one, is skipped with
 * the reason; if the tests want a cloud with settings of its own, all of them are.
 */
export function asFarAsDeployed<Whole extends object>(part: Partial<Whole>, wants: string[]): Whole {
  return new Proxy(part, {
    get(target, name) {
      const isThere = Reflect.get(target, name) !== undefined && wants.length === 0;
      if (isThere || name === 'then' || name === 'close') return Reflect.get(target, name);
      const missing = wants.length > 0 ? wants.join(', ') : String(name);
      getCurrentTest()?.context.skip(`needs ${missing}, which a stage does not offer`);
      return undefined;
    },
  }) as Whole;
}
