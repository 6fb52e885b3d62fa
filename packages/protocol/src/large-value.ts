import * as z from 'zod/mini';

/** What is said of a value that no frame could carry. It is kept beside the log and read over HTTP. */
export const largeValueSchema = z.object({
  /** Of its canonical JSON text (RFC 8785), in UTF-8. */
  sizeBytes: z.int(),
  /** SHA-256 of that text, in hex. */
  hash: z.string(),
});
export type LargeValue = z.infer<typeof largeValueSchema>;
