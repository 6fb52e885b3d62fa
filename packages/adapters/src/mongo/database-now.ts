import type { Db } from 'mongodb';
import * as z from 'zod';

const helloSchema = z.object({ localTime: z.date() });

/**
 * The database's time, a little ago: what was over then is over. For filters, where an index can use a time that is given,
 * and not every database takes `$$NOW`.
 */
export const databaseNow = async (db: Db): Promise<Date> =>
  helloSchema.parse(await db.command({ hello: 1 })).localTime;
