import type { SpaceId } from '@mnemon/protocol';
import type { ClientSession } from 'mongodb';
import type { Collections } from './collections.ts';

/**
 * Whether the space is reserved for this import, also when the transaction commits: who takes the space over meanwhile
 * writes the same row, and one of the two comes after the other.
 */
export async function takeImportStep(
  { spaces }: Pick<Collections, 'spaces'>,
  { space, importId }: { space: SpaceId; importId: string },
  session: ClientSession,
): Promise<boolean> {
  const own = { _id: space, importing: importId };
  const { matchedCount } = await spaces.updateOne(own, { $inc: { importSteps: 1 } }, { session });
  return matchedCount === 1;
}
