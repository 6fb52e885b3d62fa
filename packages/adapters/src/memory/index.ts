export { type EmbeddedStore, type EmbeddedStoreOptions, embeddedStore } from './embedded-store.ts';
export { type MemoryConnectionsOptions, memoryConnections } from './memory-connections.ts';
export { type CommitListener, type MemoryEventBus, memoryEventBus } from './memory-event-bus.ts';
export { type MemoryFanout, memoryFanout, type Recipient } from './memory-fanout.ts';
export { memoryRateLimits } from './memory-rate-limits.ts';
export { memoryTickets } from './memory-tickets.ts';
