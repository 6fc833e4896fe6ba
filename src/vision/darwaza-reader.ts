import type { PlateCues } from '../plate/mark.ts';
import { characterMapChannels, charactersOfMap, sigmoid, softmax } from './character-map.ts';
import type { SeenCharacters } from './character-map.ts';
import { withFullContrast } from './full-contrast.ts';
import { openOwnModel, plateInputOf } from './model-card.ts';
import type { Calibration, PlateInput } from './model-card.ts';
import type { Network, Tensor } from './onnx-session.ts';
import type { Picture } from './picture.ts';
import { groundCues } from './plate-ground.ts';
import type { PlateReader, PlateText, PlateView, ReadHint } from './plate-reader.ts';
import { spell, withYear } from './plate-spelling.ts';
import type { Spelling } from './plate-spelling.ts';
import { uprightPlate } from './upright-plate.ts';

/** Plates of these proportions fit both of the network's shapes. */
const eitherFrom = 1.6, eitherTo = 3.4;

const grounds = ['white', 'yellow', 'black', 'green', 'blue', 'red', null] as const;
const jurisdictions = ['PB', 'SD', 'IS', 'KP', 'BA', null] as const;
const plateValues = 17;
/** A colour less likely than this is left to the pixels to say. */
const leastGround = 0.5;
/** The parser takes a jurisdiction that it is told for nearly certain. */
const leastJurisdiction = 0.8;
/** Room beside the outermost characters, in their widths, below which one more may have been cut off. */
const edgeRoom = 0.35;
/** Below this the network says that nobody could read the plate; of a given crop its guess is given all the same. */
const leastLegible = 0.1;

/** Reads plates with Darwaza's own network: all characters of all rows in one pass, each found by its place. */
export class DarwazaReader implements PlateReader {
  readonly name = 'darwaza';
  readonly #network: Network;
  readonly #input: PlateInput;
  readonly #calibration: Calibration;

  private constructor(network: Network, input: PlateInput, calibration: Calibration) {
    this.#network = network;
    this.#input = input;
    this.#calibration = calibration;
  }

  /** Throws DarwazaError MODEL_INVALID when `reader.json` or its network in the folder cannot be used. */
  static async open(folder: string): Promise<DarwazaReader> {
    const { card, network } = await openOwnModel(folder, 'reader', (given) => {
      const { tall } = plateInputOf(folder, given);
      return { shape: [1, 3, tall.height, tall.width], outputs: { characters: [1, characterMapChannels, null, null], plate: [1, plateValues] } };
    });
    return new DarwazaReader(network, plateInputOf(folder, card), card.calibration ?? { a: 1, b: 0 });
  }

  close(): Promise<void> {
    return this.#network.close();
  }

  views({ width, height }: { readonly width: number; readonly height: number }): readonly [PlateView, ...PlateView[]] {
    const { tall, wide, wideFrom, grown } = this.#input, aspect = width / Math.max(1, height), [shape, other] = aspect < wideFrom ? [tall, wide] : [wide, tall];
    // Tall plates gain by being seen closer, wide ones lose their first and last letter that way.
    const margins = shape === tall ? [0, 0.08, 0.02] : [0.12, 0.08, -0.02], [second, ...more] = margins.map((margin) => ({ ...shape, margin }));
    return [{ ...shape, margin: grown }, second!, ...(aspect >= eitherFrom && aspect <= eitherTo ? [{ ...other, margin: grown }] : []), ...more];
  }

