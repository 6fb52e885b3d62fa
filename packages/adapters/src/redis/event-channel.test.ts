import type { EventType, MemoryEvent, SpaceId } from '@mnemon/protocol';
import { expect, test } from 'vitest';
import { eventChannel } from './event-channel.ts';

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
