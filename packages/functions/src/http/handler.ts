import { handle } from 'hono/aws-lambda';
import { composeHttp } from '../compose.ts';
import { observed } from '../observe.ts';
import { createApi } from './create-api.ts';

/** All routes of the HTTP API (payload format 2.0). */
export const handler = observed(handle(createApi(await composeHttp())) as never);
