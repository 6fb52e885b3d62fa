/** A bare `*` matches any one symbol; where it is the run, any number of them. */
const ANY = '*';

/**
 * Items under sequences of symbols, one of which, the run, stands for any number of symbols. A lookup follows at once all
 * that may still match: its time is at most the sequence's length times the number of beginnings that match so far.
 */
export interface RunTrie<Item> {
  readonly isEmpty: boolean;
  add(sequence: readonly string[], item: Item): void;
  /** What no item is under any more takes no room. */
  remove(sequence: readonly string[], item: Item): void;
  find(sequence: readonly string[]): Item[];
}

interface Node<Item> {
  readonly items: Set<Item>;
  readonly next: Map<string, Node<Item>>;
  /** Follows a run, which swallows whatever comes. */
  readonly isRun: boolean;
  /** Of `next`, what is under a bare `*` and under the run: every lookup asks. */
  any: Node<Item> | undefined;
  run: Node<Item> | undefined;
  /** The symbols of `next` that match more than themselves. */
  globs: RunTrie<string> | undefined;
  /** The step that reached it last. */
  reachedIn: number;
}

/** `isGlob` tells symbols that are themselves sequences of characters, with `*` as their run. */
export function createRunTrie<Item>(run: string, isGlob?: (symbol: string) => boolean): RunTrie<Item> {
  const root = createNode<Item>(false);
  let lastStep = 0;

  function grow(node: Node<Item>, symbol: string): Node<Item> {
    const grown = createNode<Item>(symbol === run);
    put(node, symbol, grown);
    if (isGlob?.(symbol)) {
      node.globs ??= createRunTrie('*');
      node.globs.add([...symbol], symbol);
    }
    return grown;
  }

  function put(node: Node<Item>, symbol: string, child: Node<Item> | undefined): void {
    if (child) node.next.set(symbol, child);
    else node.next.delete(symbol);
    if (symbol === ANY) node.any = child;
    if (symbol === run) node.run = child;
  }

  function removeFrom(node: Node<Item>, sequence: readonly string[], at: number, item: Item): void {
    const symbol = sequence[at];
    if (symbol === undefined) {
      node.items.delete(item);
      return;
    }
    const child = node.next.get(symbol);
    if (!child) return;
    removeFrom(child, sequence, at + 1, item);
    if (child.items.size > 0 || child.next.size > 0) return;
    put(node, symbol, undefined);
    if (isGlob?.(symbol)) node.globs?.remove([...symbol], symbol);
  }

  /** A run may stand for nothing: who reaches a node reaches what follows its run. */
  function reach(reached: Node<Item>[], from: Node<Item> | undefined): void {
    for (let node = from; node && node.reachedIn !== lastStep; node = node.run) {
      node.reachedIn = lastStep;
      reached.push(node);
    }
  }

  /** All that one more symbol leads to. (A symbol that looks like a wildcard is among what that wildcard matches.) */
  function step(nodes: readonly Node<Item>[], symbol: string): Node<Item>[] {
    lastStep++;
    const reached: Node<Item>[] = [];
    for (const node of nodes) {
      if (node.isRun) reach(reached, node);
      reach(reached, node.next.get(symbol));
      reach(reached, node.any);
      if (!node.globs) continue;
      for (const glob of node.globs.find([...symbol])) reach(reached, node.next.get(glob));
    }
    return reached;
  }

  return {
    get isEmpty() {
      return root.next.size === 0;
    },
    add(sequence, item) {
      let node = root;
      for (const symbol of sequence) node = node.next.get(symbol) ?? grow(node, symbol);
      node.items.add(item);
    },
    remove: (sequence, item) => removeFrom(root, sequence, 0, item),
    find(sequence) {
      lastStep++;
      let nodes: Node<Item>[] = [];
      reach(nodes, root);
      for (const symbol of sequence) {
        nodes = step(nodes, symbol);
        if (nodes.length === 0) return [];
      }
      const found: Item[] = [];
      for (const { items } of nodes) for (const item of items) found.push(item);
      return found;
    },
  };
}

const createNode = <Item>(isRun: boolean): Node<Item> => ({
  items: new Set(),
  next: new Map(),
  any: undefined,
  run: undefined,
  isRun,
  globs: undefined,
  reachedIn: 0,
});
