import type { Parcel } from '../domain/parcel.ts';
import type { Ports } from '../ports/ports.ts';
import { forget } from './disconnect.ts';

/** Makes the posts of a parcel and forgets who is gone. May run twice: what arrives again does no harm (I10). */
export async function postParcel(
  ports: Ports,
  { space, committedAtMs, views, posts }: Parcel,
): Promise<void> {
  const nowMs = ports.clock.now();
  const valid = posts.filter(({ untilMs }) => untilMs > nowMs); // I8
  const results = await ports.fanout.post(
    valid.map(({ connectionId, view }) => ({ connectionId, frames: views[view] ?? [] })),
  );
  ports.onPropagated?.(ports.clock.now() - committedAtMs);
  const gone = new Set(
    valid.filter((_, index) => results[index] === 'gone').map(({ connectionId }) => connectionId),
  );
  if (gone.size === 0) return;
  const rows = await ports.connections.list(space, nowMs);
  const over = rows.filter(({ connectionId }) => gone.has(connectionId));
  await Promise.all(over.map((connection) => forget(ports, connection)));
}
