import type { PlateBox } from '../../src/pass/pass.ts';
import { mixed, RandomNumbers } from '../../src/simulate/random-numbers.ts';
import { boxOf, type Picture, type Point, type Quad } from '../../src/vision/picture.ts';
import { ambient, emptyRoad } from './background.ts';
import type { Conditions } from './conditions.ts';
import { addGlow, addNoise, addStreak, drawSurface, noiseSheet } from './raster.ts';
import { roadCamera, type Place, type RoadCamera } from './road-camera.ts';
import { vehiclesOf, type SceneVehicle, type WantedVehicle } from './scene-vehicle.ts';
import { textureOfSvg, type Texture } from './texture.ts';
import { SHADOW_SVG } from './vehicle-shapes.ts';

/** Where a vehicle is in one frame. */
export interface VehicleInFrame {
  readonly vehicle: number;
  /** All of it, within the picture. */
  readonly box: PlateBox;
  /** Its plate: box, width across its middle in pixels, and share of it that is in the picture and not hidden; null without one. */
  readonly plate: { readonly box: PlateBox; readonly widthPx: number; readonly visible: number } | null;
}
export interface FrameTruth { readonly index: number; /** Since the first frame. */ readonly timeMs: number; readonly vehicles: readonly VehicleInFrame[] }

/** A rendered road. Frames are a function of seed and index, in any order. */
export interface Scene {
  readonly conditions: Conditions;
  readonly seed: number;
  readonly vehicles: readonly SceneVehicle[];
  readonly frames: number;
  truth(index: number): FrameTruth;
  /** The pixels, over shared memory; it is the scene's own and is overwritten by the next frame. */
  picture(index: number): Picture;
}

export interface SceneOptions { readonly wanted?: readonly WantedVehicle[]; /** No frames after this, seconds. */ readonly mostS?: number }

interface Standing { readonly vehicle: SceneVehicle; readonly across: number; readonly away: number; readonly speedMs: number }

/** Texture widths: faces are seen at most about so large; a plate is sharper than its vehicle. */
const FACE_PX = 512, PLATE_PX = 512, SHEET_PX = 1 << 20, DAY_NOISE = 2.2, DUSK_NOISE = 5, NIGHT_NOISE = 7;

export async function createScene(conditions: Conditions, seed: number, options: SceneOptions = {}): Promise<Scene> {
  const camera = roadCamera(conditions.width, conditions.height, conditions.nearPlatePx), random = new RandomNumbers(mixed(seed, 1));
  const vehicles = vehiclesOf(conditions, camera, mixed(seed, 2), options.wanted);
  const lastS = Math.min(options.mostS ?? Number.POSITIVE_INFINITY, Math.max(...vehicles.map((v) => v.goneS)) + 0.5);
  const painted: Painted = { camera, conditions, road: await emptyRoad(camera, conditions, random), textures: await texturesOf(vehicles), sheet: noiseSheet(SHEET_PX, () => random.normal()), seed };
  const frame = { width: conditions.width, height: conditions.height, data: new Uint8Array(new SharedArrayBuffer(conditions.width * conditions.height * 3)) };
  return {
    conditions, seed, vehicles, frames: Math.max(1, Math.floor(lastS * conditions.fps)),
    truth: (index) => truthOf(index, vehicles, camera, conditions),
    picture: (index) => paint(frame, index, standingAt(vehicles, index / conditions.fps), painted),
  };
}

/** Those on the road at a time, farthest first: so they are drawn. */
function standingAt(vehicles: readonly SceneVehicle[], timeS: number): Standing[] {
  return vehicles.flatMap((vehicle): Standing[] => {
    const at = vehicle.place(timeS);
    return at === null ? [] : [{ vehicle, ...at }];
  }).toSorted((a, b) => b.away - a.away);
}

function cornersAt({ across, away }: Pick<Standing, 'across' | 'away'>, places: readonly Place[], camera: RoadCamera): Quad {
  return places.map(([x, up, behind]) => camera.project([across + x, up, away + behind])) as unknown as Quad;
}

function plateCorners({ vehicle: { shape, drawing } }: Standing): readonly Place[] | null {
  if (drawing === null) return null;
  const [x, y] = shape.plateAt, w = drawing.widthMm / 2000, h = drawing.heightMm / 2000, d = shape.plateBehindM;
  return [[x - w, y + h, d], [x + w, y + h, d], [x + w, y - h, d], [x - w, y - h, d]];
}

