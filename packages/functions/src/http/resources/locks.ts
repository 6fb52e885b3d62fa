import { acquireLock, releaseLock, renewLock } from '@mnemon/core';
import { acquireSchema, lockAnswerPayloadSchema, releaseSchema, renewSchema } from '@mnemon/protocol';
import type { HttpApp } from '../../compose.ts';
import { type Api, addRoute, jsonOf, respond } from '../api.ts';
import { documented } from '../documented.ts';
import { bodyDoing } from '../request-body.ts';

/** Locks, for holders without a connection: nobody notices their end but the lease, and nobody can tell them to ask again. */
export function addLocks(api: Api, { ports }: HttpApp): void {
  const route = { method: 'post' as const, tags: ['locks'] };
  const answer = documented(lockAnswerPayloadSchema, 'LockAnswer');
  addRoute(
    api,
    {
      ...route,
      path: '/locks/acquire',
      summary:
        'Takes a lock, unless another call has it. Asked again under the same `attempt`, it answers the same',
      request: { body: bodyDoing(acquireSchema, 'acquire', { without: ['waitMs'] }) },
      responses: { 200: jsonOf('`granted` with its fencing token, or `held`.', answer) },
    },
    async (c) => respond(c, await acquireLock(ports, c.get('identity'), c.req.valid('json'))),
  );

  addRoute(
    api,
    {
      ...route,
      path: '/locks/renew',
      summary: 'Makes the lease of a lock longer, while it lasts',
      request: { body: bodyDoing(renewSchema, 'renew') },
      responses: { 200: jsonOf('`renewed`, or `lost`.', answer) },
    },
    async (c) => respond(c, await renewLock(ports, c.get('identity'), c.req.valid('json'))),
  );

  addRoute(
    api,
    {
      ...route,
      path: '/locks/release',
      summary: 'Gives a lock back, and tells who waits for it',
      request: { body: bodyDoing(releaseSchema, 'release') },
      responses: { 200: jsonOf('`released`, or `lost`: then nothing happened.', answer) },
    },
    async (c) => respond(c, await releaseLock(ports, c.get('identity'), c.req.valid('json'))),
  );
}
