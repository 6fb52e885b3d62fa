import {
  cursorSchema,
  entrySchema,
  keptConflictSchema,
  keySchema,
  policiesSchema,
  retentionSchema,
  spaceIdSchema,
} from '@mnemon/protocol';
import * as z from 'zod';
import { commitSchema } from './commit-schema.ts';
import type { ConflictRecord } from './conflict.ts';

export const EXPORT_FORMAT = 1;

const hash = z.string().regex(/^[0-9a-f]{64}$/);

/** What an exported space begins with. */
const headerSchema = z.strictObject({
  type: z.literal('space'),
  format: z.literal(EXPORT_FORMAT),
  space: spaceIdSchema,
  /** Where its log ends, and the hash of its newest commit. */
  cursor: cursorSchema,
  hash,
  /** Where its log begins: the state at that commit comes first, then the commits that follow it. */
  floor: z.strictObject({ seq: z.int().min(0), hash }),
  epochAtFloor: z.string(),
  retention: z.optional(retentionSchema),
  policies: policiesSchema,
});
export type ExportHeader = z.infer<typeof headerSchema>;

/** What it ends with: how many lines come before, and their SHA-256, line breaks included. */
const endSchema = z.strictObject({ type: z.literal('end'), lines: z.int().min(1), sha256: hash });

/** A line of an exported space: NDJSON. */
const lineSchema = z.discriminatedUnion('type', [
  headerSchema,
  z.strictObject({ type: z.literal('entry'), entry: entrySchema }),
  z.strictObject({ type: z.literal('commit'), hash, commit: commitSchema }),
  // Before the first line that names it by its hash.
  z.strictObject({ type: z.literal('value'), key: keySchema, value: z.json() }),
  // After the log, the oldest first.
  z.strictObject({ type: z.literal('conflict'), conflict: z.custom<ConflictRecord>(isRecord) }),
  endSchema,
]);
type ExportLine = z.infer<typeof lineSchema>;

function isRecord(conflict: unknown): boolean {
  if (!keptConflictSchema.safeParse(conflict).success) return false;
  const { id, partition, seq, index } = conflict as ConflictRecord;
  return id === `${partition}.${seq}.${index}` && /^0\.\d{1,16}\.\d{1,3}$/.test(id);
}

/** `undefined` for what is no such line. The line as it was parsed, not what the schema made of it: every field is kept. */
export function parseExportLine(text: string): ExportLine | undefined {
  try {
    const line: unknown = JSON.parse(text);
    return lineSchema.safeParse(line).success ? (line as ExportLine) : undefined;
  } catch {
    return undefined;
  }
}
