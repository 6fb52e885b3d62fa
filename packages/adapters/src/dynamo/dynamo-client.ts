import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';

export interface DynamoClientOptions {
  region: string;
  /** Of DynamoDB Local or an embedded stand-in; left out for the real one. */
  endpoint?: string;
  /** Left out where the platform has them: a function's role. */
  credentials?: { accessKeyId: string; secretAccessKey: string };
}

/** At worst a request fails after 3 × 2 s and the SDK's two pauses of a second or less, well within a Lambda's time. */
const TIMES = { connectionTimeout: 1_000, requestTimeout: 2_000, throwOnRequestTimeout: true };

const AGENT = { keepAlive: true, maxSockets: 50 };

/** One per process: it keeps its connections for the next invocation. */
export function dynamoClient({ region, endpoint, credentials }: DynamoClientOptions): DynamoDBDocumentClient {
  const client = new DynamoDBClient({
    region,
    maxAttempts: 3,
    requestHandler: { ...TIMES, httpAgent: AGENT, httpsAgent: AGENT },
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(credentials === undefined ? {} : { credentials }),
  });
  return DynamoDBDocumentClient.from(client, { marshallOptions: { removeUndefinedValues: true } });
}
