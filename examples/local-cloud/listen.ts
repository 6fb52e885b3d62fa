import type { MemorySyncManager, SyncSubscribeOptions } from '@mnemon/client';

/** Subscribes, and resolves when from now on no change is missed. */
export async function listen(
  manager: MemorySyncManager,
  pattern: string,
  onChange: NonNullable<SyncSubscribeOptions['onChange']>,
): Promise<void> {
  const id = manager.subscribe(pattern, { onChange });
  await new Promise<void>((resolve) => {
    manager.on('subscribed', (subscription) => subscription.id === id && resolve());
  });
}
