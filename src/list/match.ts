import type { Mark } from '../plate/mark.ts';
import { readWritten, writeMark } from '../plate/written-form.ts';
import type { Confusions } from './confusions.ts';
import { contradictionsOf, type Contradiction } from './contradictions.ts';
import type { ListEntry } from './entry.ts';
import { isInForce } from './in-force.ts';
import type { ListSettings, MatchKind } from './list-settings.ts';
import { lookAlikeOf, type Exchange } from './look-alike-marks.ts';
import { alternativeProbability, clamped, CONTRADICTION_FACTOR, lookAlikeProbability, OPEN_JURISDICTION_FACTOR, UNREAD_FACTOR } from './match-probability.ts';
import { agreementOf, alternativeRemark, exchangeRemark, MATCH_PARTS, patternRemark, remarkOn, stageRemark, type Agreement, type MatchPart } from './match-words.ts';
import type { MatchablePass } from './matchable-pass.ts';
import { compilePattern } from './pattern-table.ts';

/** An entry that the index found for a pass, by the number of its row. */
export interface Candidate {
  readonly serial: number;
  readonly kind: MatchKind;
  /** The alternative reading (`LEC-13-8441`), the look-alike exchanged (`B for 8`: listed for read), or the pattern; null for the read itself. */
  readonly via: string | null;
}

export interface ListMatch {
  readonly entry: ListEntry;
  readonly kind: MatchKind;
  readonly via: string | null;
  /** Probability that this vehicle carries the listed mark, 0..1. */
  readonly score: number;
  /** What of jurisdiction, class, make, colour speaks against it, in whole sentences; empty when nothing does. */
  readonly contradictions: readonly string[];
  /** Whole sentences for the person who must decide: how it was found, what was not compared and why. Empty when all agrees. */
  readonly remarks: readonly string[];
  /** Whether the match may be shown as "stop" at all: exact or one look-alike, nothing unread that the mark needs, the same jurisdiction on both sides, no contradiction, probable enough. */
  readonly mayStop: boolean;
}

export interface MatchRules {
  readonly settings: ListSettings;
  readonly confusions: Confusions;
  /** IANA zone in which the hours of a list are meant. */
  readonly timeZone: string;
  /** Classes that the list allows at its size (`matchKindsOf`); left out: those of the settings. */
  readonly kinds?: readonly MatchKind[];
}

/**
 * Weighs an entry that the index found: null when it does not hold for this pass (expired, lapsed, handed over, outside the hours, sites or
 * directions of its list, less probable than the list wants).
 *
 * Year and suffix are part of the mark itself, so either side lacking one makes an exact match `unread-part`. Jurisdiction and district are
 * seldom in a list: an entry that leaves them open stays `exact` and a remark says that they were not compared; an entry that states one
 * which the plate does not show is `unread-part`. What contradicts lowers the score and is said, but the hit stays: AAR-540 is a stolen
 * Karachi car and another car in Quetta, and the officer must know of both.
 */
export function judgeMatch(pass: MatchablePass, entry: ListEntry, found: Candidate, rules: MatchRules): ListMatch | null {
  const { settings } = rules;
  if (!isInForce(pass, entry, settings, rules.timeZone)) return null;
  const compared = compare(pass, entry, found, settings);
  if (compared === null) return null;
  const kind = compared.unread.length > 0 && found.kind === 'exact' ? 'unread-part' : found.kind;
  const kinds = rules.kinds ?? settings.matchKinds;
  // A look-alike or an alternative of which a part was not read is both, and both must be wanted.
  if (!kinds.includes(kind) || (compared.unread.length > 0 && kind !== 'pattern' && !kinds.includes('unread-part'))) return null;
  const contradictions = contradictionsOf(pass, entry), score = scoreOf(pass, entry, found, compared, contradictions, rules.confusions);
  if (score < settings.leastScore) return null;
  return {
    entry, kind, via: found.via, score, contradictions: contradictions.map(({ sentence }) => sentence), remarks: remarksOf(pass, entry, found, compared, contradictions),
    mayStop: mayBeStopped(kind, compared, contradictions) && score >= settings.stopScore && stageRemark(entry.stage) === null,
  };
}

