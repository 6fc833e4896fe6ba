import { createHash } from 'node:crypto';
import type { Register } from '../../src/geo/register.ts';
import { passId } from '../../src/pass/pass-id.ts';
import type { Pass } from '../../src/pass/pass.ts';
import { simulateCity, type SimulatedPass } from '../../src/simulate/city.ts';
import { PLAIN_KEY } from './shift.ts';
import { WEEK, type Plan } from './plan.ts';

const SEED = 5, CALIBRATION_VEHICLES = 2000;

/** A week of the city's traffic, then what comes after it. */
export interface Traffic {
  /** In order of arrival, each once. */
  week(): Iterable<Pass>;
  /** Keys of vehicles that come every week, once `week` was read. All others come but once: through traffic, and marks that nobody carries. */
  readonly regular: ReadonlySet<string>;
  /** Deliveries after the week, repeats among them: at most `limit`. */
  next(limit: number): Pass[];
}

/** The traffic of which one week is a `weeks`-th of the passes. */
export function trafficOf(register: Register, plan: Plan, next: number): Traffic {
  const perWeek = Math.ceil(plan.passes / plan.weeks), days = 7 + Math.max(1, Math.ceil((next * 7 * 1.2) / perWeek));
  const city = (vehicles: number, length: number) => simulateCity(register, { seed: SEED, vehicles, days: length, startsAt: plan.startsAt });
  let calibration = 0;
  for (const { repeated } of city(CALIBRATION_VEHICLES, 7).passes()) if (!repeated) calibration++;
  const simulated = city(Math.ceil((CALIBRATION_VEHICLES * perWeek) / calibration), days), regular = new Set<string>(), end = plan.startsAt + WEEK;
  const vehicles = simulated.truth.vehicles;
  return {
    regular,
    *week() {
      for (const { pass, vehicle, misread, repeated, arrivesAt } of simulated.passes()) {
        if (arrivesAt >= end) return;
        if (pass.key !== null && ((!misread && vehicles[vehicle]?.kind !== 'through') || !PLAIN_KEY.test(pass.key))) regular.add(pass.key);
        if (!repeated) yield seenByOwnCamera(pass);
      }
    },
    next: (limit) => {
      const found: Pass[] = [];
      for (const { pass, arrivesAt } of simulated.passes() as Iterable<SimulatedPass>) {
        if (arrivesAt >= end && found.push(seenByOwnCamera(pass)) === limit) break;
      }
      return found;
    },
  };
}

/** With all that the product's own pipeline stores of a pass: places in the picture, and the picture. */
function seenByOwnCamera(pass: Pass): Pass {
  const sha256 = createHash('sha256').update(pass.id).digest('hex'), [x, y] = [200 + (parseInt(sha256.slice(0, 3), 16) % 1500), 400 + (parseInt(sha256.slice(3, 6), 16) % 550)];
  return {
    ...pass, plateBox: pass.plateBox ?? { x, y, width: 118, height: 61 }, corners: pass.corners ?? [[x, y + 2], [x + 117, y], [x + 118, y + 59], [x + 1, y + 61]],
    evidence: pass.evidence ?? { sha256, mediaType: 'image/jpeg', width: 1920, height: 1080 },
  };
}

/** The same pass `byMs` later. */
export function passLater(pass: Pass, byMs: number): Pass {
  const capturedAt = pass.capturedAt + byMs;
  return { ...pass, id: passId(pass.cameraId, capturedAt, pass.sequence), capturedAt, receivedAt: pass.receivedAt + byMs, processedAt: pass.processedAt + byMs };
}
