import type { RandomNumbers } from '../../src/simulate/random-numbers.ts';

/** What a driver of the intelligent driver model (Treiber, Hennecke and Helbing 2000) does; m/s², m/s², s, m. */
const ACCELERATION = 1.5, BRAKING = 2.5, HEADWAY_S = 1.1, LEAST_GAP_M = 2.5;
/** Step of the reckoning, seconds; places between are interpolated. */
const STEP_S = 0.02;
const LONGEST_S = 240;

/** A vehicle that is to come along one lane. */
export interface Comer { readonly lengthM: number; readonly speedMs: number; /** Seconds after the start, at the earliest. */ readonly dueS: number }
/** A barrier over a lane: closed between the two times, at so many metres of the way. */
export interface Barrier { readonly atM: number; readonly fromS: number; readonly untilS: number }

/** The way of one vehicle: metres that its front has gone at `startS` + n × 0.02 s. */
export interface Way { readonly startS: number; readonly metres: Float32Array }

interface Moving { readonly comer: Comer; readonly index: number; readonly startS: number; readonly metres: number[]; at: number; speed: number }

/**
 * The ways of vehicles that follow each other along one lane of `laneM` metres, in the order given: each keeps its speed while the road is
 * free, brakes behind the one before and before a closed barrier. Ends when all have gone by, or after four minutes.
 */
export function driveLane(comers: readonly Comer[], laneM: number, barriers: readonly Barrier[]): Way[] {
  const ways: Way[] = [], waiting = comers.map((comer, index) => ({ comer, index }));
  let driving: Moving[] = [];
  for (let step = 0; step * STEP_S < LONGEST_S && (waiting.length > 0 || driving.length > 0); step++) {
    const now = step * STEP_S, next = waiting[0], last = driving.at(-1);
    const free = last === undefined ? Number.POSITIVE_INFINITY : last.at - last.comer.lengthM - LEAST_GAP_M;
    if (next !== undefined && now >= next.comer.dueS && free > next.comer.speedMs * HEADWAY_S) {
      waiting.shift();
      driving.push({ ...next, startS: now, metres: [], at: 0, speed: Math.min(next.comer.speedMs, last === undefined || free > 60 ? Number.POSITIVE_INFINITY : last.speed + 3) });
    }
    driving.forEach((vehicle, i) => advance(vehicle, driving[i - 1], barriers.filter((b) => now >= b.fromS && now < b.untilS && b.atM > vehicle.at)));
    for (const gone of driving.filter((v) => v.at - v.comer.lengthM > laneM)) ways[gone.index] = { startS: gone.startS, metres: Float32Array.from(gone.metres) };
    driving = driving.filter((v) => v.at - v.comer.lengthM <= laneM);
  }
  for (const left of driving) ways[left.index] = { startS: left.startS, metres: Float32Array.from(left.metres) };
  return comers.map((_, i) => ways[i] ?? { startS: Number.POSITIVE_INFINITY, metres: new Float32Array(0) });
}

function advance(vehicle: Moving, leader: Moving | undefined, closed: readonly Barrier[]): void {
  const obstacles = [...closed.map((b) => ({ gap: b.atM - vehicle.at, speed: 0 })), ...(leader === undefined ? [] : [{ gap: leader.at - leader.comer.lengthM - vehicle.at, speed: leader.speed }])];
  const free = 1 - (vehicle.speed / vehicle.comer.speedMs) ** 4;
  const held = obstacles.map(({ gap, speed }) => {
    const wanted = LEAST_GAP_M + Math.max(0, vehicle.speed * HEADWAY_S + (vehicle.speed * (vehicle.speed - speed)) / (2 * Math.sqrt(ACCELERATION * BRAKING)));
    return (wanted / Math.max(0.1, gap)) ** 2;
  });
  vehicle.metres.push(vehicle.at);
  vehicle.speed = Math.max(0, vehicle.speed + Math.max(-8, ACCELERATION * (free - Math.max(0, ...held))) * STEP_S);
  vehicle.at += vehicle.speed * STEP_S;
}

/** Metres gone and speed (m/s) at a time; null before the vehicle comes and after it has gone. */
export function onWay({ startS, metres }: Way, timeS: number): { readonly atM: number; readonly speedMs: number } | null {
  const at = (timeS - startS) / STEP_S, i = Math.floor(at);
  const before = metres[i], after = metres[i + 1];
  if (at < 0 || before === undefined || after === undefined) return null;
  return { atM: before + (after - before) * (at - i), speedMs: (after - before) / STEP_S };
}

export function endOfWay({ startS, metres }: Way): number {
  return Number.isFinite(startS) ? startS + metres.length * STEP_S : 0;
}

/** When vehicles of one lane come: gaps with the given mean, none shorter than a second. */
export function dueTimes(count: number, meanGapS: number, random: RandomNumbers): number[] {
  let at = random.between(0.3, Math.max(0.4, meanGapS * 0.7));
  return Array.from({ length: count }, () => {
    const due = at;
    at += 1 + random.exponential(Math.max(0.1, meanGapS - 1));
    return due;
  });
}
