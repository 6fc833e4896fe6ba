import type { Mark } from '../plate/mark.ts';

/** What matching needs of a pass, or of one confident read before the pass is finished. */
export interface MatchablePass {
  readonly mark: Mark;
  readonly key: string;
  /** Epoch milliseconds: an entry must not have expired when the vehicle was seen, whenever the pass arrives. */
  readonly capturedAt: number;
  /** Probability that the whole text is right, 0..1. */
  readonly confidence: number;
  /** Text as read with its confidences; empty where another system told none. */
  readonly characters: readonly { readonly char: string; readonly confidence: number }[];
  /** The reader's 2nd to 5th choice in written form (LEC-13-8447), with the probability of each. */
  readonly alternatives: readonly { readonly mark: string; readonly confidence: number }[];
  /** Seen by another system's camera; null = not said. */
  readonly vehicle: { readonly class: string | null; readonly make: string | null; readonly colour: string | null };
  readonly siteId: string | null;
  readonly direction: 'in' | 'out' | 'unknown';
}
