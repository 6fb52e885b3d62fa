export function markUsed(folder: string): Promise<void>;
export function removeUnused(dist: string): Promise<void>;
