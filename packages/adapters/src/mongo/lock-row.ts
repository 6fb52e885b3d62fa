import type { FreedLock, LockId, LockWaiter } from '@mnemon/core';
import { LIMITS } from '@mnemon/protocol';
import * as z from 'zod';

/** A lock as it is kept; without a holder it is free, and only its token counts. Times are the database's. */
export interface LockRow {
  /** `<space>/<name>`: no space's id has a slash. */
  _id: string;
  space: string;
  name: string;
  token: number;
  /** When the last lease ends, or ended. A day later the row goes. */
  until: Date;
  /** When the lock was last asked for. */
  askedAt: Date;
  holder?: { instanceId: string; connectionId: string; attempt: string } | undefined;
  waiters: (LockWaiter & { until: Date })[];
  /** The commit that was last made under this lock: writing it is what collides with a new holder (I7). */
  guarded?: number;
}

export const lockRowId = ({ space, name }: LockId): string => `${space}/${name}`;

export const freeLockRow = (lock: LockId): LockRow => ({
  _id: lockRowId(lock),
  ...lock,
  token: 0,
  until: new Date(0),
  askedAt: new Date(0),
  waiters: [],
});

/** To the database these are strings, whatever dollar signs they have. */
const literal = (value: unknown) => ({ $literal: value });

const after = (ms: number) => ({ $add: ['$$NOW', ms] });

/** Greater than all that the lock was given, also by rows that are gone, and by those that a restored backup lacks (I7). */
const NEXT_TOKEN = { $max: [{ $add: ['$token', 1] }, { $toLong: '$$NOW' }] };

/** One step that grants the lock, or notes who waits for it. */
export function acquiring(
  by: { instanceId: string; connectionId: string; attempt: string },
  times: { leaseMs: number; waitMs: number },
) {
  const isFree = { $lte: ['$until', '$$NOW'] };
  const isOwn = {
    $and: [
      { $gt: ['$until', '$$NOW'] },
      { $eq: ['$holder.attempt', literal(by.attempt)] },
      { $eq: ['$holder.instanceId', literal(by.instanceId)] },
    ],
  };
  const others = {
    $filter: {
      input: '$waiters',
      cond: {
        $and: [{ $gt: ['$$this.until', '$$NOW'] }, { $ne: ['$$this.attempt', literal(by.attempt)] }],
      },
    },
  };
  const waiter = {
    connectionId: literal(by.connectionId),
    attempt: literal(by.attempt),
    until: after(times.waitMs),
  };
  const waiting = { $slice: [{ $concatArrays: [others, [waiter]] }, -LIMITS.lockWaiters] };
  const isGranted = { $or: ['$isOwn', '$isFree'] };
  const whenGranted = (granted: unknown, else_: unknown) => ({ $cond: [isGranted, granted, else_] });
  return [
    { $set: { isOwn, isFree } },
    {
      $set: {
        token: { $cond: ['$isFree', NEXT_TOKEN, '$token'] },
        holder: whenGranted(literal(by), '$holder'),
        until: whenGranted(after(times.leaseMs), '$until'),
        waiters: whenGranted(others, times.waitMs > 0 ? waiting : others),
        askedAt: '$$NOW',
      },
    },
    { $unset: ['isOwn', 'isFree'] },
  ];
}

/** One step that makes the lease longer, while it lasts. */
export const renewing = (connectionId: string, leaseMs: number) => {
  const isHeld = { $gt: ['$until', '$$NOW'] };
  return [
    {
      $set: {
        until: { $cond: [isHeld, after(leaseMs), '$until'] },
        'holder.connectionId': literal(connectionId),
        askedAt: '$$NOW',
      },
    },
  ];
};

const rowSchema = z.object({
  name: z.string(),
  token: z.int(),
  until: z.date(),
  askedAt: z.date(),
  holder: z.object({ instanceId: z.string(), attempt: z.string() }).optional(),
  waiters: z.array(z.object({ connectionId: z.string(), attempt: z.string(), until: z.date() })),
});

/** The lock as it was right after it was asked for. */
export function readAsked(row: unknown) {
  const { token, until, askedAt, holder } = rowSchema.parse(row);
  return { token, holder, leaseLeftMs: until.getTime() - askedAt.getTime() };
}

/** The lock that was given back, and who waited for it. */
export function readFreed(row: unknown, nowMs: number): FreedLock {
  const { name, waiters } = rowSchema.parse(row);
  const waiting = waiters.filter(({ until }) => until.getTime() > nowMs);
  return { name, waiters: waiting.map(({ connectionId, attempt }) => ({ connectionId, attempt })) };
}

const tokenRowSchema = z.object({ name: z.string(), token: z.int() });
export const readToken = (row: unknown): readonly [name: string, token: number] => {
  const { name, token } = tokenRowSchema.parse(row);
  return [name, token];
};
