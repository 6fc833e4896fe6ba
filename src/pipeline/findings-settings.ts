import { z } from 'zod';
import { classesNamed } from '../list/vehicle-words.ts';
import { CONVOY_SETTINGS, type ConvoySettings } from '../journey/convoys.ts';
import { PATTERN_SETTINGS, type PatternSettings } from '../journey/patterns.ts';

/** What is looked for in movements, and from when on it is told (docs/findings.md). */
export interface FindingsSettings {
  readonly convoys: ConvoySettings;
  /** Days of traffic that convoys and link times are learned from, each night. */
  readonly windowDays: number;
  readonly patterns: PatternSettings;
  /** How wrong cameras' clocks are, by camera, as measured, milliseconds; a camera that is more than 5 s off accuses nobody. */
  readonly clockErrorsMs: Readonly<Record<string, number>>;
  /** By how much the distance between two places of the register may be too long, metres: where they were not surveyed. */
  readonly placeErrorMetres: number;
}

export const FINDINGS_SETTINGS: FindingsSettings = { convoys: { ...CONVOY_SETTINGS, isServiceClass: (word) => classesNamed(word).includes('bus') }, windowDays: 7, patterns: PATTERN_SETTINGS, clockErrorsMs: {}, placeErrorMetres: 0 };

const whole = (least: number, most: number) => z.int().min(least).max(most).optional();
const share = z.number().min(0).max(1).optional();

const shape = z.strictObject({
  windowDays: whole(1, 60),
  placeErrorMetres: z.number().min(0).max(10_000).optional(),
  clockErrorsMs: z.record(z.string(), z.number().min(0)).optional(),
  convoys: z.strictObject({
    gapMs: whole(1_000, 300_000), tripGapMs: whole(60_000, 86_400_000), trips: whole(2, 100), sites: whole(2, 100), pairsKept: whole(1_000, 2 ** 26),
    leastScore: z.number().min(0).max(1000).optional(), serviceTripsADay: z.number().positive().optional(), mostVehicles: whole(2, 100),
  }).optional(),
  patterns: z.strictObject({
    overStayDays: whole(1, 3650), knownWithinDays: whole(0, 3650), crossings: whole(2, 1000), nights: whole(1, 365), nightsWithinDays: whole(1, 365), nightFrom: whole(0, 23),
    nightTo: whole(1, 24), nightShare: share, loops: whole(2, 1000), loopSites: whole(2, 50), firstSeenSites: whole(1, 100), firstSeenDays: whole(1, 3650),
  }).optional(),
});

export type FindingsSettingsReading = { readonly kind: 'ok'; readonly settings: FindingsSettings } | { readonly kind: 'faults'; readonly faults: readonly { readonly path: string; readonly message: string }[] };

/** Settings of a file that is already JSON; what it leaves out is as shipped. Every fault is named at once. */
export function readFindingsSettings(json: unknown): FindingsSettingsReading {
  const read = shape.safeParse(json);
  if (!read.success) return { kind: 'faults', faults: read.error.issues.map((i) => ({ path: i.path.join('.') || '(file)', message: i.message })) };
  const { convoys, patterns, ...rest } = read.data;
  return {
    kind: 'ok', settings: {
      ...given(FINDINGS_SETTINGS, rest), convoys: given(FINDINGS_SETTINGS.convoys, convoys ?? {}), patterns: given(PATTERN_SETTINGS, patterns ?? {}),
    },
  };
}

function given<T extends object>(shipped: T, own: { readonly [K in keyof T]?: T[K] | undefined }): T {
  return { ...shipped, ...Object.fromEntries(Object.entries(own).filter(([, value]) => value !== undefined)) };
}
