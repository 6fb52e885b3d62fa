/**
 * What readers get of an entry or event: all but what its strategy remembers to merge it, which only the server needs. A
 * client that writes or resends says what it has seen, and never gives it back.
 */
export function shown<Kept extends { merging?: unknown }>(kept: Kept): Omit<Kept, 'merging'> {
  if (kept.merging === undefined) return kept;
  const { merging: _, ...rest } = kept;
  return rest;
}
