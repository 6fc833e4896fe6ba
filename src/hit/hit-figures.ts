import { shareInterval } from '../accuracy/calibration.ts';
import { writeMark } from '../plate/written-form.ts';
import type { ConfusionCount } from '../list/confusions.ts';
import { REJECT_REASONS, type RejectReason } from '../store/hit-record.ts';
import type { HitCount, Misread, RejectionCount } from '../store/hit-report.ts';
import { characterPairs } from './character-pairs.ts';

/** What became of hits. Each raised one is in exactly one of withdrawn, accepted, rejected, closed and open. */
export interface Outcomes {
  readonly raised: number;
  /** A finished pass stands behind them, whatever was decided afterwards. */
  readonly confirmed: number;
  readonly withdrawn: number;
  readonly accepted: number;
  readonly rejected: number;
  readonly rejectedBy: Readonly<Record<RejectReason, number>>;
  readonly closed: number;
  /** Nobody decided yet. */
  readonly open: number;
}

/**
 * Share of the decided hits that were right, with the interval in which the true share lies 95 times of 100 (Wilson, J. Am. Stat. Assoc. 22,
 * 1927, 209–212: right for few hits and for shares near 0 and 1, where the usual plus or minus is not). null where nobody decided.
 */
export interface Precision { readonly share: number | null; readonly low: number; readonly high: number; readonly decided: number }

export interface HitFigures {
  readonly rows: readonly { readonly list: string; readonly match: string; readonly outcomes: Outcomes; readonly precision: Precision }[];
  readonly all: { readonly outcomes: Outcomes; readonly precision: Precision };
  readonly byList: readonly NamedPrecision[];
  readonly byMatch: readonly NamedPrecision[];
  readonly byAction: readonly NamedPrecision[];
}
export interface NamedPrecision { readonly name: string; readonly precision: Precision }

/** Names in the order of the alphabet. */
export function hitFigures(counts: readonly HitCount[]): HitFigures {
  const precisions = (of: (c: HitCount) => string): NamedPrecision[] => grouped(counts, of).map(([name, group]) => ({ name, precision: precisionOf(outcomesOf(group)) }));
  return {
    rows: grouped(counts, (c) => JSON.stringify([c.list, c.matchKind])).map(([name, group]) => {
      const [list, match] = JSON.parse(name) as [string, string];
      return { list, match, ...summed(group) };
    }),
    all: summed(counts), byList: precisions((c) => c.list), byMatch: precisions((c) => c.matchKind), byAction: precisions((c) => c.action),
  };
}

export interface RejectionFigures {
  readonly byCamera: readonly { readonly camera: string; readonly site: string | null; readonly rejected: number; readonly reasons: Readonly<Record<RejectReason, number>> }[];
  /** Characters read for others, most frequent first. */
  readonly byPair: readonly ConfusionCount[];
}

export function rejectionFigures(counts: readonly RejectionCount[], misreads: readonly Misread[]): RejectionFigures {
  const byCamera = grouped(counts, (c) => JSON.stringify([c.cameraId, c.siteId])).map(([name, group]) => {
    const [camera, site] = JSON.parse(name) as [string, string | null];
    return { camera, site, rejected: total(group), reasons: reasonsOf(group, (c) => c.reason) };
  });
  const pairs = misreads.flatMap(({ read, truth }) => characterPairs(writeMark(read), truth)).filter((p) => p.read !== p.truth);
  return {
    byCamera: byCamera.toSorted((a, b) => b.rejected - a.rejected || (a.camera < b.camera ? -1 : 1)),
    byPair: grouped(pairs, (p) => p.read + p.truth).map(([pair, group]) => ({ read: pair.charAt(0), truth: pair.charAt(1), count: total(group) }))
      .toSorted((a, b) => b.count - a.count || (a.read + a.truth < b.read + b.truth ? -1 : 1)),
  };
}

function summed(counts: readonly HitCount[]): HitFigures['all'] {
  const outcomes = outcomesOf(counts);
  return { outcomes, precision: precisionOf(outcomes) };
}

function outcomesOf(counts: readonly HitCount[]): Outcomes {
  const where = (fits: (c: HitCount) => boolean): number => total(counts.filter(fits)), is = (status: HitCount['status']): number => where((c) => c.status === status);
  return {
    raised: total(counts), confirmed: where((c) => c.hasPass && c.status !== 'withdrawn'), withdrawn: is('withdrawn'), accepted: is('accepted'), rejected: is('rejected'),
    rejectedBy: reasonsOf(counts.filter((c) => c.status === 'rejected'), (c) => c.rejectReason), closed: is('closed'), open: is('provisional') + is('confirmed'),
  };
}

function precisionOf({ accepted, rejected }: Outcomes): Precision {
  const decided = accepted + rejected, [low, high] = shareInterval(accepted, decided);
  return { share: decided === 0 ? null : accepted / decided, low, high, decided };
}

function reasonsOf<C extends { readonly count: number }>(counts: readonly C[], reasonOf: (count: C) => RejectReason | null): Record<RejectReason, number> {
  return Object.fromEntries(REJECT_REASONS.map((reason) => [reason, total(counts.filter((c) => reasonOf(c) === reason))])) as Record<RejectReason, number>;
}

function total(counts: readonly { readonly count: number }[]): number {
  return counts.reduce((sum, { count }) => sum + count, 0);
}

function grouped<T>(items: readonly T[], nameOf: (item: T) => string): [string, T[]][] {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const name = nameOf(item), group = groups.get(name);
    if (group === undefined) groups.set(name, [item]);
    else group.push(item);
  }
  return [...groups].toSorted(([a], [b]) => (a < b ? -1 : 1));
}
