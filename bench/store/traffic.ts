import { createHash } from 'node:crypto';
import type { Register } from '../../src/geo/register.ts';
import { passId } from '../../src/pass/pass-id.ts';
import type { Pass } from '../../src/pass/pass.ts';
import { simulateCity } from '../../src/simulate/city.ts';
import { PLAIN_KEY } from './shift.ts';
import { WEEK, type Plan } from './plan.ts';

const SEED = 5;
/** Fleet of the week that tells how many passes a vehicle makes: the more the passes, the nearer they have to come. */
const calibrationFleet = (perWeek: number): number => Math.min(3000, Math.max(300, Math.round(perWeek / 100)));
/** More through traffic than the simulator's own: of a hundred million passes some two million vehicles, and a twentieth of the passes at the boundary. */
const KINDS = { resident: 23, commuter: 7.5, through: 62.8, bus: 0.2, truck: 1.5, visitor: 5 };

/** A week of the city's traffic, then what comes after it. */
export interface Traffic {
  /** In order of arrival, each once. */
  week(): Iterable<Pass>;
  /** Keys of vehicles that come every week, once `week` was read. All others come but once: through traffic, and marks that nobody carries. */
  readonly regular: ReadonlySet<string>;
  /** Deliveries after the week, once it was read; repeats among them. At most `limit`. */
  next(limit: number): Pass[];
}

/** The traffic of which one week is a `weeks`-th of the passes. */
export function trafficOf(register: Register, plan: Plan, next: number): Traffic {
  const perWeek = Math.ceil(plan.passes / plan.weeks), days = 7 + Math.max(1, Math.ceil((next * 7 * 1.2) / perWeek));
  const city = (vehicles: number, length: number) => simulateCity(register, { seed: SEED, vehicles, days: length, startsAt: plan.startsAt, kinds: KINDS });
  let calibration = 0;
  const fleet = calibrationFleet(perWeek);
  for (const { repeated } of city(fleet, 7).passes()) if (!repeated) calibration++;
  const simulated = city(Math.ceil((fleet * perWeek) / calibration), days), regular = new Set<string>(), end = plan.startsAt + WEEK;
  const vehicles = simulated.truth.vehicles, deliveries = simulated.passes()[Symbol.iterator](), after: Pass[] = [];
  const readHere = new Set(register.cameras.filter((camera) => camera.boundary).map((camera) => camera.id)), seen = (pass: Pass): Pass => seenBy(pass, readHere);
  return {
    regular,
    *week() {
      for (let given = deliveries.next(); !given.done; given = deliveries.next()) {
        const { pass, vehicle, misread, repeated, arrivesAt } = given.value;
        if (arrivesAt >= end) return void after.push(seen(pass));
        if (pass.key !== null && ((!misread && vehicles[vehicle]?.kind !== 'through') || !PLAIN_KEY.test(pass.key))) regular.add(pass.key);
        if (!repeated) yield seen(pass);
      }
    },
    next: (limit) => {
      for (let given = deliveries.next(); !given.done && after.length < limit; given = deliveries.next()) after.push(seen(given.value.pass));
      return after;
    },
  };
}

/**
 * As a city stores it: of every pass there is a picture; at the boundary the program reads it itself and knows where in it the plate is, in the
 * streets the cameras say what they read.
 */
function seenBy(pass: Pass, readHere: ReadonlySet<string>): Pass {
  const sha256 = createHash('sha256').update(pass.id).digest('hex'), evidence = { sha256, mediaType: 'image/jpeg', width: 1920, height: 1080 };
  if (!readHere.has(pass.cameraId)) return { ...pass, evidence };
  const [x, y] = [200 + (parseInt(sha256.slice(0, 3), 16) % 1500), 400 + (parseInt(sha256.slice(3, 6), 16) % 550)];
  return { ...pass, evidence, plateBox: { x, y, width: 118, height: 61 }, corners: [[x, y + 2], [x + 117, y], [x + 118, y + 59], [x + 1, y + 61]] };
}

/** The same pass `byMs` later. */
export function passLater(pass: Pass, byMs: number): Pass {
  const capturedAt = pass.capturedAt + byMs;
  return { ...pass, id: passId(pass.cameraId, capturedAt, pass.sequence), capturedAt, receivedAt: pass.receivedAt + byMs, processedAt: pass.processedAt + byMs };
}
