import { streamHandle } from 'hono/aws-lambda';
import { composeHttp } from '../compose.ts';
import { observed } from '../observe.ts';
import { createStreamApi } from './create-stream-api.ts';

/** What Lambda's runtime offers to a handler that streams. */
declare const awslambda: { streamifyResponse<Handler>(handler: Handler): Handler };

const answer = streamHandle(createStreamApi(await composeHttp()));

/** The function behind the URL that streams. */
export const handler = awslambda.streamifyResponse(observed(answer as (...args: unknown[]) => Promise<void>));
