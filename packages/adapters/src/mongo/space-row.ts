import type { PartitionId } from '@mnemon/core';
import { type Policy, policiesSchema, type Retention, retentionSchema, type SpaceId } from '@mnemon/protocol';
import type { Collection } from 'mongodb';
import * as z from 'zod';

/** Leases by the name of their partition; their time is the database's. */
export interface SpaceRow {
  _id: string;
  /** Left out while an import fills the space: then it is not open. */
  epoch?: string;
  importing?: string;
  /** How often a step of clearing or filling it was taken, so that each writes this row. */
  importSteps?: number;
  /** As text, because patterns may look like operators. */
  policies?: string;
  leases: Record<string, { holder: string; until: Date }>;
  /** By the name of their partition: the newest commit that compaction may have taken; left out while that is none. */
  floors?: Record<string, number>;
  retention?: Retention;
  upkeptAtMs?: number;
  lastTaskIndex?: number;
}

/** Not a bare number: in a path that could also mean a place in an array. */
const partitionName = ({ partition }: Pick<PartitionId, 'partition'>): string => `p${partition}`;
export const leasePath = (at: Pick<PartitionId, 'partition'>): string => `leases.${partitionName(at)}`;
export const floorPath = (at: Pick<PartitionId, 'partition'>): string => `floors.${partitionName(at)}`;

const floorsSchema = z.object({ floors: z.record(z.string(), z.int()).optional() });

export const readFloor = (row: unknown, at: Pick<PartitionId, 'partition'>): number =>
  floorsSchema.parse(row ?? {}).floors?.[partitionName(at)] ?? 0;

/** Which rows are those of spaces that anybody may read and write. */
export const IS_OPEN = { importing: { $exists: false } };

const retentionRowSchema = z.object({ retention: z.optional(retentionSchema) });

export const readRetention = (row: unknown): Retention | undefined =>
  retentionRowSchema.parse(row ?? {}).retention;

export const spaceRowSchema = z.object({ epoch: z.string() });
export const leasedSpaceRowSchema = z.object({ epoch: z.string(), leased: z.boolean() });

const policiesRowSchema = z.object({ policies: z.string().optional() });

export function readPolicies(row: unknown): readonly Policy[] {
  const { policies } = policiesRowSchema.parse(row);
  return policies === undefined ? [] : policiesSchema.parse(JSON.parse(policies));
}

/** Tasks are counted; `undefined` when the space has not been opened. */
export async function nextTaskIndex(
  spaces: Collection<SpaceRow>,
  space: SpaceId,
): Promise<number | undefined> {
  const row = await spaces.findOneAndUpdate(
    { _id: space, ...IS_OPEN },
    { $inc: { lastTaskIndex: 1 } },
    { returnDocument: 'after', projection: { lastTaskIndex: 1 } },
  );
  return row === null ? undefined : z.int().parse(row.lastTaskIndex);
}
