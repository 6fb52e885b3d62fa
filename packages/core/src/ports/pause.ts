/** Resolves after `ms`. For whoever waits for something that nobody tells it of. */
export type Pause = (ms: number) => Promise<void>;
