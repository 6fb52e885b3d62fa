import { z } from 'zod';

const secret = z.string().min(32, 'a signing secret has at least 32 characters');

const list = z.string().transform((text) => text.split(',').filter((each) => each !== ''));

/** The environment variables of all functions: the one list of what they mean. */
export const settingsSchema = z.object({
  /** One or two signing secrets, separated by a comma; two while they are being rotated. */
  AUTH_SECRETS: z
    .string()
    .transform((text) => text.split(','))
    .pipe(z.array(secret).min(1).max(2)),
  AWS_REGION: z.string().default('us-east-1'),
  /** DynamoDB table of who is connected. */
  CONNECTIONS_TABLE: z.string().min(1),
  /** Where DynamoDB answers, when it is not AWS's own. */
  DYNAMODB_ENDPOINT: z.url().optional(),
  /** Where `@connections` answers: the API's own endpoint, never a custom domain. */
  MANAGEMENT_ENDPOINT: z.url(),
  /** Left out only where the host brings an embedded store. */
  MONGODB_URL: z.string().min(1).optional(),
  MONGODB_DATABASE: z.string().min(1).default('mnemon'),
  /** Both, or no event bus. */
  UPSTASH_REDIS_REST_URL: z.url().optional(),
  UPSTASH_REDIS_REST_TOKEN: z.string().min(1).optional(),
  /** Begins every channel of the event bus. */
  BUS_PREFIX: z.string().min(1).default('mnemon'),
  /** Web pages that may call the HTTP API: origins separated by commas, or `*`. */
  HTTP_CORS_ORIGINS: list.default([]),
  /** How often clients are asked to show that they are there. */
  HEARTBEAT_MS: z.coerce.number().int().min(100).default(25_000),
  /** A connection that was not heard of for this long is over. */
  STALE_MS: z.coerce.number().int().min(300).default(80_000),
});
export type Settings = z.infer<typeof settingsSchema>;

/** Reads the environment of a function, or throws an error that names every variable that is wrong. */
export function readSettings(env: Record<string, string | undefined>): Settings {
  const parsed = settingsSchema.safeParse(env);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(({ path, message }) => `${path[0]?.toString() ?? ''}: ${message}`);
  throw new Error(`The environment is not complete. ${problems.join('; ')}`); // never the values: some are secret
}
