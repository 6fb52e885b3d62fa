import { type Answered, acquireLock, type Caller, type Ports, releaseLock, renewLock } from '@mnemon/core';
import type { LockAnswer, LockRequest } from '@mnemon/protocol';

/** Answers what is asked of a lock. */
export function answerLock(ports: Ports, caller: Caller, asked: LockRequest): Promise<Answered<LockAnswer>> {
  switch (asked.do) {
    case 'acquire':
      return acquireLock(ports, caller, asked);
    case 'renew':
      return renewLock(ports, caller, asked);
    case 'release':
      return releaseLock(ports, caller, asked);
  }
}
