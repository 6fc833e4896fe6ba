import type { PlateRead } from './observation.ts';
import type { PlateBox } from './pass.ts';

/** Reads as sure as this that agree settle a vote among themselves: what comes after changes nothing. */
const SURE = 0.8, SURE_READS = 3;
/** A vehicle that is known is looked at again after so long; milliseconds. At 60 km/h it drives 8 m meanwhile, and its text says that it is the same. */
const AGAIN_MS = 450;
/** A plate that was not read for so long is another matter. */
const FORGOTTEN_MS = 1500;
/** What moves is a little larger than what moved when the plate was read in it. */
const AROUND = 0.25;

interface Known { readonly text: string; box: PlateBox; sure: number; lastAt: number }

/** Which of what moves in a camera's view is read well enough, so that the time of reading goes to the rest. Times are epoch milliseconds. */
export class KnownPlates {
  #plates: Known[] = [];

  note(reads: readonly PlateRead[], at: number): void {
    this.#plates = this.#plates.filter((p) => at - p.lastAt <= FORGOTTEN_MS);
    for (const { text, box, confidence } of reads) {
      const known = this.#plates.find((p) => p.text === text), sure = confidence >= SURE ? 1 : 0;
      if (known === undefined) this.#plates.push({ text, box, sure, lastAt: at });
      else Object.assign(known, { box, lastAt: at, sure: known.sure + sure });
    }
  }

  /** Where plates were read a moment before `at`: a vehicle that waits there does not move. */
  placesBefore(at: number): PlateBox[] {
    return this.#plates.filter((p) => at - p.lastAt <= FORGOTTEN_MS).map((p) => p.box);
  }

  /** Whether this moving part of the view shows only vehicles that were read surely, often, and just now. */
  isKnown(moving: PlateBox, at: number): boolean {
    const within = this.#plates.filter((p) => at - p.lastAt <= FORGOTTEN_MS && isWithin(p.box, moving));
    return within.length > 0 && within.every((p) => p.sure >= SURE_READS && at - p.lastAt < AGAIN_MS);
  }
}

/** Whether the middle of the plate lies in the box, or a little outside. */
function isWithin(plate: PlateBox, { x, y, width, height }: PlateBox): boolean {
  const px = plate.x + plate.width / 2, py = plate.y + plate.height / 2;
  return px >= x - AROUND * width && px <= x + (1 + AROUND) * width && py >= y - AROUND * height && py <= y + (1 + AROUND) * height;
}
