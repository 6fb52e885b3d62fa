import { log } from './observe.ts';

/** What somebody who looks into an attack wants to find: who was refused, why, and from where. Never a token. */
export interface Refusal {
  reason: string;
  sourceIp?: string | undefined;
  space?: string;
  instanceId?: string | undefined;
  userId?: string;
}

/** One line for each refused connect. */
export const auditRefusedConnect = (refusal: Refusal): void =>
  log.info('connection refused', { audit: true, ...refusal });
