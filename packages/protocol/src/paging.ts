import * as z from 'zod/mini';
import { LIMITS } from './limits.ts';

/** Of a request that is answered in pages. A page may hold fewer items than `limit`; while it has a `page` token, ask on. */
export const pagingFields = {
  limit: z.optional(z.int().check(z.gte(1), z.lte(LIMITS.pageItems))),
  page: z.optional(z.string().check(z.maxLength(LIMITS.pageTokenLength))),
};
