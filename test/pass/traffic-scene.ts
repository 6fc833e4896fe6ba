import { createHash } from 'node:crypto';
import type { PlateBox } from '../../src/pass/pass.ts';
import type { PlateRead, ReadCharacter, SeenFrame } from '../../src/pass/observation.ts';
import type { PlateParse } from '../../src/plate/mark.ts';
import { parsePlate } from '../../src/plate/parse.ts';
import { NOON } from './reads.ts';

/** A vehicle on the road: metres before the camera and beside its axis at a time in seconds. */
export interface Driven {
  readonly text: string;
  readonly at: (seconds: number) => { readonly ahead: number; readonly beside: number };
  readonly from: number;
  readonly until: number;
  /** Metres above the road; one plate each. Default one of 0.42 m at 0.6 m. */
  readonly plates?: readonly { readonly height: number; readonly beside?: number; readonly width: number; readonly text?: string }[];
  /** Times in seconds at which something stands before it. */
  readonly hidden?: readonly (readonly [number, number])[];
  /** Nothing can be read of it. */
  readonly unreadable?: boolean;
  /** Size of its body, metres. */
  readonly body?: { readonly width: number; readonly height: number };
}

/** A camera on a pole, and how well its pictures are read. */
export interface Setting {
  readonly fps: number;
  /** Pixels; the picture is 1920 × 1080. */
  readonly focal: number;
  readonly pole: number;
  /** Metres to the point that the camera looks at. */
  readonly looksAt: number;
  /** Chance that a plate is not found in a frame. */
  readonly dropped: number;
  /** Chance that a character of a plate 100 px wide is misread; half as wide, four times that. */
  readonly misread: number;
  /** Standard deviation of a box' place and size, in plate widths. */
  readonly jitter: number;
  /** Movement that is no vehicle. */
  readonly clutter?: readonly ((seconds: number, random: () => number) => PlateBox | null)[];
  readonly moving?: boolean;
  /** Chance that a plate is found twice. */
  readonly doubled?: number;
}

export interface Scene { readonly frames: readonly SeenFrame[]; readonly vehicleOf: ReadonlyMap<PlateRead, Driven>; readonly seen: ReadonlySet<Driven> }

export const WIDTH = 1920, HEIGHT = 1080;
const ALIKE: Record<string, string> = { 0: 'OD8', 1: 'I7L', 2: 'Z7', 3: '89', 4: 'A9', 5: 'S6', 6: 'G8', 7: '1T', 8: 'B3', 9: '4', A: '4', B: '8', C: 'G', D: '0', E: 'F', H: 'N', I: '1', M: 'N', N: 'HM', O: '0', R: 'P', S: '5', T: '7', Z: '2' };
const GLYPHS = 'ABCDEFHJKLMNPRSTUVXYZ0123456789';
const LEAST_PLATE = 28;

/** Numbers 0..1 that a seed alone decides (mulberry32). */
export function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