function truthOf(index: number, vehicles: readonly SceneVehicle[], camera: RoadCamera, conditions: Conditions): FrameTruth {
  const standing = standingAt(vehicles, index / conditions.fps), pole = conditions.pole ? poleOf(camera) : null;
  const seen = standing.flatMap((one, i): VehicleInFrame[] => {
    const box = withinPicture(outline(one, camera), camera), corners = plateCorners(one);
    if (box === null || one.away < 2.5) return [];
    const plate = corners === null ? null : cornersAt(one, corners, camera);
    const hiding = standing.slice(i + 1).map((nearer) => outline(nearer, camera));
    return [{ vehicle: one.vehicle.index, box, plate: plate === null ? null : { box: boxOf(plate), widthPx: Math.hypot(plate[1][0] - plate[0][0], plate[1][1] - plate[0][1]), visible: visibleShare(plate, camera, [...hiding, ...(pole === null ? [] : [pole])]) } }];
  });
  return { index, timeMs: (index * 1000) / conditions.fps, vehicles: seen.toSorted((a, b) => a.vehicle - b.vehicle) };
}

/** The near face and the far end of the roof bound what a vehicle covers. */
function outline(one: Standing, camera: RoadCamera): PlateBox {
  const { widthM, heightM, lengthM } = one.vehicle.shape, half = widthM / 2;
  return boxOf(cornersAt(one, [[-half, heightM, lengthM], [half, heightM, lengthM], [half, 0, 0], [-half, 0, 0]], camera));
}

function withinPicture(box: PlateBox, { width, height }: RoadCamera): PlateBox | null {
  const x = Math.max(0, box.x), y = Math.max(0, box.y), right = Math.min(width, box.x + box.width), bottom = Math.min(height, box.y + box.height);
  return right - x < 4 || bottom - y < 4 ? null : { x, y, width: right - x, height: bottom - y };
}

/** Of 15 places on the plate those that are in the picture and behind nothing. */
function visibleShare([a, b, , d]: Quad, { width, height }: RoadCamera, hiding: readonly PlateBox[]): number {
  let seen = 0;
  for (let row = 0; row < 3; row++) for (let column = 0; column < 5; column++) {
    const u = 0.04 + column * 0.23, v = 0.06 + row * 0.44, x = a[0] + u * (b[0] - a[0]) + v * (d[0] - a[0]), y = a[1] + u * (b[1] - a[1]) + v * (d[1] - a[1]);
    if (x >= 0 && y >= 0 && x < width && y < height && !hiding.some((h) => x >= h.x && x < h.x + h.width && y >= h.y && y < h.y + h.height)) seen++;
  }
  return seen / 15;
}

/** A pole in front of the camera. Vehicles to its right pass behind it about half way. */
function poleOf({ width, height }: RoadCamera): PlateBox {
  return { x: Math.round(width * 0.62), y: 0, width: Math.round(width * 0.05), height };
}

interface Painted { readonly camera: RoadCamera; readonly conditions: Conditions; readonly road: Picture; readonly textures: Textures; readonly sheet: Int8Array; readonly seed: number }
interface Textures { readonly faces: ReadonlyMap<string, Texture>; readonly plates: ReadonlyMap<number, Texture>; readonly shadow: Texture }

async function texturesOf(vehicles: readonly SceneVehicle[]): Promise<Textures> {
  const faces = new Map<string, Texture>(), plates = new Map<number, Texture>();
  for (const { index, shape, drawing } of vehicles) {
    for (const { svg } of shape.faces) if (!faces.has(svg)) faces.set(svg, await textureOfSvg(svg, svg.includes('width="1000" height="1000"') ? FACE_PX / 4 : FACE_PX));
    if (drawing !== null) plates.set(index, await textureOfSvg(drawing.svg, PLATE_PX));
  }
  return { faces, plates, shadow: await textureOfSvg(SHADOW_SVG, 64) };
}

