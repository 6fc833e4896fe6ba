import { markKey } from '../plate/key.ts';
import type { Mark, VehicleClass } from '../plate/mark.ts';
import type { RandomNumbers } from './random-numbers.ts';

/** Without I and O, which few series use. */
const LETTERS = 'ABCDEFGHJKLMNPQRSTUVWXYZ';
/** Legends of vehicles without a mark ("applied for"): a plate with these letters would be taken for none. */
const LEGENDS = new Set(['AFR', 'AF', 'APL', 'APP']);
/**
 * Who issued the marks of Quetta's vehicles; relative weights. No count is published: Balochistan first, a large share from elsewhere
 * (registrations at home fall because people register in other provinces), and some Afghan plates.
 */
const JURISDICTIONS = ['BA', 'SD', 'PB', 'KP', 'IS', 'AF'] as const;
const JURISDICTION_WEIGHTS = [46, 22, 19, 6, 5, 2];
/** Of those Punjab marks: the series with a small raised year (2006 to 2020) are still the commonest. */
const PUNJAB_WITH_YEAR = 0.75;
const DISTRICTS: Readonly<Record<'BA' | 'KP', readonly (readonly [string, number])[]>> = {
  BA: [['QUETTA', 70], ['PISHIN', 9], ['MASTUNG', 6], ['KHUZDAR', 4], ['CHAMAN', 4], ['LORALAI', 3], ['SIBI', 2], ['ZHOB', 2]],
  KP: [['PESHAWAR', 45], ['MARDAN', 15], ['SWAT', 15], ['KOHAT', 10], ['BANNU', 10], ['ABBOTTABAD', 5]],
};
const PUNJAB_OFFICES = ['LE?', 'LE?', 'LE?', 'RI?', 'MN?', 'FD?', 'FS?', 'GA?', 'ST?', 'LE', 'RI'];
const AFGHAN_PROVINCES = ['KDR', 'KDR', 'KBL', 'HLM', 'ZBL', 'HRT', 'GZN'];

/** Draws marks of the series in `plate/jurisdictions.json`, no key twice, but for those that are meant to share one. */
export class FleetMarks {
  readonly #random: RandomNumbers;
  readonly #taken = new Set<string>();

  constructor(random: RandomNumbers) {
    this.#random = random;
  }

  /** A mark for a vehicle of this class (car, motorcycle, bus, …). */
  draw(vehicleClass: string): Mark {
    for (;;) {
      const mark = this.#drawn(vehicleClass), key = markKey(mark);
      if (LEGENDS.has(mark.letters) || this.#taken.has(key)) continue;
      this.#taken.add(key);
      return mark;
    }
  }

  /** A mark that another vehicle can carry lawfully beside this one: another year of Punjab, or another province; null where its form stands alone. */
  twinOf(mark: Mark): Mark | null {
    if (mark.year !== null) return { ...mark, year: twoDigits(7 + ((Number(mark.year) - 7 + 1 + this.#random.whole(12)) % 14)) };
    const shared = mark.letters.length === 3 && mark.number.length === 3 && mark.class === 'private';
    if (!shared || (mark.jurisdiction !== 'SD' && mark.jurisdiction !== 'IS')) return null;
    const elsewhere = mark.jurisdiction === 'SD' ? { jurisdiction: 'IS', series: 'IS-3' } : { jurisdiction: 'SD', series: 'SD-3' };
    return { ...mark, ...elsewhere };
  }

  #drawn(vehicleClass: string): Mark {
    const jurisdiction = JURISDICTIONS[this.#random.weighted(JURISDICTION_WEIGHTS)] as (typeof JURISDICTIONS)[number];
    const motorcycle = vehicleClass === 'motorcycle', usedAs = useOf(vehicleClass);
    switch (jurisdiction) {
      case 'BA': return this.#mark({ jurisdiction, district: this.#district('BA'), letters: motorcycle ? 'Q?M' : 'Q??', number: this.#number(4), class: usedAs, series: motorcycle ? 'BA-M' : 'BA-1' });
      case 'SD': return motorcycle
        ? this.#mark({ jurisdiction, letters: 'K??', number: this.#filled(4), class: 'motorcycle', series: 'SD-M' })
        : this.#mark({ jurisdiction, letters: `${this.#random.pick(['A', 'B', 'C'])}??`, number: this.#filled(3), class: usedAs, series: 'SD-3' });
      case 'PB': return this.#punjab(motorcycle, usedAs);
      case 'KP': return this.#mark({ jurisdiction, district: this.#district('KP'), letters: this.#random.happens(0.5) ? '?' : 'A?', number: this.#number(4), class: usedAs, series: 'KP-1' });
      case 'IS': return this.#mark({ jurisdiction, letters: `${this.#random.pick(['A', 'B'])}??`, number: this.#filled(motorcycle ? 4 : 3), class: usedAs, series: motorcycle ? 'IS-M' : 'IS-3' });
      case 'AF': return this.#mark({ jurisdiction, letters: this.#random.pick(AFGHAN_PROVINCES), number: this.#number(5), class: 'foreign', series: 'AFG' });
    }
  }

  #punjab(motorcycle: boolean, usedAs: VehicleClass): Mark {
    if (!this.#random.happens(PUNJAB_WITH_YEAR)) {
      return motorcycle
        ? this.#mark({ jurisdiction: 'PB', letters: `${this.#random.pick(['A', 'B', 'C'])}??`, number: this.#filled(4), class: usedAs, series: 'PB-UM' })
        : this.#mark({ jurisdiction: 'PB', letters: `${this.#random.pick(['A', 'B', 'C'])}??`, number: this.#filled(3), class: usedAs, series: 'PB-U' });
    }
    const suffix = this.#random.happens(0.04) ? this.#random.pick(['A', 'B', 'C']) : null;
    return this.#mark({ jurisdiction: 'PB', letters: this.#random.pick(PUNJAB_OFFICES), year: twoDigits(7 + this.#random.whole(14)), number: this.#number(4), suffix, class: usedAs, series: 'PB-Y' });
  }

  /** `letters`: '?' stands for any one. */
  #mark({ letters, ...rest }: Partial<Mark> & Pick<Mark, 'letters' | 'number'>): Mark {
    let spelt = '';
    for (const letter of letters) spelt += letter === '?' ? LETTERS.charAt(this.#random.whole(LETTERS.length)) : letter;
    return { jurisdiction: null, district: null, year: null, suffix: null, class: null, series: null, ...rest, letters: spelt };
  }

  #district(of: 'BA' | 'KP'): string {
    return DISTRICTS[of][this.#random.weighted(DISTRICTS[of].map(([, weight]) => weight))]?.[0] as string;
  }

  /** Numbers of at most so many digits, without leading zeros. */
  #number(digits: number): string {
    return String(1 + this.#random.whole(10 ** digits - 1));
  }

  #filled(digits: number): string {
    return this.#number(digits).padStart(digits, '0');
  }
}

function useOf(vehicleClass: string): VehicleClass {
  switch (vehicleClass) {
    case 'motorcycle': return 'motorcycle';
    case 'car': case 'jeep': return 'private';
    default: return 'commercial';
  }
}

const twoDigits = (n: number): string => String(n).padStart(2, '0');
