import type { Parcel } from '../domain/parcel.ts';

/**
 * Hands posts to functions that make them beside this call, and at once. At least once, or never when such a function dies:
 * readers notice (I4).
 */
export interface Relay {
  /** As many posts as one function makes in good time; where there are more, they go through the relay. */
  readonly postsEach: number;

  /** Resolves once the parcel was taken over. Throws `Unavailable`; whether it was is then not known. */
  hand(parcel: Parcel): Promise<void>;
}
