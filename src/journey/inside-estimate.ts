/** A length of time in milliseconds, and how many had it. */
export interface CountedDuration { readonly ms: number; readonly count: number }
export type Durations = readonly (number | CountedDuration)[];

/** What is known of journeys that began within one time, the horizon. All durations are milliseconds. */
export interface InsideEvidence {
  /** Time since the entry of those that are open. */
  readonly open: Durations;
  /** Entry to exit of those whose exit was seen (or is that of a probable pair). */
  readonly closedDwells: Durations;
  /** Time since the entry of those whose exit nobody saw, and which are closed because the vehicle came in again. */
  readonly unseenExits?: Durations;
  /** Of journeys after which the vehicle was seen to enter again, so that it surely had left: with and without a seen exit. */
  readonly followed: { readonly seen: number; readonly missed: number };
  /** Exits that were seen (those without an entry among them), and how many of them had no entry. */
  readonly exits: { readonly seen: number; readonly withoutEntry: number };
}

export interface InsideEstimate {
  /** Journeys that are open. */
  readonly plain: number;
  /** Vehicles that entered and are probably still inside. */
  readonly estimate: number;
  /** Share of exits that are not found again: not captured, or read as another mark. */
  readonly missRate: number;
  /** Share of exits that have no entry. */
  readonly withoutEntryRate: number;
  /** Share of passes read as another mark so that they pair with nothing. */
  readonly misreadRate: number;
  /** Share of passes that no camera captured. */
  readonly uncapturedRate: number;
  /** How many vehicles inside one open journey stands for, by the time since its entry. */
  readonly weightOf: (ageMs: number) => number;
}

/**
 * How many vehicles are inside: open journeys whose exit was missed must not count for ever.
 *
 * With F(a) the share of stays that last at most a, S = 1 − F, m the share of exits not found again, ρ the share of entries misread (such a
 * journey is never closed) and μ the share of entries not captured, of E entries at age a there are E (1 − μ) (ρ + (1 − ρ) (S + F m))
 * open journeys and E S vehicles inside. So one open journey stands for S / ((1 − μ) (ρ + (1 − ρ) (S + F m))) vehicles.
 *
 * F: Kaplan and Meier (1958), open journeys censored, gives G = (1 − ρ)(1 − m) F, because the missed ones never close. m: journeys after which
 * the vehicle came in again had an exit, seen or not. An exit lacks its entry when the entry was not captured or misread, or it is itself
 * misread: e = μ + 2ρ, and m = μ + ρ where both ways are watched alike; hence ρ = e − m and μ = e − 2ρ.
 */
export function estimateInside(evidence: InsideEvidence): InsideEstimate {
  const { followed, exits } = evidence, open = counted(evidence.open);
  const missRate = share(followed.missed, followed.seen + followed.missed), withoutEntryRate = share(exits.withoutEntry, exits.seen);
  const misreadRate = Math.max(0, Math.min(missRate, withoutEntryRate - missRate)), uncapturedRate = Math.max(0, withoutEntryRate - 2 * misreadRate);
  const unseen = counted(evidence.unseenExits ?? []), notClosed = survival(counted(evidence.closedDwells), [...open, ...unseen]);
  const weight = (ageMs: number): number => {
    const left = Math.min(1, (1 - notClosed(ageMs)) / ((1 - misreadRate) * (1 - missRate))), inside = 1 - left;
    const expected = misreadRate + (1 - misreadRate) * (inside + left * missRate);
    return expected <= 0 ? 0 : inside / (expected * (1 - uncapturedRate));
  };
  const estimate = [...open, ...unseen].reduce((sum, d) => sum + d.count * weight(d.ms), 0), shareOf = returnedShare(open, unseen);
  return { plain: total(open), estimate, missRate, withoutEntryRate, misreadRate, uncapturedRate, weightOf: (ageMs) => weight(ageMs) * shareOf(ageMs) };
}

const total = (durations: readonly CountedDuration[]): number => durations.reduce((sum, d) => sum + d.count, 0);

/** Stretches of age in which the share of those that came in again is taken for one. */
const STRETCHES = 40;

/**
 * The formula counts never-closed journeys, whether or not the vehicle came in again meanwhile; those that did are known and not open. What they
 * stand for falls to the open journeys of the same age: (open + come again) / open.
 */
function returnedShare(open: readonly CountedDuration[], unseen: readonly CountedDuration[]): (ageMs: number) => number {
  const all = [...open.map((d) => ({ ...d, isOpen: true })), ...unseen.map((d) => ({ ...d, isOpen: false }))].toSorted((a, b) => a.ms - b.ms);
  const size = total(all) / STRETCHES, ends: number[] = [], shares: number[] = [];
  let before = { all: 0, open: 0 }, sum = { all: 0, open: 0 };
  all.forEach((d, i) => {
    sum = { all: sum.all + d.count, open: sum.open + (d.isOpen ? d.count : 0) };
    if ((sum.all - before.all < size || sum.open === before.open || all[i + 1]?.ms === d.ms) && i < all.length - 1) return;
    ends.push(d.ms);
    shares.push(sum.open === before.open ? 1 : (sum.all - before.all) / (sum.open - before.open));
    before = sum;
  });
  return (ageMs) => shares[Math.min(shares.length - 1, atMost(ends, ageMs - 1))] ?? 1;
}

/** Rates near 1 would divide by nothing: with so little seen there is no estimate worth the name. */
const MOST = 0.9;

function share(part: number, whole: number): number {
  return whole <= 0 ? 0 : Math.min(MOST, part / whole);
}

function counted(durations: Durations): CountedDuration[] {
  return durations.map((d) => (typeof d === 'number' ? { ms: d, count: 1 } : d)).filter((d) => d.count > 0);
}

/** Kaplan–Meier: probability of lasting longer than a time, a falling step function. An end and a censoring at one time: the end came first. */
export function survival(ended: readonly CountedDuration[], censored: readonly CountedDuration[]): (ms: number) => number {
  const steps = [...ended.map((d) => ({ ...d, ends: true })), ...censored.map((d) => ({ ...d, ends: false }))].toSorted((a, b) => a.ms - b.ms || Number(b.ends) - Number(a.ends));
  const times: number[] = [], values: number[] = [];
  let atRisk = steps.reduce((sum, s) => sum + s.count, 0), value = 1;
  for (const step of steps) {
    if (step.ends) {
      value *= Math.max(0, 1 - step.count / atRisk);
      if (times.at(-1) === step.ms) values[values.length - 1] = value;
      else {
        times.push(step.ms);
        values.push(value);
      }
    }
    atRisk -= step.count;
  }
  return (ms) => {
    const after = atMost(times, ms);
    return after === 0 ? 1 : values[after - 1] ?? 1;
  };
}

/** How many of the rising times are at most `ms`. */
function atMost(times: readonly number[], ms: number): number {
  let low = 0, high = times.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((times[middle] ?? Infinity) <= ms) low = middle + 1;
    else high = middle;
  }
  return low;
}
