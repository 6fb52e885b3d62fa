export { eventChannel } from './event-channel.ts';
export { type UpstashEventBusOptions, upstashEventBus } from './upstash-event-bus.ts';
