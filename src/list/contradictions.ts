import { compareMarks } from '../plate/key.ts';
import type { Mark, VehicleClass } from '../plate/mark.ts';
import type { ListEntry } from './entry.ts';
import type { MatchablePass } from './matchable-pass.ts';
import { classesDiffer, classesNamed, coloursDiffer, makesDiffer } from './vehicle-words.ts';

/** Something that speaks against the vehicle being the listed one though the mark may be. */
export interface Contradiction {
  readonly of: 'jurisdiction' | 'district' | 'class' | 'make' | 'colour';
  /** A whole sentence for the officer. */
  readonly sentence: string;
}

/** What of jurisdiction, district, class, make and colour contradicts the entry. What either side leaves open contradicts nothing. */
export function contradictionsOf(pass: MatchablePass, entry: ListEntry): Contradiction[] {
  const { vehicle } = pass, listed = entry.vehicle;
  const found = [entry.mark === null ? null : placeContradiction(pass.mark, entry.mark), classContradiction(pass, entry)];
  if (makesDiffer(listed.make, vehicle.make)) found.push({ of: 'make', sentence: `The list says the make is ${listed.make}; the camera saw ${vehicle.make}.` });
  if (coloursDiffer(listed.colour, vehicle.colour)) found.push({ of: 'colour', sentence: `The list says the colour is ${listed.colour}; the camera saw ${vehicle.colour}.` });
  return found.filter((one) => one !== null);
}

/** Districts tell vehicles apart within one jurisdiction; where that differs already they say nothing more. */
function placeContradiction(read: Mark, listed: Mark): Contradiction | null {
  if (read.jurisdiction !== null && listed.jurisdiction !== null && read.jurisdiction !== listed.jurisdiction) {
    return {
      of: 'jurisdiction',
      sentence: `The list says jurisdiction ${listed.jurisdiction}; the plate shows ${read.jurisdiction}: the same letters and number stand on another vehicle there.`,
    };
  }
  if (read.district === null || listed.district === null || read.district === listed.district) return null;
  return { of: 'district', sentence: `The list says district ${listed.district}; the plate shows ${read.district}.` };
}

function classContradiction({ mark, vehicle }: MatchablePass, entry: ListEntry): Contradiction | null {
  const listed = classesNamed(entry.vehicle.class), seen = classesNamed(vehicle.class), motorcycle = ['motorcycle'];
  if (classesDiffer(listed.length === 0 && entry.mark?.class === 'motorcycle' ? motorcycle : listed, seen)) {
    return { of: 'class', sentence: `The list says the vehicle is a ${listed.length > 0 ? entry.vehicle.class : 'motorcycle'}; the camera saw a ${vehicle.class}.` };
  }
  if (mark.class === 'motorcycle' && classesDiffer(listed, motorcycle)) {
    return { of: 'class', sentence: `The list says the vehicle is a ${entry.vehicle.class}; the plate is a motorcycle's.` };
  }
  if (entry.mark === null || !plateClassesContradict(mark, entry.mark)) return null;
  return { of: 'class', sentence: `The list says class of the vehicle ${entry.mark.class}; the plate looks ${mark.class}.` };
}

/** A motorcycle is neither a car nor a bus; governments, police and others have motorcycles too, but Sindh numbers even those apart. */
function plateClassesContradict(read: Mark, listed: Mark): boolean {
  return compareMarks(read, listed).contradicts.includes('class')
    || (read.class === 'motorcycle' && isFourWheeled(listed.class)) || (listed.class === 'motorcycle' && isFourWheeled(read.class));
}

const isFourWheeled = (of: VehicleClass | null): boolean => of === 'private' || of === 'commercial';
