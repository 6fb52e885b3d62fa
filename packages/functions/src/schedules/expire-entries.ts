import { expireEntries } from '@mnemon/core';
import { compose } from '../compose.ts';
import { observed } from '../observe.ts';

const { ports } = await compose();

/** Every minute. One that fails is tried again by the scheduler, and what it left is due the next time, too. */
export const handler = observed(async () => ({ expired: await expireEntries(ports) }));
