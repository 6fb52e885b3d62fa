import { streamHandle } from 'hono/aws-lambda';
import { composeHttp } from '../compose.ts';
import { createStreamApi } from './create-stream-api.ts';

/** The function behind the URL that streams. */
export const handler = streamHandle(createStreamApi(await composeHttp()));
