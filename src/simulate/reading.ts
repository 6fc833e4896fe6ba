import { passId } from '../pass/pass-id.ts';
import type { AlternativeMark, ObservedVehicle, Pass } from '../pass/pass.ts';
import { markKey, skeleton } from '../plate/key.ts';
import type { Mark } from '../plate/mark.ts';
import { writeMark } from '../plate/written-form.ts';
import type { Camera } from '../geo/register.ts';
import { readCharacters, WORTH_A_SECOND_CHOICE, type ReadCharacter } from './character-errors.ts';
import type { CityRates } from './city-options.ts';
import type { TrueVehicle } from './city-truth.ts';
import { RandomNumbers } from './random-numbers.ts';

export const SIMULATION = 'simulation';

/** One pass on its way to the centre. */
export interface Delivery {
  readonly vehicle: TrueVehicle;
  readonly camera: Camera;
  /** By the camera's clock. */
  readonly capturedAt: number;
  readonly sequence: number;
  readonly arrivesAt: number;
  /** Seed of what is read: the same pass delivered again reads the same. */
  readonly reading: number;
}

const PROVINCES = ['BA', 'SD', 'PB', 'KP', 'IS'] as const;
/** What a camera takes a class of vehicle for when it is wrong. */
const CLASS_FOR: Readonly<Record<string, readonly string[]>> = {
  car: ['jeep', 'van'], jeep: ['car', 'pickup'], van: ['jeep', 'bus'], pickup: ['jeep', 'truck'], truck: ['bus', 'pickup'], bus: ['truck', 'van'], motorcycle: ['rickshaw'], rickshaw: ['motorcycle', 'van'],
};
const COLOUR_FOR: Readonly<Record<string, readonly string[]>> = {
  white: ['grey', 'yellow'], grey: ['white', 'black'], black: ['grey', 'blue'], red: ['brown'], blue: ['black', 'grey'], green: ['black', 'grey'], brown: ['red', 'grey'], yellow: ['white', 'brown'],
};
/** Of Punjab's plates with a year. */
const OLDEST_YEAR = '04', NEWEST_YEAR = '21';
/** Other readings that a pass carries at most, and the share of what is left that a second choice takes. */
const ALTERNATIVES = 4, SECOND_CHOICE_SHARE = 0.6;

/** What the reader makes of a vehicle's plate, and the camera of the vehicle. */
export class Reading {
  readonly #rates: CityRates;
  readonly #random = new RandomNumbers(0);
  /** Key and skeleton of each vehicle's mark as it is: shared by all its passes that were read right. */
  readonly #keys: string[] = [];
  readonly #skeletons: string[] = [];

  constructor(rates: CityRates) {
    this.#rates = rates;
  }

  read(delivery: Delivery): { readonly pass: Pass; readonly misread: boolean } {
    const random = this.#random.reseed(delivery.reading), { vehicle: { mark: truth }, camera, arrivesAt } = delivery;
    const parts = this.#partsRead(truth, random), printed = parts.letters + (parts.year ?? '') + parts.number + (parts.suffix ?? '');
    const characters = readCharacters(printed, this.#rates.misreads, random);
    let confidence = 1, text = '';
    for (const { char, confidence: sure } of characters) {
      confidence *= sure;
      text += char;
    }
    const asRead = text === printed ? parts : withText(parts, text), mark = believed(asRead), misread = text !== printed;
    return {
      misread,
      pass: {
        id: passId(camera.id, delivery.capturedAt, delivery.sequence), cameraId: camera.id, capturedAt: delivery.capturedAt, sequence: delivery.sequence,
        receivedAt: arrivesAt, processedAt: arrivesAt + 40 + random.whole(200), timeSource: 'camera', direction: camera.direction, outcome: 'mark',
        rawText: writeMark(asRead), mark, ...this.#keysOf(delivery.vehicle, mark, misread), confidence,
        characters: characters.map(({ char, confidence: sure }) => ({ char, confidence: sure })), alternatives: alternativesOf(asRead, text, characters, confidence),
        readCount: 3 + random.whole(6), plateBox: null, corners: null, evidence: null, vehicle: this.#seen(delivery.vehicle, random), source: SIMULATION,
      },
    };
  }

  /** The mark without what was not read, and with what was read wrongly of the words around it. The very mark where all was read. */
  #partsRead(truth: Mark, random: RandomNumbers): Mark {
    const { yearUnread, provinceUnread, provinceWrong } = this.#rates;
    const year = truth.year !== null && random.happens(yearUnread) ? null : truth.year;
    if (random.happens(provinceUnread) && !namesItsProvince(truth, year)) return { ...truth, year, jurisdiction: null, district: null, class: null, series: null };
    if (random.happens(provinceWrong)) return { ...truth, year, jurisdiction: random.pick(PROVINCES.filter((code) => code !== truth.jurisdiction)), district: null, class: null, series: null };
    const district = truth.district !== null && random.happens(provinceUnread) ? null : truth.district;
    return year === truth.year && district === truth.district ? truth : { ...truth, year, district };
  }