interface Comparison {
  /** The reading that is compared: the read itself, or the alternative. */
  readonly seen: Mark;
  readonly stated: Pick<Mark, MatchPart>;
  readonly agreement: Agreement;
  readonly exchange: Exchange | null;
  /** Parts that the match needs and one side lacks. */
  readonly unread: readonly (keyof typeof UNREAD_FACTOR)[];
}

/** null for an entry that the pass is not: an index may be older than the entry that is read for it. */
function compare(pass: MatchablePass, entry: ListEntry, found: Candidate, settings: ListSettings): Comparison | null {
  const other = found.kind === 'alternative' ? readWritten(found.via ?? '') : null, seen = other === null ? pass.mark : { ...pass.mark, ...other };
  const stated = entry.mark ?? patternParts(entry.pattern ?? ''), agreement = agreementOf(seen, stated);
  const exchange = found.kind === 'look-alike' && entry.mark !== null ? lookAlikeOf(pass.mark, entry.mark, settings.lookAlikes) : null;
  if (found.kind === 'look-alike' ? exchange === null : agreement.year === 'differs' || agreement.suffix === 'differs') return null;
  const unread = (['year', 'suffix', 'jurisdiction', 'district'] as const).filter((part) => {
    // A pattern leaves open on purpose what it does not say.
    const bothNeedIt = entry.mark !== null && (part === 'year' || part === 'suffix');
    return agreement[part] === 'unread' || (bothNeedIt && agreement[part] === 'not-stated');
  });
  return { seen, stated, agreement, exchange, unread };
}

function patternParts(pattern: string): Pick<Mark, MatchPart> {
  const { year, jurisdiction } = compilePattern(pattern);
  return { year, jurisdiction, district: null, suffix: null, class: null };
}

function scoreOf(pass: MatchablePass, entry: ListEntry, found: Candidate, compared: Comparison, contradictions: readonly Contradiction[], confusions: Confusions): number {
  let score = ofReading(pass, entry, found, compared, confusions);
  for (const part of compared.unread) score *= UNREAD_FACTOR[part];
  const { jurisdiction } = compared.agreement;
  if (found.kind !== 'pattern' && (jurisdiction === 'unknown' || jurisdiction === 'not-stated')) score *= OPEN_JURISDICTION_FACTOR;
  for (const { of } of contradictions) score *= CONTRADICTION_FACTOR[of];
  return score;
}

function ofReading(pass: MatchablePass, { mark }: ListEntry, found: Candidate, { exchange }: Comparison, confusions: Confusions): number {
  // A reader that offers the listed mark itself knows more of this plate than the table of confusions.
  if (exchange !== null) return Math.max(lookAlikeProbability(pass, exchange, confusions), mark === null ? 0 : alternativeProbability(pass, writeMark(mark)));
  return found.kind === 'alternative' ? alternativeProbability(pass, found.via ?? '') : clamped(pass.confidence);
}

/**
 * "Stop" only where everything was compared, the jurisdiction too: a family was held at gunpoint because its mark was stolen in another
 * state, and AAR-540 is a stolen car of Karachi and another car in Quetta. Where the form of a mark tells its province (LEB-17-4201) both
 * sides know it.
 */
function mayBeStopped(kind: MatchKind, { unread, agreement }: Comparison, contradictions: readonly Contradiction[]): boolean {
  return (kind === 'exact' || kind === 'look-alike') && unread.length === 0 && agreement.jurisdiction === 'same' && contradictions.length === 0;
}

function remarksOf(pass: MatchablePass, entry: ListEntry, found: Candidate, compared: Comparison, contradictions: readonly Contradiction[]): string[] {
  const { seen, stated, agreement, exchange } = compared, saidAlready = new Set<string>(contradictions.map(({ of }) => of));
  const remarks = MATCH_PARTS.map((part) => {
    if (saidAlready.has(part) || (entry.mark === null && agreement[part] !== 'unread')) return null;
    return remarkOn(part, agreement[part], seen[part], stated[part]);
  });
  return [
    exchange === null || entry.mark === null ? null : exchangeRemark(pass.mark, entry.mark, exchange),
    found.kind === 'alternative' && found.via !== null ? alternativeRemark(pass.mark, found.via, alternativeProbability(pass, found.via)) : null,
    entry.pattern === null ? null : patternRemark(entry.pattern),
    ...remarks,
    stageRemark(entry.stage),
  ].filter((remark) => remark !== null);
}
