import { createHash } from 'node:crypto';

/** 36^9 ms is the year 5188; nine base-36 digits keep ids of one width, so that they sort by capture time. */
const TIME_DIGITS = 9;
const TIME_LIMIT = 36 ** TIME_DIGITS;
const HASH_DIGITS = 16;
const SHAPE = new RegExp(`^[0-9a-z]{${TIME_DIGITS}}-[0-9a-f]{${HASH_DIGITS}}$`);

/**
 * The id of a pass: capture time in base 36, '-', 64 bits of SHA-256 over camera, time and sequence. The same pass always gets the same
 * id, ids sort by capture time, and a store finds the time partition from the id alone. `capturedAt` is whole epoch milliseconds from
 * 1970 on, `sequence` a whole number from 0 on; anything else throws RangeError.
 */
export function passId(cameraId: string, capturedAt: number, sequence: number): string {
  if (!Number.isInteger(capturedAt) || capturedAt < 0 || capturedAt >= TIME_LIMIT)
    throw new RangeError(`capture time is not whole epoch milliseconds: ${capturedAt}`);
  if (!Number.isInteger(sequence) || sequence < 0) throw new RangeError(`sequence is not a whole number from 0 on: ${sequence}`);
  const hash = createHash('sha256')
    .update(JSON.stringify([cameraId, capturedAt, sequence]))
    .digest('hex');
  return `${capturedAt.toString(36).padStart(TIME_DIGITS, '0')}-${hash.slice(0, HASH_DIGITS)}`;
}

/** Capture time (epoch milliseconds) that a pass id carries, or null for a text that is not a pass id. */
export function capturedAtOfPassId(id: string): number | null {
  return SHAPE.test(id) ? Number.parseInt(id.slice(0, TIME_DIGITS), 36) : null;
}
