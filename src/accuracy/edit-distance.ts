/** One place of two texts laid against each other; null where the other text has a character more. */
export interface AlignedCharacter { readonly truth: string | null; readonly read: string | null }

/**
 * Lays `read` against `truth` with the fewest characters changed, missing or added. Of several such ways the one is taken that changes
 * characters rather than taking one out and putting one in.
 */
export function align(truth: string, read: string): AlignedCharacter[] {
  const cost = costs(truth, read), steps: AlignedCharacter[] = [];
  let i = truth.length, j = read.length;
  while (i > 0 || j > 0) {
    const here = cost[i]?.[j] ?? 0, t = truth[i - 1] ?? null, r = read[j - 1] ?? null;
    if (t !== null && r !== null && here === (cost[i - 1]?.[j - 1] ?? 0) + Number(t !== r)) {
      steps.push({ truth: t, read: r });
      i--;
      j--;
    } else if (t !== null && here === (cost[i - 1]?.[j] ?? 0) + 1) {
      steps.push({ truth: t, read: null });
      i--;
    } else {
      steps.push({ truth: null, read: r });
      j--;
    }
  }
  return steps.toReversed();
}

/** Characters changed, missing or added. */
export function edits(steps: readonly AlignedCharacter[]): number {
  return steps.filter((step) => step.truth !== step.read).length;
}

/** `costs[i][j]`: edits between the first i characters of one text and the first j of the other (Levenshtein). */
function costs(a: string, b: string): number[][] {
  const table = [Array.from({ length: b.length + 1 }, (_, j) => j)];
  for (let i = 1; i <= a.length; i++) {
    const above = table[i - 1] as number[], row = [i];
    for (let j = 1; j <= b.length; j++) {
      row.push(Math.min((above[j] as number) + 1, (row[j - 1] as number) + 1, (above[j - 1] as number) + Number(a[i - 1] !== b[j - 1])));
    }
    table.push(row);
  }
  return table;
}