  #keysOf({ vehicle, mark: truth }: TrueVehicle, mark: Mark, misread: boolean): Pick<Pass, 'key' | 'skeleton'> {
    if (misread) {
      const key = markKey(mark);
      return { key, skeleton: skeleton(key) };
    }
    const key = this.#keys[vehicle] ??= markKey(truth);
    return { key, skeleton: this.#skeletons[vehicle] ??= skeleton(key) };
  }

  #seen({ class: vehicleClass, colour }: TrueVehicle, random: RandomNumbers): ObservedVehicle {
    const { classUnseen, classWrong, colourUnseen, colourWrong } = this.#rates;
    return {
      class: looked(vehicleClass, classUnseen, classWrong, CLASS_FOR[vehicleClass], random), make: null,
      colour: looked(colour, colourUnseen, colourWrong, COLOUR_FOR[colour], random),
    };
  }
}

function looked(truth: string, unseen: number, wrong: number, takenFor: readonly string[] | undefined, random: RandomNumbers): string | null {
  if (random.happens(unseen)) return null;
  return takenFor !== undefined && random.happens(wrong) ? random.pick(takenFor) : truth;
}

/** A mark with a year is Punjab's, and Afghan codes are nobody else's, whether or not a word says so. */
const namesItsProvince = (truth: Mark, yearRead: string | null): boolean => yearRead !== null || truth.series === 'AFG';

/** A year in which no such plate was issued counts as not read. */
const believed = (mark: Mark): Mark => (mark.year !== null && (mark.year < OLDEST_YEAR || mark.year > NEWEST_YEAR) ? { ...mark, year: null } : mark);

/** A mark of the same form with other characters. */
function withText(form: Mark, text: string): Mark {
  const letters = form.letters.length, number = letters + (form.year?.length ?? 0), suffix = number + form.number.length;
  return {
    ...form, letters: text.slice(0, letters), year: form.year === null ? null : text.slice(letters, number), number: text.slice(number, suffix), suffix: form.suffix === null ? null : text.slice(suffix),
  };
}

function alternativesOf(mark: Mark, text: string, characters: readonly ReadCharacter[], confidence: number): AlternativeMark[] {
  const found: AlternativeMark[] = [];
  characters.forEach(({ char, other, confidence: sure }, i) => {
    if (sure > WORTH_A_SECOND_CHOICE || other === char || sure === 0) return;
    found.push({ mark: writeMark(withText(mark, text.slice(0, i) + other + text.slice(i + 1))), confidence: (confidence / sure) * (1 - sure) * SECOND_CHOICE_SHARE });
  });
  return found.length < 2 ? found : found.toSorted((a, b) => b.confidence - a.confidence).slice(0, ALTERNATIVES);
}
