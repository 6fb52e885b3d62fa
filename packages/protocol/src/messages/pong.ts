import * as z from 'zod/mini';
import { envelope } from '../envelope.ts';

/** Answers `ping`; the envelope's `timestamp` is the server's clock. */
export const pongSchema = envelope('pong', z.object({}));
