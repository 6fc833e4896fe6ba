/** Where a lane's vehicles go in the view. */
export type LaneWay = 'towards' | 'away';

/** What a scene shows: everything but its seed. */
export interface Conditions {
  readonly name: string;
  readonly width: number;
  readonly height: number;
  readonly fps: number;
  /** Width of a car's plate where it is nearest, pixels. */
  readonly nearPlatePx: number;
  readonly lanes: readonly LaneWay[];
  readonly vehicles: number;
  /** Mean time between two vehicles of a lane, seconds. */
  readonly gapS: number;
  readonly speedKmh: readonly [number, number];
  readonly light: 'day' | 'dusk' | 'night';
  readonly rain: boolean;
  /** Halvings of sharpness: 0 in focus, 1 plainly out of it. */
  readonly blur: number;
  /** Exposure time, milliseconds. */
  readonly shutterMs: number;
  /** A barrier that closes and opens: vehicles stop, stand and go on. */
  readonly queue: boolean;
  /** Vehicles that stand at the roadside all the time. */
  readonly parked: number;
  /** A pole near the camera hides a strip of the road. */
  readonly pole: boolean;
}

const HD = { width: 1280, height: 720 } as const, FULL = { width: 1920, height: 1080 } as const;
const PLAIN = { fps: 10, light: 'day', rain: false, blur: 0, shutterMs: 2, queue: false, parked: 0, pole: false } as const;

/**
 * The table that `npm run bench -- passes` measures: 1 to 12 vehicles in view, 10 to 120 km/h, 5 to 25 frames a second, day, dusk, night, rain, blur,
 * plates of 40 to 200 px. At a width of 1280 a plate of 130 px leaves room for one lane only; cameras have that from their lens, too.
 */
export const CONDITIONS: readonly Conditions[] = [
  { ...PLAIN, ...HD, name: 'one lane, near', nearPlatePx: 130, lanes: ['towards'], vehicles: 16, gapS: 2.5, speedKmh: [30, 60] },
  { ...PLAIN, ...HD, name: 'one lane, leaving', nearPlatePx: 120, lanes: ['away'], vehicles: 16, gapS: 2.5, speedKmh: [30, 60] },
  { ...PLAIN, ...HD, name: 'two ways', nearPlatePx: 70, lanes: ['away', 'towards'], vehicles: 18, gapS: 3, speedKmh: [30, 70] },
  { ...PLAIN, ...FULL, name: 'two ways, large', fps: 5, nearPlatePx: 100, lanes: ['away', 'towards'], vehicles: 18, gapS: 3, speedKmh: [30, 60] },
  { ...PLAIN, ...FULL, name: 'largest plates', fps: 5, nearPlatePx: 200, lanes: ['towards'], vehicles: 12, gapS: 3.5, speedKmh: [10, 30] },
  { ...PLAIN, ...HD, name: 'smallest plates', nearPlatePx: 46, lanes: ['away', 'towards', 'towards'], vehicles: 18, gapS: 3.5, speedKmh: [30, 60] },
  { ...PLAIN, ...HD, name: 'dense', nearPlatePx: 60, lanes: ['towards', 'towards'], vehicles: 24, gapS: 1.6, speedKmh: [25, 45] },
  { ...PLAIN, ...FULL, name: 'twelve in view', fps: 5, nearPlatePx: 62, lanes: ['away', 'away', 'towards', 'towards'], vehicles: 32, gapS: 1.4, speedKmh: [20, 35] },
  { ...PLAIN, ...HD, name: 'highway', fps: 25, nearPlatePx: 70, lanes: ['away', 'towards'], vehicles: 18, gapS: 2.2, speedKmh: [90, 120], shutterMs: 1 },
  { ...PLAIN, ...HD, name: 'highway, 10 fps', nearPlatePx: 70, lanes: ['away', 'towards'], vehicles: 18, gapS: 2.2, speedKmh: [90, 120], shutterMs: 1 },
  { ...PLAIN, ...HD, name: 'highway, 5 fps', fps: 5, nearPlatePx: 60, lanes: ['away', 'towards'], vehicles: 18, gapS: 2.2, speedKmh: [80, 110], shutterMs: 1 },
  { ...PLAIN, ...HD, name: 'queue', fps: 5, nearPlatePx: 65, lanes: ['towards', 'towards'], vehicles: 14, gapS: 2, speedKmh: [20, 35], queue: true },
  { ...PLAIN, ...HD, name: 'queue at the gate', fps: 5, nearPlatePx: 125, lanes: ['towards'], vehicles: 9, gapS: 2.5, speedKmh: [10, 25], queue: true },
  { ...PLAIN, ...HD, name: 'parked at the side', nearPlatePx: 75, lanes: ['towards'], vehicles: 12, gapS: 3.5, speedKmh: [25, 50], parked: 2 },
  { ...PLAIN, ...HD, name: 'pole in the way', nearPlatePx: 80, lanes: ['away', 'towards'], vehicles: 14, gapS: 2.5, speedKmh: [20, 45], pole: true },
  { ...PLAIN, ...HD, name: 'slow shutter', nearPlatePx: 80, lanes: ['towards'], vehicles: 14, gapS: 2.5, speedKmh: [40, 70], shutterMs: 8 },
  { ...PLAIN, ...HD, name: 'out of focus', nearPlatePx: 90, lanes: ['towards'], vehicles: 14, gapS: 2.5, speedKmh: [30, 60], blur: 0.9 },
  { ...PLAIN, ...HD, name: 'rain', nearPlatePx: 80, lanes: ['towards'], vehicles: 14, gapS: 2.5, speedKmh: [25, 50], rain: true, blur: 0.4, shutterMs: 3 },
  { ...PLAIN, ...HD, name: 'dusk', nearPlatePx: 75, lanes: ['away', 'towards'], vehicles: 16, gapS: 3, speedKmh: [30, 60], light: 'dusk', shutterMs: 4 },
  { ...PLAIN, ...HD, name: 'night', nearPlatePx: 90, lanes: ['towards'], vehicles: 14, gapS: 2.5, speedKmh: [25, 55], light: 'night', shutterMs: 3 },
  { ...PLAIN, ...HD, name: 'night, leaving', nearPlatePx: 90, lanes: ['away'], vehicles: 14, gapS: 2.5, speedKmh: [25, 55], light: 'night', shutterMs: 3 },
  { ...PLAIN, ...FULL, name: 'night and rain', fps: 5, nearPlatePx: 90, lanes: ['away', 'towards'], vehicles: 16, gapS: 3, speedKmh: [25, 45], light: 'night', rain: true, blur: 0.3, shutterMs: 4 },
];
