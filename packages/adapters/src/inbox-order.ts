import type { MutationId } from '@mnemon/core';

/** `rows`, in arrival order, with each client's batches in the order of `n` in the places that they take together. */
export function inOrder<Row extends MutationId>(rows: readonly Row[]): Row[] {
  const waiting = new Map<string, Row[]>();
  for (const row of rows) {
    const ofClient = waiting.get(row.client);
    if (ofClient) ofClient.push(row);
    else waiting.set(row.client, [row]);
  }
  for (const ofClient of waiting.values()) ofClient.sort((a, b) => b.n - a.n);
  return rows.map(({ client }) => waiting.get(client)?.pop() as Row);
}
