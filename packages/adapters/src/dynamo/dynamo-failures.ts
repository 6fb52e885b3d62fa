import { ConditionalCheckFailedException, DynamoDBServiceException } from '@aws-sdk/client-dynamodb';
import { Unavailable } from '@mnemon/core';

/** Refusals that say "later", not "never". */
const THROTTLED = new Set([
  'LimitExceededException',
  'ProvisionedThroughputExceededException',
  'RequestLimitExceeded',
  'ThrottlingException',
]);

/**
 * Runs a request. What DynamoDB refuses for good (a missing table, missing rights, a malformed request) is thrown as it
 * is: trying again would only hide it.
 */
export async function available<Answer>(request: Promise<Answer>): Promise<Answer> {
  try {
    return await request;
  } catch (error) {
    throw isRefusal(error) ? error : new Unavailable('dynamodb', { cause: error });
  }
}

/** Runs a request with a condition; `undefined` when the condition does not hold. */
export async function conditional<Answer>(request: Promise<Answer>): Promise<Answer | undefined> {
  try {
    return await available(request);
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return undefined;
    throw error;
  }
}

/** Refused for good. */
export const isRefusal = (error: unknown): boolean =>
  error instanceof DynamoDBServiceException && error.$fault === 'client' && !THROTTLED.has(error.name);
