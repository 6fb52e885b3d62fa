import * as z from 'zod/mini';

// One alphabet for all names: safe in a channel, a row key and a URL, and never `__proto__`.
const NAME = /^[A-Za-z0-9][A-Za-z0-9:._@+-]{0,127}$/;

/** The unit of sharing and isolation: `user:<id>` or a team's name. */
export const spaceIdSchema = z.string().check(z.regex(NAME)).brand<'SpaceId'>();
export type SpaceId = z.infer<typeof spaceIdSchema>;

/** One connected program. A restarted program may take its old id again. */
export const instanceIdSchema = z.string().check(z.regex(NAME)).brand<'InstanceId'>();
export type InstanceId = z.infer<typeof instanceIdSchema>;

/** Names one outbox: random, made anew whenever an outbox starts without its stored state. */
export const clientIdSchema = z.string().check(z.regex(NAME)).brand<'ClientId'>();
export type ClientId = z.infer<typeof clientIdSchema>;

export const isName = (text: string): boolean => NAME.test(text);
