import * as z from 'zod/mini';
import { envelope } from '../envelope.ts';

/** Asks whether the connection still carries frames both ways; touches no store. */
export const pingSchema = envelope('ping', z.strictObject({}));
