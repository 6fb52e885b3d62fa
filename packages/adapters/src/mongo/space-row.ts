import type { PartitionId } from '@mnemon/core';
import * as z from 'zod';

/** Leases by the name of their partition; their time is the database's. */
export interface SpaceRow {
  _id: string;
  epoch: string;
  leases: Record<string, { holder: string; until: Date }>;
}

/** Not a bare number: in a path that could also mean a place in an array. */
export const leasePath = ({ partition }: Pick<PartitionId, 'partition'>): string => `leases.p${partition}`;

export const spaceRowSchema = z.object({ epoch: z.string() });
export const leasedSpaceRowSchema = z.object({ epoch: z.string(), leased: z.boolean() });
