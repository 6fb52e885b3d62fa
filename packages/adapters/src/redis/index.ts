export { eventChannel, noticeChannel } from './event-channel.ts';
export { type UpstashEventBusOptions, upstashEventBus } from './upstash-event-bus.ts';
export { type UpstashRateLimitsOptions, upstashRateLimits } from './upstash-rate-limits.ts';
