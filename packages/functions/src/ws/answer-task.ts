import {
  type Answered,
  type Caller,
  claimTask,
  countTasks,
  endTask,
  enqueueTask,
  extendTask,
  getTask,
  listTasks,
  type Ports,
} from '@mnemon/core';
import type { TaskAnswer, TaskRequest } from '@mnemon/protocol';

/** Answers what is asked of the queue. */
export function answerTask(ports: Ports, caller: Caller, asked: TaskRequest): Promise<Answered<TaskAnswer>> {
  switch (asked.do) {
    case 'enqueue':
      return enqueueTask(ports, caller, asked);
    case 'claim':
      return claimTask(ports, caller, asked);
    case 'extend':
      return extendTask(ports, caller, asked);
    case 'complete':
    case 'fail':
      return endTask(ports, caller, asked);
    case 'get':
      return getTask(ports, caller, asked);
    case 'list':
      return listTasks(ports, caller, asked);
    case 'count':
      return countTasks(ports, caller);
  }
}
