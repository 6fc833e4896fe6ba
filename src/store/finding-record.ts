import type { Finding } from '../journey/finding.ts';
import { markOf } from './mark-columns.ts';
import type { findings, Verdict } from './schema.ts';

export { VERDICTS, type Verdict } from './schema.ts';

/** What a person said of a finding. Never edited: another verdict is another one, and the newest holds. Times are epoch milliseconds. */
export interface VerdictRecord {
  readonly at: number;
  readonly verdict: Verdict;
  /** Id of the person's key. */
  readonly actor: string;
  readonly reason: string;
}

export interface FindingRecord extends Finding {
  /** When it was first found; never changes. */
  readonly foundAt: number;
  /** The newest; null while nobody has decided. */
  readonly verdict: VerdictRecord | null;
}

export type FindingRow = Omit<typeof findings.$inferSelect, 'evidence'> & Partial<Pick<typeof findings.$inferSelect, 'evidence'>>;

export function findingOf(row: FindingRow): Finding & { readonly foundAt: number } {
  const { id, kind, label, key, keys, firstAt, lastAt, foundAt, summary, count, evidence = [] } = row;
  return { id, kind, label, key, keys, mark: markOf(row), firstAt, lastAt, foundAt, summary, count, evidence };
}
