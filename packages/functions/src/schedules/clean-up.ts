import { cleanUp } from '@mnemon/core';
import { composeCleanUp } from '../compose.ts';
import { observed } from '../observe.ts';

const { ports, tickets } = await composeCleanUp();

/** Every hour. What it did not get to is as old the next time, too. */
export const handler = observed(() => cleanUp({ ...ports, tickets }));
