import { markKey } from '../../src/plate/key.ts';
import type { Mark } from '../../src/plate/mark.ts';
import type { Sighting } from '../../src/journey/journey.ts';

export const MORNING = Date.parse('2026-11-03T06:00:00+05:00');
const MINUTE = 60_000;

export function mark(parts: Partial<Mark> = {}): Mark {
  return { jurisdiction: 'PB', district: null, letters: 'LEA', year: '07', number: '1234', suffix: null, class: null, series: null, ...parts };
}

/** A sighting some minutes after 6 in the morning; the pass id follows from camera, time and sequence as in the store. */
export function sighting(siteId: string, direction: Sighting['direction'], minutes: number, more: Partial<Sighting> = {}): Sighting {
  const cameraId = more.cameraId ?? `${siteId}-${direction}-1`,
    capturedAt = MORNING + minutes * MINUTE,
    sequence = more.sequence ?? 0;
  const seen = more.mark ?? mark();
  return {
    passId: `${capturedAt}-${cameraId}-${sequence}`,
    cameraId,
    siteId,
    capturedAt,
    sequence,
    boundary: direction !== 'unknown',
    direction,
    mark: seen,
    key: markKey(seen),
    confidence: 0.95,
    vehicleClass: null,
    vehicleColour: null,
    ...more,
  };
}

export const entry = (minutes: number, more: Partial<Sighting> = {}): Sighting => sighting('baleli', 'in', minutes, more);
export const exit = (minutes: number, more: Partial<Sighting> = {}): Sighting => sighting('lak-pass', 'out', minutes, more);
export const inside = (minutes: number, more: Partial<Sighting> = {}): Sighting => sighting('sariab', 'unknown', minutes, more);
