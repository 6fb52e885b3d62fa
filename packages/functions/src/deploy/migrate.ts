import { composeMigration } from '../compose.ts';

const migrate = composeMigration();

/** Invoked by each deployment. It may run twice, and twice at once; while it has not, handlers work without new indexes. */
export async function handler(): Promise<{ from: number; to: number }> {
  return migrate();
}
