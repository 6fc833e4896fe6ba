import { shapeOf } from './plate-layout.ts';

/** What the shape of a text takes from the belief that it is the whole mark: letters or digits alone are one row of two, more often than not. */
export function doubtOfShape(text: string): number {
  const shape = shapeOf(text);
  return shape >= 0.9 ? 1 : shape >= 0.6 ? 0.75 : 0.35;
}

/**
 * Belief (product over the characters, times doubts) to the probability that the whole text is right: p = 1 / (1 + exp(-(a logit(belief) + b))).
 * Increasing, so it changes no choice. docs/accuracy.md says on what `a` and `b` were fitted.
 */
const a = 1.2, b = 0.1;

export function calibrated(belief: number): number {
  const p = Math.min(0.999, Math.max(1e-4, belief));
  return 1 / (1 + Math.exp(-(a * Math.log(p / (1 - p)) + b)));
}
