/**
 * The pairs of rows and columns with the greatest sum, each used once; a pair that is not worth more than nothing is left out. `worth[row][column]`;
 * null: cannot be a pair. Gives the column of each row, or null. The Hungarian method with potentials (Kuhn 1955, Jonker and Volgenant 1987),
 * rows × columns² steps. Of equally good answers always the same one.
 */
export function assign(worth: readonly (readonly (number | null)[])[]): (number | null)[] {
  const rows = worth.length, columns = worth.reduce((most, row) => Math.max(most, row.length), 0);
  if (rows === 0 || columns === 0) return worth.map(() => null);
  // One column of its own for every row stands for "no pair", which is worth nothing.
  const width = columns + rows, cost = (row: number, column: number): number => (column < columns ? -Math.max(0, worth[row]?.[column] ?? 0) : 0);
  const rowOf = shortestPaths(rows, width, cost), answer: (number | null)[] = worth.map(() => null);
  rowOf.forEach((row, column) => {
    if (row >= 0 && column < columns && (worth[row]?.[column] ?? 0) > 0) answer[row] = column;
  });
  return answer;
}

/** Row of every column, -1: none. Adds one row after the other by the cheapest way of exchanging columns. */
function shortestPaths(rows: number, columns: number, cost: (row: number, column: number) => number): Int32Array {
  const rowOf = new Int32Array(columns + 1).fill(-1), byRow = new Float64Array(rows), byColumn = new Float64Array(columns + 1);
  for (let row = 0; row < rows; row += 1) {
    const least = new Float64Array(columns).fill(Infinity), before = new Int32Array(columns).fill(columns), used = new Uint8Array(columns + 1);
    let column = columns;
    rowOf[columns] = row;
    while ((rowOf[column] as number) >= 0) {
      used[column] = 1;
      const at = rowOf[column] as number;
      let step = Infinity, next = columns;
      for (let c = 0; c < columns; c += 1) {
        if (used[c] === 1) continue;
        const reduced = cost(at, c) - (byRow[at] as number) - (byColumn[c] as number);
        if (reduced < (least[c] as number)) [least[c], before[c]] = [reduced, column];
        if ((least[c] as number) < step) [step, next] = [least[c] as number, c];
      }
      for (let c = 0; c <= columns; c += 1) {
        if (used[c] === 1) {
          byRow[rowOf[c] as number] = (byRow[rowOf[c] as number] as number) + step;
          byColumn[c] = (byColumn[c] as number) - step;
        } else if (c < columns) least[c] = (least[c] as number) - step;
      }
      column = next;
    }
    while (column !== columns) {
      const from = before[column] as number;
      rowOf[column] = rowOf[from] as number;
      column = from;
    }
  }
  return rowOf.subarray(0, columns);
}
