/** The part of a clock that a network needs. */
interface NetworkClock {
  setTimeout(callback: () => void, delayMs: number): unknown;
}

/** What may happen to each frame, in either direction. Rates are probabilities. */
export interface Faults {
  readonly dropRate: number;
  readonly duplicateRate: number;
  /** That a frame cuts its connection instead of arriving; both sides notice later. */
  readonly cutRate: number;
  /** Each frame takes a delay of its own, so that a wide range reorders. */
  readonly minDelayMs: number;
  readonly maxDelayMs: number;
}

export const NO_FAULTS: Faults = { dropRate: 0, duplicateRate: 0, cutRate: 0, minDelayMs: 1, maxDelayMs: 1 };

interface Request {
  readonly url: string;
  readonly token?: string;
}

interface ClientEvents {
  opened(): void;
  received(text: string): void;
  ended(end: { httpStatus?: number; closeCode?: number; cause?: unknown }): void;
}

/** The server's end of a connection. */
export interface ServerSocket {
  readonly url: URL;
  readonly token: string | undefined;
  send(text: string): void;
  close(closeCode?: number): void;
}

/** What a server makes of a connection; an HTTP status refuses it. */
export type Accept = (
  socket: ServerSocket,
) => { received(text: string): void; ended(): void } | { httpStatus: number };

/** A network in one process that loses, repeats, delays and reorders frames and cuts connections, as the seed wants. */
export interface FaultyNetwork {
  /** The client's way in. */
  openSocket(request: Request, events: ClientEvents): { send(text: string): void; close(): Promise<void> };
  setFaults(faults: Partial<Faults>): void;
  /** Cuts every connection; both sides notice after the usual delay. */
  cutAll(): void;
  readonly openCount: number;
}

export interface FaultyNetworkOptions {
  readonly clock: NetworkClock;
  readonly random: () => number;
  readonly accept: Accept;
}

interface Link {
  cut(closeCode?: number): void;
}

/** A network without faults, until some are set. */
export function createFaultyNetwork({ clock, random, accept }: FaultyNetworkOptions): FaultyNetwork {
  const links = new Set<Link>();
  let faults = NO_FAULTS;

  const later = (act: () => void): unknown =>
    clock.setTimeout(act, faults.minDelayMs + random() * (faults.maxDelayMs - faults.minDelayMs));

  /** Carries one frame, or doesn't. */
  function carry(link: Link, arrive: () => void): void {
    if (random() < faults.cutRate) {
      link.cut();
      return;
    }
    if (random() >= faults.dropRate) later(arrive);
    if (random() < faults.duplicateRate) later(arrive);
  }

  function openSocket({ url, token }: Request, events: ClientEvents) {
    let clientIsOpen = true;
    let server: ReturnType<Accept> | undefined;
    const link: Link = {
      cut(closeCode) {
        links.delete(link);
        later(() => endClient(closeCode === undefined ? {} : { closeCode }));
        later(endServer);
      },
    };
    const socket: ServerSocket = {
      url: new URL(url),
      token,
      send: (text) => links.has(link) && carry(link, () => clientIsOpen && events.received(text)),
      close: link.cut,
    };

    function open(): void {
      if (!clientIsOpen) return;
      server = accept(socket);
      if ('httpStatus' in server) endClient(server);
      else {
        links.add(link);
        events.opened();
      }
    }

    function endClient(end: { httpStatus?: number; closeCode?: number } = {}): void {
      links.delete(link);
      if (!clientIsOpen) return;
      clientIsOpen = false;
      events.ended(end);
    }

    function endServer(): void {
      const ended = server;
      server = undefined;
      if (ended && 'ended' in ended) ended.ended();
    }

    later(open);
    return {
      send(text: string) {
        if (!links.has(link)) return;
        carry(link, () => server && 'received' in server && server.received(text));
      },
      async close() {
        links.delete(link);
        later(endServer);
        endClient();
      },
    };
  }

  return {
    openSocket,
    setFaults: (some) => {
      faults = { ...faults, ...some };
    },
    cutAll: () => {
      for (const link of [...links]) link.cut();
    },
    get openCount() {
      return links.size;
    },
  };
}
