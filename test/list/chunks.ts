/** A file as chunks: one, or cut at the given places. */
export async function* chunksOf(content: string | Uint8Array, cuts: readonly number[] = []): AsyncGenerator<Uint8Array> {
  const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content;
  const places = [0, ...cuts.map((c) => Math.min(c, bytes.length)).toSorted((a, b) => a - b), bytes.length];
  for (let i = 1; i < places.length; i += 1) yield bytes.subarray(places[i - 1], places[i]);
}

export async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}

/** A value as a CSV file holds it. */
export const quoted = (value: string): string => `"${value.replaceAll('"', '""')}"`;
