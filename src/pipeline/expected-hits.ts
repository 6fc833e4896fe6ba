import type { Matcher } from '../hit/matcher.ts';
import { MATCH_KINDS, type ListSettings, type MatchKind } from '../list/list-settings.ts';
import type { Database } from '../store/database.ts';
import { samplePasses } from '../store/sample-passes.ts';
import type { StoredPass } from '../store/stored-pass.ts';

/** Hits a day that a list would raise by given settings, each sighting counted: the cooldown makes them fewer. */
export interface ExpectedHits {
  readonly kinds: Readonly<Record<MatchKind, { readonly hits: number; readonly falseHits: number }>>;
  readonly hits: number;
  /** Sum of the probabilities that the vehicle does not carry the listed mark. */
  readonly falseHits: number;
  /** Days behind the figures. */
  readonly days: number;
  readonly passesTried: number;
  readonly passesTotal: number;
}

/** Enough that one hit in a thousand passes is known to a quarter. */
const SAMPLE = 20_000;
const PART = 1000;
const DAY = 86_400_000;

/** Tries the settings of a list on the passes of the last `days` days (a sample of them, when there are many). `now`: epoch milliseconds. */
export async function expectedHits(
  { database, matcher }: { readonly database: Database; readonly matcher: Matcher }, list: string, settings: ListSettings, { now, days }: { readonly now: number; readonly days: number },
): Promise<ExpectedHits> {
  const { passes, total } = await samplePasses(database, now - days * DAY, now, SAMPLE);
  const marked = passes.flatMap((pass) => (pass.mark === null || pass.key === null ? [] : [{ ...pass, mark: pass.mark, key: pass.key }]));
  const sums = new Map<MatchKind, { hits: number; falseHits: number }>(MATCH_KINDS.map((kind) => [kind, { hits: 0, falseHits: 0 }]));
  for (let start = 0; start < marked.length; start += PART) {
    for (const { match } of (await matcher.tryOut(list, settings, marked.slice(start, start + PART))).flat()) {
      const sum = sums.get(match.kind);
      if (sum === undefined) continue;
      sum.hits++;
      sum.falseHits += 1 - match.score;
    }
  }
  const span = spanOf(passes, now), perDay = passes.length === 0 ? 0 : total / passes.length / span;
  const kinds = Object.fromEntries([...sums].map(([kind, s]) => [kind, { hits: s.hits * perDay, falseHits: s.falseHits * perDay }])) as ExpectedHits['kinds'];
  const all = Object.values(kinds);
  return { kinds, hits: all.reduce((n, k) => n + k.hits, 0), falseHits: all.reduce((n, k) => n + k.falseHits, 0), days: span, passesTried: passes.length, passesTotal: total };
}

/** Days from the first pass until now: a system of a week has no month behind it. */
function spanOf(passes: readonly StoredPass[], now: number): number {
  const first = passes.reduce((least, p) => Math.min(least, p.capturedAt), now);
  return Math.max(1, (now - first) / DAY);
}
