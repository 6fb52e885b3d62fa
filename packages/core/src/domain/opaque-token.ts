import type { z } from 'zod';

/** Text that only this service reads, in which an answer remembers where it ended. It grants nothing. */
export interface OpaqueToken<Content> {
  encode(content: Content): string;
  /** `undefined` for what was not made by `encode`. */
  decode(token: string): Content | undefined;
}

export const opaqueToken = <Schema extends z.ZodType>(schema: Schema): OpaqueToken<z.infer<Schema>> => ({
  encode: (content) => Buffer.from(JSON.stringify(content)).toString('base64url'),
  decode: (token) => {
    try {
      const parsed = schema.safeParse(JSON.parse(Buffer.from(token, 'base64url').toString('utf8')));
      return parsed.success ? parsed.data : undefined;
    } catch {
      return undefined;
    }
  },
});
