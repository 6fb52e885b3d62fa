import { type CleanedUp, cleanUp } from '@mnemon/core';
import { composeCleanUp } from '../compose.ts';

const { ports, tickets } = await composeCleanUp();

/** Every hour. What it did not get to is as old the next time, too. */
export const handler = (): Promise<CleanedUp> => cleanUp({ ...ports, tickets });
