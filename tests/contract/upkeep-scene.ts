import {
  type Manifest,
  type PartitionId,
  type Ports,
  type StoragePorts,
  snapshotEntries,
} from '@mnemon/core';
import type { Entry, JsonValue } from '@mnemon/protocol';
import { openSpace, write } from '@mnemon/testing/contracts/stored-history';

export const DAY_MS = 24 * 60 * 60 * 1000;

type ScenePorts = StoragePorts & Pick<Ports, 'clock' | 'randomId'>;

/** A space of its own, and a clock that the test moves. */
export interface Scene {
  at: PartitionId;
  ports: ScenePorts;
  pass(ms: number): void;
  /** A commit: a value per key, `undefined` to delete it. */
  put(values: Record<string, JsonValue | undefined>): Promise<void>;
  /** The state, tombstones included. */
  state(): Promise<Map<string, Entry>>;
  /** The `seq` of each commit that there is. */
  seqs(): Promise<number[]>;
}

let names = 0;

export async function openScene(storage: StoragePorts): Promise<Scene> {
  let nowMs = Date.UTC(2026, 0, 1);
  const at = await openSpace(storage.log);
  const ports: ScenePorts = { ...storage, clock: { now: () => nowMs }, randomId: () => `random-${++names}` };
  return {
    at,
    ports,
    pass: (ms) => {
      nowMs += ms;
    },
    async put(values) {
      const change = { values: Object.entries(values), committedAtMs: nowMs };
      if ((await write(storage.log, at, [change])) === 'conflict') throw new Error('a conflict');
    },
    async state() {
      const limit = 100_000;
      const entries = await storage.log.entries({ ...at, afterKey: undefined, limit, withTombstones: true });
      return byKey(entries);
    },
    async seqs() {
      const commits = await storage.log.commits({ ...at, afterSeq: 0, limit: 100_000 });
      return commits.map(({ commit }) => commit.seq);
    },
  };
}

/** What a snapshot holds. */
export async function contentOf({ ports, at }: Scene, manifest: Manifest): Promise<Map<string, Entry>> {
  const all: Entry[] = [];
  for await (const entries of snapshotEntries(ports, at, manifest)) all.push(...entries);
  return byKey(all);
}

function byKey(entries: readonly Entry[]): Map<string, Entry> {
  const map = new Map(entries.map((entry) => [entry.key, entry]));
  if (map.size !== entries.length) throw new Error('a key is there twice');
  return map;
}

class Killed extends Error {
  override readonly name = 'Killed';
}

/** Ports of a process that dies at its `call`th call of one: before the call does anything, or after it has. */
export function dyingAt(ports: ScenePorts, call: number, phase: 'before' | 'after'): ScenePorts {
  let calls = 0;
  const wrap = (port: object): object =>
    new Proxy(port, {
      get(target, method) {
        const original = Reflect.get(target, method) as (...args: unknown[]) => Promise<unknown>;
        return async (...args: unknown[]) => {
          const isIt = ++calls === call;
          if (isIt && phase === 'before') throw new Killed();
          const result = await original.apply(target, args);
          if (isIt) throw new Killed();
          return result;
        };
      },
    });
  const { clock, randomId, ...storage } = ports;
  const wrapped = Object.entries(storage).map(([name, port]) => [name, wrap(port)]);
  return { ...(Object.fromEntries(wrapped) as StoragePorts), clock, randomId };
}

/**
 * Lets `use` die at each of its calls in turn, in a scene of its own each time, until one is not reached. `check` then has
 * to find the same as if nothing had happened.
 */
export async function dieEverywhere(
  makeScene: () => Promise<Scene>,
  use: (ports: ScenePorts, scene: Scene) => Promise<unknown>,
  check: (scene: Scene) => Promise<void>,
): Promise<number> {
  for (let call = 1; ; call++) {
    for (const phase of ['before', 'after'] as const) {
      const scene = await makeScene();
      const died = await use(dyingAt(scene.ports, call, phase), scene).then(
        () => false,
        (error: Error) => {
          if (error.name !== 'Killed') throw error;
          return true;
        },
      );
      if (!died) return call - 1;
      await check(scene);
    }
  }
}
