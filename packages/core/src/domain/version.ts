import type {
  HybridTime,
  InstanceId,
  JsonValue,
  LargeValue,
  Metadata,
  Sibling,
  VectorClock,
} from '@mnemon/protocol';
import type { StoredOp } from './stored-op.ts';

/** What a strategy sees of one version of a key; without `value` it is a deletion. Every entry and event is one. */
export interface Version extends Metadata {
  value?: JsonValue | undefined;
  /** Then `value` is null. */
  large?: LargeValue | undefined;
  hlc: HybridTime;
  author: InstanceId;
  clock: VectorClock;
  expiresAtMs?: number | undefined;
  siblings?: Sibling[] | undefined;
  /** Of the strategy that made it; see `Merging`. */
  merging?: unknown;
}

/** What an operation makes of its key, if nothing else is there. */
export function versionOf(
  op: Extract<StoredOp, { op: 'put' | 'delete' }>,
  identity: Pick<Version, 'hlc' | 'author' | 'clock'>,
  expiresAtMs: number | undefined,
): Version {
  if (op.op === 'delete') return { ...identity, ...pick(op, ['importance']) };
  const lifetime = expiresAtMs === undefined ? {} : { expiresAtMs };
  return { ...identity, ...pick(op, [...METADATA, 'large']), value: op.value, ...lifetime };
}

const METADATA = ['tags', 'importance', 'entities', 'relationships'] as const;
const CONTENT = ['value', 'large', ...METADATA, 'expiresAtMs', 'siblings', 'merging'] as const;
const VERSION = [...CONTENT, 'hlc', 'author', 'clock'] as const;

/** The version that an entry is, without what only the entry has. */
export const asVersion = (entry: Version): Version => pick(entry, VERSION);

/** All of a version but its identity. */
export const contentOf = (version: Version) => pick(version, CONTENT);

/** The fields of those names that there are: a field without a value has no canonical text. */
function pick<Source extends object, Field extends keyof Source>(
  from: Source,
  fields: readonly Field[],
): Pick<Source, Field> {
  const picked: Partial<Pick<Source, Field>> = {};
  for (const field of fields) if (from[field] !== undefined) picked[field] = from[field];
  return picked as Pick<Source, Field>;
}
