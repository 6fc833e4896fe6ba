/** The reader's answer of one plate: 45 maps, each `rows` x `columns`, a cell for every few pixels (`cell`) of the plate. */
export interface CharacterMap {
  readonly values: Float32Array;
  readonly rows: number;
  readonly columns: number;
  readonly cell: { readonly width: number; readonly height: number };
}

/** Order of the reader's classes. */
export const characterClasses = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789';
export const characterMapChannels = 45;
/** First map of each kind: presence, 36 classes, centre offset x and y, log of the size, three lines, small raised year. */
const presenceMap = 0, classMap = 1, offsetMap = 37, sizeMap = 39, lineMap = 41, raisedMap = 44;
/** Characters are measured against this many pixels. */
const sizeUnit = 16;

/** A character that the map shows, in pixels of the plate as the network saw it. */
export interface SeenCharacter {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  /** Probability that a character stands here. */
  readonly presence: number;
  /** Probability of each class, in the order of `characterClasses`; they sum to 1. */
  readonly classes: readonly number[];
  /** Probability of standing on the first, second and third line. */
  readonly lines: readonly [number, number, number];
  /** Probability of belonging to the small raised year. */
  readonly raised: number;
}

/** Whether the likeliest class of a character is a letter. */
export function isLikelyLetter({ classes }: Pick<SeenCharacter, 'classes'>): boolean {
  return characterClasses[classes.indexOf(Math.max(...classes))]! > '9';
}

export interface SeenCharacters {
  readonly characters: readonly SeenCharacter[];
  /** What may be characters too, but is likelier dirt: each below the presence that counts. */
  readonly faint: readonly SeenCharacter[];
}

/** Fainter than this is no more than the ground of the map. */
const faintest = 0.05;
const mostSeen = 40;
/** Two finds are one character when they share this much of both together or of the smaller one. */
const sharedOfBoth = 0.35, sharedOfSmaller = 0.65;

/** The characters of a map, surest first. Whatever the values are (NaN and infinities too), the answer is well formed. */
export function charactersOfMap(map: CharacterMap, leastPresence = 0.5): SeenCharacters {
  const peaks = peaksOf(map).map((cell) => characterAt(map, cell)).sort((a, b) => b.presence - a.presence).slice(0, mostSeen);
  const seen: SeenCharacter[] = [];
  for (const one of peaks) if (!seen.some((other) => isSame(one, other))) seen.push(one);
  return { characters: seen.filter((c) => c.presence >= leastPresence), faint: seen.filter((c) => c.presence < leastPresence) };
}

/** Cells whose presence is the largest of the nine around them; of equal ones the first. */
function peaksOf({ values, rows, columns }: CharacterMap): number[] {
  const out: number[] = [];
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const cell = row * columns + column, here = values[presenceMap * rows * columns + cell]!;
      if (!(sigmoid(here) >= faintest)) continue;
      let peak = true;
      for (let y = Math.max(0, row - 1); peak && y <= Math.min(rows - 1, row + 1); y++) {
        for (let x = Math.max(0, column - 1); peak && x <= Math.min(columns - 1, column + 1); x++) {
          const other = y * columns + x, there = values[other]!;
          peak = other === cell || !(there > here || (there === here && other < cell));
        }
      }
      if (peak) out.push(cell);
    }
  }
  return out;
}

function characterAt({ values, rows, columns, cell: pixels }: CharacterMap, cell: number): SeenCharacter {
  const value = (channel: number): number => values[channel * rows * columns + cell]!;
  const centre = (index: number, offset: number): number => index + 0.5 + bounded(value(offset), -4, 4);
  const size = (channel: number): number => sizeUnit * Math.exp(bounded(value(channel), -3, 3));
  return {
    x: centre(cell % columns, offsetMap) * pixels.width, y: centre(Math.floor(cell / columns), offsetMap + 1) * pixels.height, width: size(sizeMap), height: size(sizeMap + 1),
    presence: sigmoid(value(presenceMap)), classes: softmax(Array.from({ length: characterClasses.length }, (_, i) => value(classMap + i))),
    lines: softmax([value(lineMap), value(lineMap + 1), value(lineMap + 2)]) as [number, number, number], raised: sigmoid(value(raisedMap)),
  };
}

function isSame(a: SeenCharacter, b: SeenCharacter): boolean {
  const across = Math.min(a.x + a.width / 2, b.x + b.width / 2) - Math.max(a.x - a.width / 2, b.x - b.width / 2);
  const down = Math.min(a.y + a.height / 2, b.y + b.height / 2) - Math.max(a.y - a.height / 2, b.y - b.height / 2);
  if (across <= 0 || down <= 0) return false;
  const shared = across * down, ofA = a.width * a.height, ofB = b.width * b.height;
  return shared > sharedOfBoth * (ofA + ofB - shared) || shared > sharedOfSmaller * Math.min(ofA, ofB);
}

function bounded(value: number, least: number, most: number): number {
  return Number.isNaN(value) ? 0 : Math.min(most, Math.max(least, value));
}

export function sigmoid(logit: number): number {
  return Number.isNaN(logit) ? 0 : 1 / (1 + Math.exp(-logit));
}

/** Probabilities that sum to 1, also of values that no probability can be made of. */
export function softmax(logits: readonly number[]): number[] {
  const finite = logits.map((v) => bounded(v, -1e4, 1e4)), most = Math.max(...finite);
  const powers = finite.map((v) => Math.exp(v - most)), sum = powers.reduce((a, b) => a + b, 0);
  return powers.map((p) => p / sum);
}
