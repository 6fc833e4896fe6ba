import type { Mark } from '../../src/plate/mark.ts';
import type { Movement } from '../../src/pass/pass.ts';
import { FleetMarks } from '../../src/simulate/fleet-marks.ts';
import { RandomNumbers } from '../../src/simulate/random-numbers.ts';
import type { Conditions, LaneWay } from './conditions.ts';
import { drawPlate, layoutOfMark, type PlateDrawing } from './plate-drawing.ts';
import type { RoadCamera } from './road-camera.ts';
import { driveLane, dueTimes, endOfWay, onWay, type Barrier, type Way } from './traffic.ts';
import { shapeOf, type VehicleKind, type VehicleShape } from './vehicle-shapes.ts';
import { LANE_M, laneMiddles } from './background.ts';

/** One vehicle of a scene, as it truly is. */
export interface SceneVehicle {
  readonly index: number;
  readonly kind: VehicleKind;
  readonly colour: string;
  readonly movement: Movement;
  /** `none`: it has no plate at the end that is seen; `buried`: one under mud that nobody can read. */
  readonly plate: 'readable' | 'buried' | 'none';
  /** Null without a plate. A buried plate has one that nobody can know. */
  readonly mark: Mark | null;
  readonly shape: VehicleShape;
  readonly drawing: PlateDrawing | null;
  /** Place at a time (seconds): across the road, and away to its near end; speed along the road, m/s, rising away. Null: not on this road. */
  place(timeS: number): { readonly across: number; readonly away: number; readonly speedMs: number } | null;
  readonly goneS: number;
}

/** A vehicle that a scene must have, in place of a drawn one. */
export interface WantedVehicle { readonly kind: VehicleKind; readonly mark: Mark; readonly lane: number }

const COLOURS = ['#e8e8e6', '#e8e8e6', '#c9ccd0', '#9aa0a6', '#3c4046', '#1f2226', '#7a1f22', '#23406e', '#4d5d46', '#b59a6c'];
const OWN_COLOURS: Partial<Record<VehicleKind, readonly string[]>> = { rickshaw: ['#1f7a44', '#2a62a8', '#c8a21e'], truck: ['#8c2f26', '#1f4f7a', '#c58a1e', '#2d6b3f'], bus: ['#f0ede4', '#2d5fa0', '#b23a2e'] };
const KINDS: readonly (readonly [VehicleKind, number])[] = [['car', 44], ['jeep', 10], ['pickup', 10], ['van', 12], ['bus', 5], ['truck', 7], ['rickshaw', 6], ['motorcycle', 6]];
/** Of vehicles without a readable plate, by what is known of Quetta's streets only roughly. */
const NO_PLATE = 0.06, BURIED = 0.05;
/** Motorcycles carry no plate in front. */
const hasPlaceForPlate = (kind: VehicleKind, way: LaneWay): boolean => kind !== 'motorcycle' || way === 'away';

/** The vehicles of a scene with their ways: the same seed, the same vehicles. */
export function vehiclesOf(conditions: Conditions, camera: RoadCamera, seed: number, wanted: readonly WantedVehicle[] = []): SceneVehicle[] {
  const random = new RandomNumbers(seed), marks = new FleetMarks(random), middles = laneMiddles(conditions), { lanes } = conditions;
  const perLane = lanes.map((_, lane) => Math.floor(conditions.vehicles / lanes.length) + (lane < conditions.vehicles % lanes.length ? 1 : 0));
  const vehicles: SceneVehicle[] = [];
  lanes.forEach((way, lane) => {
    const asked = wanted.filter((w) => w.lane === lane), count = Math.max(perLane[lane] ?? 0, asked.length);
    const looks = Array.from({ length: count }, (_, i) => look(random, marks, way, asked[i]));
    const due = dueTimes(count, conditions.gapS, random), stretch = stretchOf(camera, way);
    const comers = looks.map(({ shape }, i) => ({ lengthM: shape.lengthM, speedMs: random.between(...conditions.speedKmh) / 3.6, dueS: due[i] as number }));
    const ways = driveLane(comers, stretch.laneM, conditions.queue ? barriers(stretch, camera) : []);
    looks.forEach((one, i) => {
      const driven = ways[i] as Way, sway = random.between(-0.35, 0.35);
      vehicles.push({ ...one, index: vehicles.length, movement: way, goneS: endOfWay(driven), place: (timeS) => placeOn(driven, stretch, one.shape.lengthM, (middles[lane] ?? 0) + sway, timeS) });
    });
  });
  for (let i = 0; i < conditions.parked; i++) vehicles.push(parked(vehicles.length, i, conditions, camera, random, marks));
  return vehicles;
}

