import type { PlateTrack } from './plate-track.ts';
import { pictureArea } from './same-vehicle.ts';
import { textLikeness } from './similarity.ts';

/** So few reads may be misreads of a plate that was followed for longer. */
const FEW = 3;
/** The other vehicle was seen this much more often. */
const MORE = 2;
/** A place this much likelier (logarithm) on the other's way than anywhere else in the picture, and no farther off than this many standard deviations of x, y and size together. */
const ON_ITS_WAY = 1, STANDARD_DEVIATIONS = 3.3;
/** Beyond its first and last place a way is known for this long; milliseconds. */
const BEYOND_MS = 1000;
/** Reads so sure, and so unlike, are another plate: a vehicle that drives by before one that stands. */
const SURE = 0.85, UNLIKE = 0.4;

/**
 * A few reads that were taken for a vehicle of their own were misreads of `whole`: all lie on its way at their times, where no other vehicle
 * can have been, and no frame shows both. Ask `met` for that.
 */
export function isFragment(few: PlateTrack, whole: PlateTrack): boolean {
  if (few.count > FEW || whole.count < few.count + MORE) return false;
  if (few.lastAt < whole.firstAt - BEYOND_MS || few.firstAt > whole.lastAt + BEYOND_MS) return false;
  if (isAnother(few, whole)) return false;
  return few.observations.every(({ frame, read }) => {
    const { evidence, distance } = whole.trail.fit({ at: frame.capturedAt, box: read.box }, pictureArea(frame));
    return evidence >= ON_ITS_WAY && distance <= STANDARD_DEVIATIONS;
  });
}

/** A sure read of something else where a vehicle stands, or twice on its way. */
function isAnother(few: PlateTrack, whole: PlateTrack): boolean {
  const sure = few.observations.filter(({ read }) => read.parse.kind === 'mark' && read.confidence >= SURE);
  if (sure.length === 0 || (sure.length === 1 && !whole.stands)) return false;
  return sure.every(({ read }) => whole.compared.every((o) => textLikeness(o.read, read).likeness < UNLIKE));
}
