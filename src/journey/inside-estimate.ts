/** Journeys with a seen entry that began in the same six hours, `stretch` of them before now. They are one of four. */
export interface EntryCohort {
  readonly stretch: number;
  /** Not seen to leave, and not come in again. */
  readonly open: number;
  /** Seen to leave (or with the exit of a probable pair), and not come in again since. */
  readonly last: number;
  /** Seen to leave, and come in again. */
  readonly followed: number;
  /** Come in again without having been seen to leave. */
  readonly unseen: number;
}

export const STRETCH_MS = 6 * 3_600_000;

/** What is known of journeys that began within one time. */
export interface InsideEvidence {
  /** A stretch may stand several times: by site, by class. */
  readonly cohorts: readonly EntryCohort[];
  /** Exits that were seen (those without an entry among them), and how many of them are the only sighting of their mark. */
  readonly exits: { readonly seen: number; readonly alone: number };
  /** Journeys with both ends, and how many of them are the only journey of their mark and were seen nowhere but at the ends. */
  readonly complete: { readonly seen: number; readonly bare: number };
}

export interface InsideEstimate {
  /** Journeys that are open. */
  readonly plain: number;
  /** Vehicles that entered and are probably still inside. */
  readonly estimate: number;
  /** Share of exits that are usually not found again: not captured, or read as another mark. */
  readonly missRate: number;
  /** Share of passes read as another mark so that they pair with nothing. */
  readonly misreadRate: number;
  /** Share of passes that no camera captured. */
  readonly uncapturedRate: number;
  /** The same for some of the cohorts; not below 0. */
  readonly insideOf: (cohorts: readonly EntryCohort[]) => number;
}

/**
 * How many vehicles are inside: open journeys whose exit was missed must not count for ever.
 *
 * Of the journeys that are open, taken off are (1) those whose exit was missed: the vehicle surely left where it came in again, and of these
 * the share m without a seen exit is known; so beside L vehicles seen to leave, which have not come back, L m / (1 − m) left unseen. (2) Those
 * whose entry was misread (ρ of all), which nothing ever closes. A misread exit is the only sighting of its mark; so is one whose entry was
 * not captured, where nothing else was seen either (the share q of whole journeys), hence alone = ρ + (m − ρ) q. What remains is divided by
 * the share of entries that were captured, 1 − (m − ρ).
 *
 * m differs from day to day, because cameras are down: it is taken for each six hours of entry, drawn towards what is usual, and the more so
 * the fewer came again: among the few who did within hours, two vehicles with one mark weigh most.
 */
export function estimateInside(evidence: InsideEvidence): InsideEstimate {
  const stretches = byStretch(evidence.cohorts), usual = usualMissRate(stretches), { exits, complete } = evidence;
  const bare = share(complete.bare, complete.seen), misreadRate = Math.min(usual, Math.max(0, (share(exits.alone, exits.seen) - usual * bare) / (1 - bare)));
  const drawnBy = DRAWN * total(stretches, known) / Math.max(1, stretches.length);
  const rates = new Map(stretches.map((s) => [s.stretch, Math.min(MOST, (s.unseen + (drawnBy + s.last) * usual) / Math.max(1, known(s) + drawnBy + s.last))]));
  const inside = (c: EntryCohort): number => {
    const missRate = rates.get(c.stretch) ?? usual, left = c.last * missRate / (1 - missRate), misread = misreadRate / (1 - misreadRate) * (c.last + c.followed + c.unseen + left);
    return (c.open - left - misread) / (1 - Math.max(0, missRate - misreadRate));
  };
  // Stretches with less than nothing inside are noise like those with too much: only their sum is cut.
  const insideOf = (cohorts: readonly EntryCohort[]): number => Math.max(0, total(cohorts, inside));
  return { plain: total(stretches, (s) => s.open), estimate: insideOf(evidence.cohorts), missRate: usual, misreadRate, uncapturedRate: usual - misreadRate, insideOf };
}

/** Rates near 1 would divide by nothing: with so little seen there is no estimate worth the name. */
const MOST = 0.9;
/** A stretch is weighed against so many average stretches of what is usual. Tried on the simulated city: between 1 and 4 the estimate moves by 2 %. */
const DRAWN = 2;
/** Of fewer the share is chance. */
const FEWEST = 30;

const known = (c: EntryCohort): number => c.followed + c.unseen;

function total(cohorts: readonly EntryCohort[], of: (cohort: EntryCohort) => number): number {
  return cohorts.reduce((sum, c) => sum + of(c), 0);
}

function share(part: number, whole: number): number {
  return whole <= 0 ? 0 : Math.min(MOST, part / whole);
}

function byStretch(cohorts: readonly EntryCohort[]): EntryCohort[] {
  const sums = new Map<number, EntryCohort>();
  for (const c of cohorts) {
    const sum = sums.get(c.stretch) ?? { stretch: c.stretch, open: 0, last: 0, followed: 0, unseen: 0 };
    sums.set(c.stretch, { stretch: c.stretch, open: sum.open + c.open, last: sum.last + c.last, followed: sum.followed + c.followed, unseen: sum.unseen + c.unseen });
  }
  return [...sums.values()];
}

/**
 * Missed exits where no camera was down: stretches that miss more than twice the median are left out. Those who come back at the same hour every
 * day feel an outage more than all others, and it is they from whom m is known.
 */
function usualMissRate(stretches: readonly EntryCohort[]): number {
  const enough = stretches.filter((s) => known(s) >= FEWEST), telling = enough.length > 0 ? enough : stretches;
  const sorted = telling.map((s) => ({ ...s, rate: share(s.unseen, known(s)) })).toSorted((a, b) => a.rate - b.rate), half = total(sorted, known) / 2;
  let below = 0;
  const median = sorted.find((s) => (below += known(s)) >= half)?.rate ?? 0, usual = sorted.filter((s) => s.rate <= 2 * median);
  return share(total(usual, (s) => s.unseen), total(usual, known));
}