type Looks = Pick<SceneVehicle, 'kind' | 'colour' | 'plate' | 'mark' | 'shape' | 'drawing'>;

function look(random: RandomNumbers, marks: FleetMarks, way: LaneWay, wanted?: WantedVehicle): Looks {
  const kind = wanted?.kind ?? (KINDS[random.weighted(KINDS.map(([, weight]) => weight))]?.[0] ?? 'car'), colour = random.pick(OWN_COLOURS[kind] ?? COLOURS);
  const shape = shapeOf(kind, way === 'towards' ? 'front' : 'rear', colour);
  const none = wanted === undefined && (!hasPlaceForPlate(kind, way) || random.happens(NO_PLATE));
  if (none) return { kind, colour, plate: 'none', mark: null, shape, drawing: null };
  const { mark, layout } = plateOf(random, marks, kind, wanted?.mark), buried = wanted === undefined && random.happens(BURIED);
  return { kind, colour, plate: buried ? 'buried' : 'readable', mark, shape, drawing: drawPlate(layout, mark, { wear: random.between(0.02, 0.45), buried }, random) };
}

/** A mark that has a layout of its own; rickshaws have the small two-line plate. */
function plateOf(random: RandomNumbers, marks: FleetMarks, kind: VehicleKind, given?: Mark): { readonly mark: Mark; readonly layout: string } {
  for (;;) {
    const mark = given ?? marks.draw(kind), layout = kind === 'rickshaw' && mark.jurisdiction === 'BA' ? 'ba-rickshaw' : layoutOfMark(mark, random);
    if (layout !== null) return { mark, layout };
    if (given !== undefined) throw new RangeError(`no plate layout for ${given.letters}-${given.number}`);
  }
}

interface Stretch { readonly way: LaneWay; /** Metres away at which the way begins. */ readonly fromM: number; readonly laneM: number }

/** Vehicles come from beyond the picture's upper edge, or from under its lower one, and go on until nothing of them shows. */
function stretchOf(camera: RoadCamera, way: LaneWay): Stretch {
  const far = Math.min(150, camera.topM + 12), near = camera.bottomM - 12;
  return way === 'towards' ? { way, fromM: far, laneM: far - near } : { way, fromM: near - 2, laneM: far - near + 2 };
}

function placeOn(driven: Way, { way, fromM }: Stretch, lengthM: number, across: number, timeS: number): ReturnType<SceneVehicle['place']> {
  const at = onWay(driven, timeS);
  if (at === null) return null;
  return way === 'towards' ? { across, away: fromM - at.atM, speedMs: -at.speedMs } : { across, away: fromM + at.atM - lengthM, speedMs: at.speedMs };
}

/** A barrier in the nearer part of the view: shut for 8 s, open for 7, four times. */
function barriers({ way, fromM }: Stretch, camera: RoadCamera): Barrier[] {
  const awayM = camera.bottomM + Math.min(4, (camera.topM - camera.bottomM) * 0.25), atM = way === 'towards' ? fromM - awayM : awayM - fromM;
  return Array.from({ length: 4 }, (_, i) => ({ atM, fromS: 3 + i * 15, untilS: 11 + i * 15 }));
}

/** At the left verge, its rear to the camera. */
function parked(index: number, place: number, conditions: Conditions, camera: RoadCamera, random: RandomNumbers, marks: FleetMarks): SceneVehicle {
  const one = look(random, marks, 'away', { kind: random.pick(['car', 'jeep', 'van']), mark: carMark(marks, random), lane: 0 });
  const across = -((conditions.lanes.length * LANE_M) / 2 + 1.1), away = camera.bottomM + 3 + place * 6;
  return { ...one, index, movement: 'unknown', goneS: 0, place: () => ({ across, away, speedMs: 0 }) };
}

function carMark(marks: FleetMarks, random: RandomNumbers): Mark {
  for (;;) {
    const mark = marks.draw('car');
    if (layoutOfMark(mark, random) !== null) return mark;
  }
}
