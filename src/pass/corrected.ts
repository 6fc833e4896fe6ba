import type { Mark } from '../plate/mark.ts';
import { writeMark } from '../plate/written-form.ts';
import { markFields } from './build.ts';
import { passId } from './pass-id.ts';
import type { Pass } from './pass.ts';

/** Corrections are numbered from here on; what a camera or another system numbers stays below, so that a correction never has the id of a pass. */
export const FIRST_CORRECTION = 2_000_000_000;

/** What a person says stands on the plate; null: nobody can read it. */
export interface CorrectedRead { readonly mark: Mark | null; readonly at: number; readonly sequence: number }

/**
 * The pass that takes the place of one that was read wrongly: seen by the same camera at the same time, with the same picture. The person's word
 * is taken for sure, so that there are no doubts of single characters and no other readings. `at`: now, epoch milliseconds; `sequence`: at least
 * FIRST_CORRECTION, not yet used at this camera and time.
 */
export function correctedPass<P extends Pass>(original: P, { mark, at, sequence }: CorrectedRead): P {
  if (sequence < FIRST_CORRECTION) throw new RangeError(`corrections are numbered from ${FIRST_CORRECTION}: ${sequence}`);
  return {
    ...original, ...markFields(mark), id: passId(original.cameraId, original.capturedAt, sequence), sequence, corrects: original.id, processedAt: at, source: 'correction',
    outcome: mark === null ? 'unreadable' : 'mark', rawText: mark === null ? '' : writeMark(mark), confidence: 1, characters: [], alternatives: [],
  };
}
