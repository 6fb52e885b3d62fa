import type { JsonValue } from '@mnemon/protocol';
import { PATHS } from './keys.ts';
import type { ManagerCore } from './manager-core.ts';

/** An agent that works on a task, and what it has said. */
export interface TaskAgent {
  readonly agentId: string;
  readonly data: JsonValue;
}

/** What the agents of a task tell each other. */
export interface AgentMemory {
  syncCoordination(taskId: string, agentId: string, data: JsonValue): Promise<void>;
  getCoordination(taskId: string, agentId: string): Promise<JsonValue | null>;
  /** By their ids. */
  agentsOf(taskId: string): Promise<TaskAgent[]>;
}

export function createAgentMemory(core: ManagerCore): AgentMemory {
  return {
    async syncCoordination(taskId, agentId, data) {
      await core.write(PATHS.taskAgent(taskId, agentId), data);
      core.tell('agent-coordinated', { taskId, agentId, data });
    },
    getCoordination: (taskId, agentId) => core.read(PATHS.taskAgent(taskId, agentId)),
    async agentsOf(taskId) {
      const path = PATHS.taskAgents(taskId);
      const prefix = `${core.within(undefined).key(path)}/`;
      const found = await core.find(`${path}/*`);
      return found
        .filter(({ key }) => key.startsWith(prefix)) // an id may hold a `*`
        .map(({ key, value }) => ({ agentId: key.slice(prefix.length), data: value }));
    },
  };
}
