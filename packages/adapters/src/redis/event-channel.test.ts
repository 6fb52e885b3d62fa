import type { EventType, InstanceId, MemoryEvent, SpaceId } from '@mnemon/protocol';
import { expect, test } from 'vitest';
import { eventChannel, noticeChannel } from './event-channel.ts';

const channel = (...types: EventType[]) =>
  eventChannel('mnemon', {
    space: 'user:ada@example.com' as SpaceId,
    events: types.map((type) => ({ type }) as MemoryEvent),
  });

test.each<[EventType[], string]>([
  [['created'], 'mnemon:user:ada@example.com:event:created'],
  [['deleted', 'deleted', 'deleted'], 'mnemon:user:ada@example.com:event:deleted'],
  [['created', 'updated'], 'mnemon:user:ada@example.com:event:mixed'],
  [['updated', 'merged', 'updated'], 'mnemon:user:ada@example.com:event:mixed'],
  [[], 'mnemon:user:ada@example.com:event:mixed'],
])('%j goes to %s', (types, expected) => {
  expect(channel(...types)).toBe(expected);
});

test('notices go beside commits, those of no space too', () => {
  const who = { space: 'team:a' as SpaceId, instanceId: 'ann' as InstanceId, userId: 'ann' };
  const gone = { type: 'instance-gone', ...who, lastSeenAtMs: 0 } as const;
  expect(noticeChannel('mnemon', gone)).toBe('mnemon:team:a:notice:instance-gone');
  expect(noticeChannel('mnemon', { type: 'health', atMs: 0, backends: {} })).toBe('mnemon:notice:health');
});