export function gauss(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

/** What the camera would give of the vehicles, frame by frame. The same seed gives the same scene. */
export function filmed(vehicles: readonly Driven[], setting: Setting, seed: number): Scene {
  const random = randomOf(seed), frames: SeenFrame[] = [], vehicleOf = new Map<PlateRead, Driven>(), seen = new Set<Driven>();
  const until = Math.max(...vehicles.map((v) => v.until));
  for (let t = Math.min(...vehicles.map((v) => v.from)) - 0.5; t <= until + 0.5; t += (1 + 0.1 * (random() - 0.5)) / setting.fps) {
    const reads: PlateRead[] = [];
    for (const vehicle of vehicles) {
      for (const read of readsOf(vehicle, t, setting, random)) {
        reads.push(read);
        vehicleOf.set(read, vehicle);
        seen.add(vehicle);
      }
    }
    frames.push(frameAt(t, reads, setting.moving ? movements(vehicles, t, setting, random) : undefined));
  }
  return { frames, vehicleOf, seen };
}

function readsOf(vehicle: Driven, t: number, setting: Setting, random: () => number): PlateRead[] {
  if (t < vehicle.from || t > vehicle.until || vehicle.hidden?.some(([a, b]) => t >= a && t < b)) return [];
  const { ahead, beside } = vehicle.at(t);
  return (vehicle.plates ?? [{ height: 0.6, width: 0.42 }]).flatMap((plate) => {
    const box = seenBox({ ahead, beside: beside + (plate.beside ?? 0), height: plate.height, width: plate.width, tall: plate.width / 2 }, setting);
    if (box === null || box.width < LEAST_PLATE || random() < setting.dropped) return [];
    const found = { vehicle, text: plate.text ?? vehicle.text };
    return random() < (setting.doubled ?? 0) ? [readOf(found, box, setting, random), readOf(found, box, setting, random)] : [readOf(found, box, setting, random)];
  });
}

/** Where a rectangle at a place on the road stands in the picture; null: not wholly in it. */
function seenBox(thing: { ahead: number; beside: number; height: number; width: number; tall: number }, { focal, pole, looksAt }: Setting, whole = true): PlateBox | null {
  if (thing.ahead < 1) return null;
  const pitch = Math.atan(pole / looksAt), scale = focal / Math.hypot(thing.ahead, pole);
  const x = WIDTH / 2 + thing.beside * scale, y = HEIGHT / 2 + focal * Math.tan(Math.atan((pole - thing.height) / thing.ahead) - pitch);
  const box = { x: x - (thing.width * scale) / 2, y: y - (thing.tall * scale) / 2, width: thing.width * scale, height: thing.tall * scale };
  if (whole) return box.x < 0 || box.y < 0 || box.x + box.width > WIDTH || box.y + box.height > HEIGHT ? null : box;
  const left = Math.max(0, box.x), top = Math.max(0, box.y), right = Math.min(WIDTH, box.x + box.width), bottom = Math.min(HEIGHT, box.y + box.height);
  return right - left < 8 || bottom - top < 8 ? null : { x: left, y: top, width: right - left, height: bottom - top };
}

function readOf({ vehicle, text }: { vehicle: Driven; text: string }, at: PlateBox, { misread, jitter }: Setting, random: () => number): PlateRead {
  const size = 1 + 0.6 * jitter * gauss(random), box = { x: at.x + jitter * at.width * gauss(random), y: at.y + 0.7 * jitter * at.width * gauss(random), width: at.width * size, height: at.height * size };
  const wrong = Math.min(0.6, misread * (100 / at.width) ** 2), usual = 0.985 - Math.min(0.4, wrong);
  const characters: ReadCharacter[] = vehicle.unreadable ? junk(random) : [...text].flatMap((char) => {
    if (random() >= wrong) return [character(char, usual + 0.015 * gauss(random))];
    if (random() < 0.15) return [];
    const alike = ALIKE[char] ?? '', other = random() < 0.7 && alike !== '' ? alike.charAt(Math.floor(random() * alike.length)) : GLYPHS.charAt(Math.floor(random() * GLYPHS.length));
    // A reader is surely wrong now and then.
    return [character(other, random() < 0.3 ? 0.86 + 0.12 * random() : 0.3 + 0.5 * random())];
  });
  const said = characters.map((c) => c.char).join(''), { x, y, width, height } = box;
  return {
    text: said, parse: parsed(said), confidence: said === '' ? 0.1 : Math.min(...characters.map((c) => c.confidence)), characters, box,
    corners: [[x, y], [x + width, y], [x + width, y + height], [x, y + height]], sharpness: Math.min(1, Math.max(0.05, 0.5 + 0.15 * gauss(random))),
  };
}

const parses = new Map<string, PlateParse>();

/** Parsing is most of what a scene costs, and its texts are few. */
function parsed(text: string): PlateParse {
  const parse = parses.get(text) ?? parsePlate(text);
  parses.set(text, parse);
  return parse;
}

function character(char: string, confidence: number): ReadCharacter {
  return { char, confidence: Math.min(0.999, Math.max(0.05, confidence)), alternatives: [] };
}

function junk(random: () => number): ReadCharacter[] {
  return Array.from({ length: Math.floor(random() * 5) }, () => character(GLYPHS.charAt(Math.floor(random() * GLYPHS.length)), 0.15 + 0.35 * random()));
}

function movements(vehicles: readonly Driven[], t: number, setting: Setting, random: () => number): PlateBox[] {
  const boxes = vehicles.flatMap((vehicle) => {
    if (t < vehicle.from || t > vehicle.until) return [];
    const now = vehicle.at(t), before = vehicle.at(t - 0.2), { width, height } = vehicle.body ?? { width: 1.8, height: 1.5 };
    if (Math.hypot(now.ahead - before.ahead, now.beside - before.beside) < 0.06) return [];
    const box = seenBox({ ...now, height: height / 2, width, tall: height }, setting, false);
    if (box === null || random() < 0.08) return [];
    // The sides of a movement waver, because smooth parts of a vehicle look the same in two frames.
    const left = box.width * 0.12 * random(), top = box.height * 0.12 * random();
    return [{ x: box.x + left, y: box.y + top, width: box.width - left - box.width * 0.12 * random(), height: box.height - top - box.height * 0.12 * random() }];
  });
  return [...boxes, ...(setting.clutter ?? []).flatMap((of) => of(t, random) ?? [])];
}

export function frameAt(seconds: number, reads: readonly PlateRead[], moving?: readonly PlateBox[]): SeenFrame {
  const capturedAt = NOON + Math.round(seconds * 1000), sha256 = createHash('sha256').update(`${seconds} ${reads.length}`).digest('hex');
  return { capturedAt, timeSource: 'camera', receivedAt: capturedAt + 40, evidence: { sha256, mediaType: 'image/jpeg', width: WIDTH, height: HEIGHT }, reads, ...(moving && { moving }) };
}
