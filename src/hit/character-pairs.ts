import type { ConfusionCount } from '../list/confusions.ts';

/**
 * Which character was read where another (or the same) stands, counted, from a mark as read and as it is on the plate. Only where both have as
 * many characters: which of them was missed or added cannot be told, and a wrong alignment would teach nonsense. Sorted by pair.
 */
export function characterPairs(read: string, truth: string): ConfusionCount[] {
  const [left, right] = [charactersOf(read), charactersOf(truth)], counts = new Map<string, number>();
  if (left.length !== right.length) return [];
  left.forEach((char, i) => {
    const pair = char + String(right[i]);
    counts.set(pair, (counts.get(pair) ?? 0) + 1);
  });
  return [...counts].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([pair, count]) => ({ read: pair.charAt(0), truth: pair.charAt(1), count }));
}

/** Letters and digits; hyphens and spaces are how a mark is written, not what stands on the plate. */
function charactersOf(text: string): string[] {
  return [...text.toUpperCase()].filter((char) => /[A-Z0-9]/.test(char));
}