  async read(plate: Picture, { surelyPlate = false }: ReadHint = {}): Promise<PlateText | null> {
    const seen = withFullContrast(this.#shaped(plate)), { characters, whole } = await this.#see(seen), spelling = spell(characters, whole.lines, seen);
    if (spelling === null || !(surelyPlate || whole.legible >= leastLegible)) return null;
    const text = (said: Spelling): PlateText => ({
      text: said.text, characters: said.characters, confidence: probabilityOf(said.belief, this.#calibration), legible: whole.legible, atEdge: reachesEdge(said, seen.width), tilt: (said.slope * seen.width) / seen.height,
      cues: { ...said.cues, ...groundOf(seen, said, whole.ground), ...whole.jurisdiction },
    });
    return { ...text(spelling), ...this.#closerAtYear(spelling, seen, text) };
  }

  async #see(plate: Picture): Promise<{ readonly characters: SeenCharacters; readonly whole: WholePlate }> {
    const answer = await this.#network.runAll(planesOf(plate), [1, 3, plate.height, plate.width]), { values, shape } = answer.get('characters')!;
    const characters = charactersOfMap({ values, rows: shape[2]!, columns: shape[3]!, cell: { width: plate.width / shape[3]!, height: plate.height / shape[2]! } });
    return { characters, whole: wholePlate(answer.get('plate')!) };
  }

  /** The digits of a small year are 6 px wide where the letters are 16: closer they are twice that. */
  #closerAtYear(first: Spelling, { width, height }: Picture, text: (said: Spelling) => PlateText): Pick<PlateText, 'closer'> {
    const place = first.yearPlace, { tall, grown } = this.#input;
    if (place === null) return {};
    const rest = first.places.flatMap((c, i) => (place.year.includes(c) ? [] : [first.characters[i]!.char])).join('');
    const read = async (part: Picture): Promise<PlateText | null> => {
      const better = withYear(first, (await this.#see(withFullContrast(part))).characters);
      return better === null ? null : text(better);
    };
    return { closer: { left: place.left / width, top: place.top / height, right: place.right / width, bottom: place.bottom / height, view: { ...tall, margin: grown }, unseen: place.year.length === 0, rest, read } };
  }

  /** A plate of any size in one of the network's shapes. */
  #shaped(plate: Picture): Picture {
    const { width, height } = plate, { tall, wide, wideFrom } = this.#input;
    if ([tall, wide].some((s) => s.width === width && s.height === height)) return plate;
    const shape = width / height < wideFrom ? tall : wide;
    return uprightPlate(plate, [[0, 0], [width, 0], [width, height], [0, height]], shape.width, shape.height);
  }
}

/** Whether the first or last character has less room beside it than another character would need to begin. */
function reachesEdge({ places }: Spelling, width: number): boolean {
  return places.some((p) => p.x - p.width / 2 < edgeRoom * p.width || width - p.x - p.width / 2 < edgeRoom * p.width);
}

/** Pixels as the network takes them: all red, all green, all blue, 0..1. */
function planesOf({ data, width, height }: Picture): Float32Array {
  const area = width * height, out = new Float32Array(3 * area);
  for (let i = 0, at = 0; i < area; i++) {
    for (let channel = 0; channel < 3; channel++, at++) out[channel * area + i] = data[at]! / 255;
  }
  return out;
}

interface WholePlate { readonly legible: number; readonly ground: PlateCues['ground']; readonly jurisdiction: Pick<PlateCues, 'jurisdiction'>; readonly lines: readonly number[] }

function wholePlate({ values }: Tensor): WholePlate {
  const ground = likeliest(values.subarray(1, 8)), issuer = likeliest(values.subarray(8, 14)), code = jurisdictions[issuer.index] ?? null;
  return {
    legible: sigmoid(values[0]!), ground: ground.probability >= leastGround ? grounds[ground.index]! : null,
    jurisdiction: code !== null && issuer.probability >= leastJurisdiction ? { jurisdiction: code } : {}, lines: softmax([...values.subarray(14, 17)]),
  };
}

function likeliest(logits: Float32Array): { readonly index: number; readonly probability: number } {
  const probabilities = softmax([...logits]), probability = Math.max(...probabilities);
  return { index: probabilities.indexOf(probability), probability };
}

/** The network knows the ground by the whole plate; a coloured band beside the text is found by its pixels. */
function groundOf(plate: Picture, { places }: Spelling, known: PlateCues['ground']): Pick<PlateCues, 'ground' | 'leftBand'> {
  const text = {
    left: Math.min(...places.map((p) => p.x - p.width / 2)), right: Math.max(...places.map((p) => p.x + p.width / 2)),
    top: Math.min(...places.map((p) => p.y - p.height / 2)), bottom: Math.max(...places.map((p) => p.y + p.height / 2)),
  };
  const seen = groundCues(plate, text), ground = known ?? seen.ground ?? null;
  return { ground, leftBand: seen.leftBand === ground ? null : seen.leftBand ?? null };
}

/** Belief to the probability that the whole text is right, as fitted when the network was trained. Increasing, so it changes no choice. */
function probabilityOf(belief: number, { a, b }: Calibration): number {
  const p = Math.min(1 - 1e-6, Math.max(1e-6, belief));
  return 1 / (1 + Math.exp(-(a * Math.log(p / (1 - p)) + b)));
}
