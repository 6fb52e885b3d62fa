import type { BackendUrls } from '../../packages/local/src/backends.ts';

interface Engines {
  name: string;
  backends: BackendUrls;
}

const { MONGODB_URL: mongodbUrl, REDIS_URL: redisUrl, DYNAMODB_ENDPOINT: dynamodbEndpoint } = process.env;

/** What the end-to-end tests run on: embedded always, and the real engines where all of them are set. */
export const engines: Engines[] = [
  { name: 'embedded engines', backends: {} },
  ...(mongodbUrl && redisUrl && dynamodbEndpoint
    ? [{ name: 'real engines', backends: { mongodbUrl, redisUrl, dynamodbEndpoint } }]
    : []),
];
