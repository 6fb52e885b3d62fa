import * as z from 'zod';

const secret = z.string().min(32, 'a signing secret has at least 32 characters');

const rate = z.coerce.number().int().min(1);

const list = z.string().transform((text) => text.split(',').filter((each) => each !== ''));

/** Where tickets are kept; a host on one machine may keep them itself. */
const ticketPlace = { TICKETS_TABLE: z.string().min(1) };

/** Where the rest is, likewise. */
const places = {
  ...ticketPlace,
  /** DynamoDB table of who is connected. */
  CONNECTIONS_TABLE: z.string().min(1),
  /** Where `@connections` answers: the API's own endpoint, never a custom domain. */
  MANAGEMENT_ENDPOINT: z.url(),
  /** Where the memory is kept. */
  MONGODB_URL: z.string().min(1),
};

/** What every function needs that lets somebody in. */
const authSettings = {
  /** One or two signing secrets, separated by a comma; two while they are being rotated. Spaces around them don't count. */
  AUTH_SECRETS: z
    .string()
    .transform((text) => text.split(',').map((each) => each.trim()))
    .pipe(z.array(secret).min(1).max(2))
    .optional(),
  /** Where an identity provider publishes the keys of tokens that it signs (RS256, ES256). */
  AUTH_JWKS_URL: z.url().optional(),
  AWS_REGION: z.string().default('us-east-1'),
  /** Where DynamoDB answers, when it is not AWS's own. */
  DYNAMODB_ENDPOINT: z.url().optional(),
};
const hasKeys = ({ AUTH_SECRETS, AUTH_JWKS_URL }: { AUTH_SECRETS?: unknown; AUTH_JWKS_URL?: unknown }) =>
  AUTH_SECRETS !== undefined || AUTH_JWKS_URL !== undefined;
const NO_KEYS = {
  path: ['AUTH_SECRETS'],
  message: 'this or AUTH_JWKS_URL: what tokens are checked with',
  when: () => true, // beside other complaints, too
};

const authSchema = z.object({ ...authSettings, ...ticketPlace }).refine(hasKeys, NO_KEYS);
const hostedAuthSchema = z
  .object({ ...authSettings, ...z.object(ticketPlace).partial().shape })
  .refine(hasKeys, NO_KEYS);
export type AuthSettings = z.infer<typeof hostedAuthSchema>;

const settings = {
  ...authSettings,
  /** The function that makes posts where they are many; left out: whoever has them makes them. */
  FAN_OUT_FUNCTION: z.string().min(1).optional(),
  /** Whether figures are printed for CloudWatch. */
  METRICS: z.enum(['on', 'off']).default('off'),
  /** As many posts as one function makes in good time. */
  POSTS_EACH: z.coerce.number().int().min(1).default(250),
  MONGODB_DATABASE: z.string().min(1).default('mnemon'),
  /** Both, or no event bus. */
  UPSTASH_REDIS_REST_URL: z.url().optional(),
  UPSTASH_REDIS_REST_TOKEN: z.string().min(1).optional(),
  /** Begins every channel of the event bus. */
  BUS_PREFIX: z.string().min(1).default('mnemon'),
  /** Web pages that may call the HTTP API: origins separated by commas, or `*`. */
  HTTP_CORS_ORIGINS: list.default([]),
  /** How long a stream of events lasts before its reader has to come back. */
  STREAM_MS: z.coerce.number().int().min(100).default(60_000),
  /** Of one user in one space. */
  CONNECTS_PER_MINUTE: rate.default(6_000),
  REQUESTS_PER_MINUTE: rate.default(6_000),
  TICKETS_PER_MINUTE: rate.default(60),
  /** Batches over one connection, twice as many at once. */
  WRITES_PER_SECOND: rate.default(2_000),
  /** At once, of one token in one space. Counted at each connect, by the rows of the space; left out: not counted. */
  CONNECTIONS_PER_TOKEN: rate.optional(),
  /** Whether everybody or nobody gets in while Redis, where the first three are counted, is away. */
  RATE_LIMITS_WHEN_DOWN: z.enum(['open', 'closed']).default('open'),
  /** How often clients are asked to show that they are there. */
  HEARTBEAT_MS: z.coerce.number().int().min(100).default(25_000),
  /** A connection that was not heard of for this long is over. */
  STALE_MS: z.coerce.number().int().default(80_000),
};

const isPatient = ({ HEARTBEAT_MS, STALE_MS }: { HEARTBEAT_MS: number; STALE_MS: number }) =>
  STALE_MS > 2 * HEARTBEAT_MS;
const IMPATIENT = {
  path: ['STALE_MS'],
  message: 'more than twice HEARTBEAT_MS: a heartbeat may be lost, and the next one late',
};

/** The environment variables of the functions that serve the memory: the one list of what they mean. */
const settingsSchema = z
  .object({ ...settings, ...places })
  .refine(hasKeys, NO_KEYS)
  .refine(isPatient, IMPATIENT);
const hostedSchema = z
  .object({ ...settings, ...z.object(places).partial().shape })
  .refine(hasKeys, NO_KEYS)
  .refine(isPatient, IMPATIENT);
export type Settings = z.infer<typeof hostedSchema>;

/** The names alone, for what sets them. */
export const settingNames = Object.keys({ ...settings, ...places });

type Env = Readonly<Record<string, string | undefined>>;

/**
 * Reads the environment of a function, or throws an error that names every variable that is wrong or missing. A host on
 * one machine keeps itself what no setting places elsewhere.
 */
export const readSettings = (env: Env, isHosted = false): Settings =>
  read(isHosted ? hostedSchema : settingsSchema, env);

/** Reads what the authorizer needs, and throws likewise. */
export const readAuthSettings = (env: Env, isHosted = false): AuthSettings =>
  read(isHosted ? hostedAuthSchema : authSchema, env);

function read<Schema extends z.ZodType>(schema: Schema, env: Env): z.infer<Schema> {
  const parsed = schema.safeParse(env);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(({ path, message }) => `${path[0]?.toString() ?? ''}: ${message}`);
  throw new Error(`The environment is not complete. ${problems.join('; ')}`); // never the values: some are secret
}
