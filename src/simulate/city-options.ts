import { z } from 'zod';

const share = (most: number) => z.number({ error: 'must be a number' }).min(0, `must be 0 to ${most}`).max(most, `must be 0 to ${most}`);
const count = (least: number, most: number) => z.int({ error: 'must be a whole number' }).min(least, `must be ${least} to ${most}`).max(most, `must be ${least} to ${most}`);

const MOST_VEHICLES = 2_000_000;
/** Capture times of passes must lie in the years that the store takes. */
const EARLIEST = Date.UTC(2001, 0), LATEST = Date.UTC(2099, 0);

/** Defaults are assumptions for Quetta, made from the sources named in docs/simulate.md; each is a knob for another city. */
export const CityOptionsShape = z.strictObject({
  /** The same seed and options give the same city, byte for byte. */
  seed: count(0, 2 ** 32 - 1),
  vehicles: count(1, MOST_VEHICLES),
  days: count(1, 366),
  /** Epoch milliseconds; days are of 24 hours from here, hours of the day by the city's time zone. */
  startsAt: z.int({ error: 'must be whole epoch milliseconds' }).min(EARLIEST, 'must be from 2001 on').max(LATEST, 'must be before 2099'),
  /** Share of passes with at least one wrong character. */
  misreads: share(0.5).default(0.05),
  /** Share of vehicles going by a working camera that leave no pass. */
  missed: share(1).default(0.02),
  /** Share of passes that arrive more than two minutes late: those of sites cut off, the rest one by one. */
  late: share(0.9).default(0.03),
  /** Share of passes that are delivered twice. */
  repeats: share(1).default(0.01),
  /** Share of readings of a mark with a year in which the year is not read. */
  yearUnread: share(1).default(0.08),
  /** Share of readings in which nothing names the province (and district). */
  provinceUnread: share(1).default(0.4),
  /** Share of readings that name a wrong province. */
  provinceWrong: share(1).default(0.002),
  /** Share of passes without the vehicle's class, and without its colour. */
  classUnseen: share(1).default(0.35),
  colourUnseen: share(1).default(0.5),
  /** Share of those seen that are wrong. */
  classWrong: share(1).default(0.02),
  colourWrong: share(1).default(0.04),
  /** Share of all camera time in which cameras are down. */
  down: share(0.9).default(0.01),
  /** Share of cameras whose clock is wrong by up to 90 seconds; the others keep within about two. */
  wrongClocks: share(1).default(0.05),
  /** Forged marks; when not given one vehicle in a thousand. */
  clones: count(0, MOST_VEHICLES).optional(),
  /** Pairs that lawfully share letters and number; when not given one vehicle in two hundred. */
  twins: count(0, MOST_VEHICLES).optional(),
  /** Groups of two to four; when not given one for each thousand vehicles. */
  convoys: count(0, MOST_VEHICLES).optional(),
  /** Share of vehicles that stand in view of a camera during a night. */
  parked: share(1).default(0.0005),
  /** How the fleet divides; relative weights. */
  kinds: z.partialRecord(z.enum(['resident', 'commuter', 'through', 'bus', 'truck', 'visitor']), z.number().min(0, 'must not be negative')).optional(),
  /** Traffic of the boundary sites, by site id; relative weights. Those of Quetta when not given, and 1 for a site that is not named. */
  gates: z.record(z.string(), z.number().min(0, 'must not be negative')).optional(),
});

export type CityOptions = z.input<typeof CityOptionsShape>;
export type CityRates = z.output<typeof CityOptionsShape>;

/** Options with their defaults. @throws RangeError that names the first option that is not usable, and why */
export function checkedOptions(options: CityOptions): CityRates {
  const checked = CityOptionsShape.safeParse(options);
  if (checked.success) return checked.data;
  const [issue] = checked.error.issues;
  const name = issue?.code === 'unrecognized_keys' ? issue.keys.join(', ') : issue?.path.join('.') ?? '';
  throw new RangeError(`${name === '' ? 'options' : name} ${issue?.code === 'unrecognized_keys' ? 'is no option of a simulated city' : issue?.message ?? 'cannot be used'}`);
}
