import { composeMigration } from '../compose.ts';
import { observed } from '../observe.ts';

/** Invoked by each deployment. It may run twice, and twice at once; while it has not, handlers work without new indexes. */
export const handler = observed(composeMigration());
