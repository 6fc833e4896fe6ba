import type { Clock } from '../core/clock.ts';
import { HOUR_MS } from '../geo/downtime.ts';
import { groupedBy } from '../journey/build.ts';
import { gradeWidths, type GradedWidths } from '../pass/plate-widths.ts';
import { latestClocks } from '../store/camera-clocks.ts';
import { cameraStates, disagreements, hourFigures, passesInHours, type CameraFigures, type CameraState, type HourFigures } from '../store/camera-figures.ts';
import { standingTroubles, type CameraTrouble } from '../store/camera-troubles.ts';
import type { Database } from '../store/database.ts';
import { CLOCK_WRONG_MS, type CameraClock, type CameraClocks } from './camera-clocks.ts';
import { addedFigures, joinedState, NO_FIGURES, type CameraHealth } from './camera-health.ts';
import { usualOfHours } from './camera-watch.ts';

/** `never`: in the register, and nothing ever came of it. `impaired`: it works, but its clock or its reading needs somebody. */
export const CAMERA_HEALTHS = ['never', 'silent', 'blind', 'impaired', 'working'] as const;
export type CameraHealthState = (typeof CAMERA_HEALTHS)[number];

/** How one camera stands. Times: epoch milliseconds. */
export interface CameraStanding {
  readonly cameraId: string;
  readonly health: CameraHealthState;
  readonly troubles: readonly CameraTrouble[];
  readonly state: CameraState | null;
  /** null: not measured in the last 24 hours. */
  readonly clock: CameraClock | null;
}

/** How one camera does. */
export interface CameraOverview extends CameraStanding {
  /** Passes of the last full hour, and how many are usual in that hour of the week. */
  readonly lastHour: { readonly passes: number; readonly usual: number };
  /** Sums of the last 24 full hours and the one under way. */
  readonly lastDay: CameraFigures;
  readonly hours: readonly HourFigures[];
  readonly widths: GradedWidths;
  /** Passes that our reader and the camera's own read both, and how many they read differently; last 24 hours. */
  readonly readings: { readonly compared: number; readonly disagreed: number };
}

export interface OverviewParts { readonly database: Database; readonly clock: Clock; readonly health: CameraHealth; readonly clocks: CameraClocks }

const DAY_MS = 24 * HOUR_MS;

/** How these cameras stand now, in the order given: cheap enough to be asked every few seconds. @throws DATABASE_UNAVAILABLE */
export async function cameraStandings({ database, clock, health, clocks }: OverviewParts, cameraIds: readonly string[]): Promise<CameraStanding[]> {
  const now = clock(), [states, measured, standing] = await Promise.all([cameraStates(database, cameraIds), latestClocks(database, now - DAY_MS, cameraIds), standingTroubles(database)]);
  const troublesOf = groupedBy(standing, (t) => t.cameraId), clockOf = new Map(measured.map((c) => [c.cameraId, c]));
  return cameraIds.map((cameraId) => {
    const fresh = health.unwritten(cameraId).state, before = states.get(cameraId) ?? null, state = before === null || fresh === null ? fresh ?? before : joinedState(before, fresh);
    const troubles = troublesOf.get(cameraId) ?? [], own = clocks.of(cameraId), noted = clockOf.get(cameraId);
    return {
      cameraId, state, troubles, health: healthOf(state, troubles),
      // What this process measures is fresher; what others do stands in the history.
      clock: own !== null && own.measuredAt >= (noted?.at ?? now - DAY_MS) ? own
        : noted === undefined ? null : { ...noted, measuredAt: noted.at, flagged: Math.abs(noted.offsetMs) > CLOCK_WRONG_MS || !noted.settled },
    };
  });
}

/** How these cameras do now and in the last day, in the order given. @throws DATABASE_UNAVAILABLE */
export async function cameraOverviews(parts: OverviewParts, cameraIds: readonly string[]): Promise<CameraOverview[]> {
  const { database, clock, health } = parts, now = clock(), hour = Math.floor(now / HOUR_MS) * HOUR_MS, lastHour = hour - HOUR_MS;
  const [standings, written, passes, usual, readings] = await Promise.all([
    cameraStandings(parts, cameraIds), hourFigures(database, cameraIds, { from: hour - DAY_MS, to: now + 1 }), passesInHours(database, [lastHour], cameraIds),
    usualOfHours(database, [lastHour], cameraIds), disagreements(database, cameraIds, now - DAY_MS),
  ]);
  const hoursOf = groupedBy(written, (f) => f.cameraId), passesOf = new Map(passes.map((p) => [p.cameraId, p.passes]));
  return standings.map((standing) => {
    const { cameraId } = standing, hours = joinedHours(hoursOf.get(cameraId) ?? [], health.unwritten(cameraId).figures), lastDay = hours.reduce(addedFigures, NO_FIGURES);
    return {
      ...standing, hours, lastDay, widths: gradeWidths(lastDay.widths), readings: readings.get(cameraId) ?? { compared: 0, disagreed: 0 },
      lastHour: { passes: passesOf.get(cameraId) ?? 0, usual: usual.get(lastHour)?.get(cameraId) ?? 0 },
    };
  });
}

function healthOf(state: CameraState | null, troubles: readonly CameraTrouble[]): CameraHealthState {
  if (state === null || (state.frameAt === null && state.passAt === null)) return 'never';
  if (troubles.some((t) => t.kind === 'silent')) return 'silent';
  if (troubles.some((t) => t.kind === 'blind')) return 'blind';
  return troubles.length > 0 ? 'impaired' : 'working';
}

/** What is written and what is not yet, by hour. */
function joinedHours(written: readonly HourFigures[], fresh: readonly HourFigures[]): HourFigures[] {
  const hours = new Map<number, HourFigures>();
  for (const f of [...written, ...fresh]) {
    const before = hours.get(f.hour);
    hours.set(f.hour, before === undefined ? f : { ...addedFigures(before, f), cameraId: f.cameraId, hour: f.hour });
  }
  return [...hours.values()].toSorted((a, b) => a.hour - b.hour);
}
