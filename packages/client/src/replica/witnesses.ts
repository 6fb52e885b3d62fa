/** Whoever keeps what `peek` answered. */
export interface Witness {
  /** An own write lies over what is known of `key`. */
  written(key: string): void;
  /** There is another version of `key`: what was told of it before is old. */
  changed(key: string): void;
  /** What is known of any key may be something else: the connection went or came, or other topics are followed. */
  unsettled(): void;
  /** The log is another one: what the server said before tells nothing about it. */
  forget(): void;
}

export interface Witnesses extends Witness {
  /** Answers the way out. */
  add(witness: Witness): () => void;
}

/** All of them as one. They are part of the client, and don't throw. */
export function createWitnesses(): Witnesses {
  const witnesses = new Set<Witness>();
  return {
    add(witness) {
      witnesses.add(witness);
      return () => void witnesses.delete(witness);
    },
    written(key) {
      for (const each of witnesses) each.written(key);
    },
    changed(key) {
      for (const each of witnesses) each.changed(key);
    },
    unsettled() {
      for (const each of witnesses) each.unsettled();
    },
    forget() {
      for (const each of witnesses) each.forget();
    },
  };
}
