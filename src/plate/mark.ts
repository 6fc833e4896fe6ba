export const VEHICLE_CLASSES = ['private', 'motorcycle', 'commercial', 'government', 'police', 'diplomatic', 'military', 'trade', 'personalised', 'foreign'] as const;
/** What a vehicle's plate says it is used as; `null` where nothing tells. */
export type VehicleClass = (typeof VEHICLE_CLASSES)[number];

/**
 * A parsed registration mark. Any part may be unknown (`null`): a Punjab year that a bolt hides, a jurisdiction that nothing on the
 * plate names. Parts are upper case, without separators.
 */
export interface Mark {
  /** Code of the issuing jurisdiction, as in `jurisdictions.json`: PB, SD, IS, KP, BA, AJ, GB, … */
  readonly jurisdiction: string | null;
  /** District word of KP and Balochistan plates (SWAT, QUETTA), part of the identity there. */
  readonly district: string | null;
  readonly letters: string;
  /** Two digits as printed ("07"); null = the plate has none, or it was not read. */
  readonly year: string | null;
  /** Digits as printed, leading zeros kept ("036"). */
  readonly number: string;
  /** Letter after the number ("A" of LEB-17-4201 A). */
  readonly suffix: string | null;
  readonly class: VehicleClass | null;
  /** Id of the series (format and era) that the mark was parsed by: "PB-Y", "SD-3". */
  readonly series: string | null;
}

/**
 * One character that the grammar changed by its position, kept so that a reader of the record sees it. `index` counts the letters and
 * digits of the text, separators and captions left out.
 */
export interface ResolvedCharacter { readonly index: number; readonly from: string; readonly to: string }

export interface MarkCandidate {
  readonly mark: Mark;
  /** Share of belief among the candidates of one parse, 0..1; all of them sum to at most 1. */
  readonly score: number;
  readonly resolved: readonly ResolvedCharacter[];
}

/** What stands on or around the plate beside the mark, used to rank jurisdictions; all optional. */
export interface PlateCues {
  /** Words on the plate that are not the mark: PUNJAB, SINDH, SWAT, a dealer's name. Upper case. */
  readonly words?: readonly string[];
  readonly ground?: 'white' | 'yellow' | 'black' | 'green' | 'blue' | 'red' | null;
  readonly leftBand?: 'green' | 'blue' | null;
  readonly lines?: number;
  /** Two digits read apart from the rest as the small raised year; null: looked for and not there; left out: not looked for. */
  readonly raisedYear?: string | null;
  /** Where the letters end in the text, when the layout (two lines) tells. */
  readonly lettersLength?: number;
  /** Code of the jurisdiction, where the caller knows it already (a register's column, "PB:" typed by a person). */
  readonly jurisdiction?: string | null;
}

/** Expected outcomes of reading a plate's text. `raw` is always the text as given, unchanged. */
export type PlateParse =
  | { readonly kind: 'mark'; readonly raw: string; readonly candidates: readonly [MarkCandidate, ...MarkCandidate[]] }
  | { readonly kind: 'applied-for'; readonly raw: string }
  /** `mark` is there when the plate has a name and a number (AFRIDI 1), so that a list can name it: class personalised, no jurisdiction. */
  | { readonly kind: 'fancy'; readonly raw: string; readonly words: readonly string[]; readonly mark?: Mark }
  | { readonly kind: 'official'; readonly raw: string; readonly series: string }
  | { readonly kind: 'unreadable'; readonly raw: string; readonly reason: string };

export type PlateOutcome = PlateParse['kind'];