function paint(frame: Picture, index: number, standing: readonly Standing[], painted: Painted): Picture {
  const { conditions, camera, road, sheet, seed } = painted, random = new RandomNumbers(mixed(mixed(seed, 3), index));
  frame.data.set(road.data);
  for (const one of standing) if (one.away > 2.5) paintVehicle(frame, one, painted);
  if (conditions.light !== 'day') for (const one of standing) paintLamps(frame, one, painted);
  if (conditions.pole) paintPole(frame, poleOf(camera));
  if (conditions.rain) paintRain(frame, random);
  addNoise(frame, sheet, random.whole(sheet.length), conditions.light === 'day' ? DAY_NOISE : conditions.light === 'dusk' ? DUSK_NOISE : NIGHT_NOISE);
  return frame;
}

const RAIN_HAZE = 0.22, HAZE_COLOURS = { day: [176, 182, 186], dusk: [88, 90, 96], night: [26, 26, 30] } as const;

function paintVehicle(frame: Picture, one: Standing, { camera, conditions, textures }: Painted): void {
  const { shape, index } = one.vehicle, light = ambient(conditions.light), night = conditions.light === 'night', exposureS = conditions.shutterMs / 1000;
  const haze = Math.min(0.6, (conditions.rain ? RAIN_HAZE : 0.05) * (one.away / 40)), common = { haze, hazeColour: HAZE_COLOURS[conditions.light], blur: conditions.blur };
  const draw = (texture: Texture | undefined, places: readonly Place[], brightness: number): void => {
    if (texture === undefined) return;
    const corners = cornersAt(one, places, camera);
    drawSurface(frame, { ...common, texture, corners, light: brightness, motion: motionOf(one, places, camera, exposureS) });
  };
  const half = shape.widthM * 0.62, { lengthM } = shape;
  draw(textures.shadow, [[-half, 0, lengthM * 1.08], [half, 0, lengthM * 1.08], [half, 0, -0.5], [-half, 0, -0.5]], night ? 0.3 : 1);
  for (const face of shape.faces) if (isTurnedHere(cornersAt(one, face.corners, camera))) draw(textures.faces.get(face.svg), face.corners, face.light * light);
  const plate = plateCorners(one);
  // Plates throw light back: at night the camera's lamp makes them brighter than anything around.
  if (plate !== null) draw(textures.plates.get(index), plate, night ? 0.72 : Math.min(1, light * 1.15));
}

function motionOf(one: Standing, places: readonly Place[], camera: RoadCamera, exposureS: number): Point {
  const [x, up, behind] = places[2] as Place, by = one.speedMs * exposureS, before = camera.project([one.across + x, up, one.away + behind - by / 2]), after = camera.project([one.across + x, up, one.away + behind + by / 2]);
  return [after[0] - before[0], after[1] - before[1]];
}

/** Corners run clockwise when one sees the outside of a face. */
function isTurnedHere([a, b, c, d]: Quad): boolean {
  return (c[0] - a[0]) * (d[1] - b[1]) - (c[1] - a[1]) * (d[0] - b[0]) > 1;
}

function paintLamps(frame: Picture, one: Standing, { camera, conditions }: Painted): void {
  const leaving = one.vehicle.movement !== 'towards', scale = camera.pixelsPerMetre(one.away), strong = conditions.light === 'night' ? 1 : 0.6;
  if (one.away < camera.bottomM - 2) return;
  for (const [x, up, behind] of one.vehicle.shape.lamps) {
    const at = camera.project([one.across + x, up, one.away + behind]);
    addGlow(frame, at, scale * (leaving ? 0.22 : 0.5), leaving ? [190 * strong, 20 * strong, 16 * strong] : [250 * strong, 240 * strong, 205 * strong]);
  }
}

function paintPole({ width, data }: Picture, { x, y, width: across, height }: PlateBox): void {
  for (let row = y; row < y + height; row++) for (let column = x; column < x + across; column++) {
    const to = (row * width + column) * 3, shade = 70 + 60 * Math.sin((Math.PI * (column - x)) / across);
    for (let c = 0; c < 3; c++) data[to + c] = shade * (c === 2 ? 0.95 : 1);
  }
}

function paintRain(frame: Picture, random: RandomNumbers): void {
  const streaks = Math.round((frame.width * frame.height) / 3000);
  for (let i = 0; i < streaks; i++) addStreak(frame, [random.between(0, frame.width), random.between(-20, frame.height)], [random.between(1, 5), random.between(14, 34)], random.between(12, 46));
}

