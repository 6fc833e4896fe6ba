import { lettering } from './plate-lettering.ts';
import type { Place } from './road-camera.ts';

export const VEHICLE_KINDS = ['car', 'jeep', 'pickup', 'van', 'bus', 'truck', 'rickshaw', 'motorcycle'] as const;
export type VehicleKind = (typeof VEHICLE_KINDS)[number];
export type End = 'front' | 'rear';

/** One surface of a vehicle: its corners as [across from the middle, up, away from the near end] in metres, and what is painted on it. */
export interface Face { readonly corners: readonly [Place, Place, Place, Place]; readonly svg: string; readonly light: number }
/** A vehicle as seen from one end. The near face comes last: it is drawn over the others. */
export interface VehicleShape {
  readonly widthM: number;
  readonly lengthM: number;
  readonly heightM: number;
  readonly faces: readonly Face[];
  /** Middle of the plate, metres across and up, on the near face. */
  readonly plateAt: readonly [number, number];
  /** How far behind the near end the plate hangs: 0 but for two wheels. */
  readonly plateBehindM: number;
  readonly lamps: readonly Place[];
}

interface Body { readonly width: number; readonly length: number; readonly waist: number; readonly roof: number; readonly floor: number; readonly plate: number; /** Where a bonnet, windscreen and cabin end; none: one box. */ readonly cabin: readonly [number, number, number, number] | null }

const BODIES: Readonly<Record<Exclude<VehicleKind, 'motorcycle'>, Body>> = {
  car: { width: 1.68, length: 4.2, waist: 0.92, roof: 1.44, floor: 0.18, plate: 0.5, cabin: [1.05, 1.75, 3.2, 3.8] },
  jeep: { width: 1.82, length: 4.6, waist: 1.1, roof: 1.8, floor: 0.25, plate: 0.62, cabin: [1.1, 1.6, 4.2, 4.5] },
  pickup: { width: 1.76, length: 5.1, waist: 1.08, roof: 1.75, floor: 0.28, plate: 0.6, cabin: [1.2, 1.75, 3, 3.2] },
  van: { width: 1.7, length: 4.7, waist: 1.98, roof: 1.98, floor: 0.2, plate: 0.52, cabin: null },
  bus: { width: 2.45, length: 9.8, waist: 3.15, roof: 3.15, floor: 0.3, plate: 0.72, cabin: null },
  truck: { width: 2.35, length: 7.6, waist: 3.2, roof: 3.2, floor: 0.35, plate: 0.78, cabin: null },
  rickshaw: { width: 1.3, length: 2.7, waist: 1.75, roof: 1.75, floor: 0.15, plate: 0.56, cabin: null },
};

const GLASS = 'rgb(38,48,56)', RUBBER = 'rgb(24,24,26)', BUMPER = 'rgb(58,60,64)', CHROME = 'rgb(176,180,184)';

/** The shape of a vehicle of a kind and colour (CSS), seen from its front or its rear. The same words give the same shape. */
export function shapeOf(kind: VehicleKind, end: End, colour: string): VehicleShape {
  if (kind === 'motorcycle') return motorcycle(end, colour);
  const body = BODIES[kind], { width, length, roof, floor, plate } = body, half = width / 2;
  const lamps: Place[] = [[-half * 0.72, plate + 0.12, 0], [half * 0.72, plate + 0.12, 0]];
  return { widthM: width, lengthM: length, heightM: roof, faces: [...upper(body, colour), ...sides(body, colour), nearFace(kind, end, body, colour)], plateAt: [0, plate], plateBehindM: 0, lamps: lamps.map(([x, y]) => [x, Math.max(floor + 0.3, y), 0]) };
}

function svg(widthM: number, heightM: number, content: string): string {
  const w = Math.round(widthM * 1000), h = Math.round(heightM * 1000);
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${w}" height="${h}" viewBox="0 0 ${w} ${h}">${content}</svg>`;
}

/** A surface in one colour, a little brighter at its upper edge, as bodywork under the sky is. */
function sheet(colour: string, extra = ''): string {
  return svg(1, 1, `<defs><linearGradient id="g" x2="0" y2="1"><stop offset="0" stop-color="#fff" stop-opacity=".22"/><stop offset=".4" stop-color="#fff" stop-opacity="0"/><stop offset="1" stop-color="#000" stop-opacity=".25"/></linearGradient></defs><rect width="1000" height="1000" fill="${colour}"/><rect width="1000" height="1000" fill="url(#g)"/>${extra}`);
}

/** Roof, and over a waist also windscreen and bonnet. */
function upper({ width, length, waist, roof, cabin }: Body, colour: string): Face[] {
  const half = width / 2, narrow = half * 0.84;
  if (cabin === null) return [{ corners: [[-half, roof, length], [half, roof, length], [half, roof, 0], [-half, roof, 0]], svg: sheet(colour), light: 1.05 }];
  const [bonnet, screen, roofEnd, cabinEnd] = cabin;
  return [
    { corners: [[-half, waist, length], [half, waist, length], [half, waist, cabinEnd], [-half, waist, cabinEnd]], svg: sheet(colour), light: 0.95 },
    { corners: [[-narrow, roof, roofEnd], [-narrow, roof, screen], [-half, waist, bonnet], [-half, waist, cabinEnd]], svg: sheet(GLASS), light: 0.8 },
    { corners: [[narrow, roof, screen], [narrow, roof, roofEnd], [half, waist, cabinEnd], [half, waist, bonnet]], svg: sheet(GLASS), light: 0.8 },
    { corners: [[-narrow, roof, roofEnd], [narrow, roof, roofEnd], [narrow, roof, screen], [-narrow, roof, screen]], svg: sheet(colour), light: 1.08 },
    { corners: [[-narrow, roof, screen], [narrow, roof, screen], [half * 0.95, waist, bonnet], [-half * 0.95, waist, bonnet]], svg: sheet(GLASS, '<path d="M0 0L260 0L0 700Z" fill="#fff" opacity=".12"/>'), light: 1 },
    { corners: [[-half * 0.95, waist, bonnet], [half * 0.95, waist, bonnet], [half, waist - 0.08, 0], [-half, waist - 0.08, 0]], svg: sheet(colour, '<path d="M240 0L300 1000M760 0L700 1000" stroke="#000" stroke-width="8" opacity=".25"/>'), light: 1.05 },
  ];
}

function sides({ width, length, waist, floor, cabin }: Body, colour: string): Face[] {
  const half = width / 2, windows = cabin === null ? `<rect x="60" y="150" width="880" height="260" fill="${GLASS}"/>` : '';
  const wheels = `<circle cx="170" cy="900" r="110" fill="${RUBBER}"/><circle cx="820" cy="900" r="110" fill="${RUBBER}"/>`, painted = sheet(colour, windows + wheels);
  return [
    { corners: [[-half, waist, length], [-half, waist, 0], [-half, floor, 0], [-half, floor, length]], svg: painted, light: 0.66 },
    { corners: [[half, waist, 0], [half, waist, length], [half, floor, length], [half, floor, 0]], svg: painted, light: 0.66 },
  ];
}

function nearFace(kind: VehicleKind, end: End, { width, waist, floor, cabin, plate }: Body, colour: string): Face {
  const half = width / 2, top = cabin === null ? waist : waist - 0.08, high = top - floor, w = width * 1000, h = high * 1000;
  const lampY = h - (Math.max(floor + 0.3, plate + 0.12) - floor) * 1000, lamp = end === 'front' ? ['#f2f4ee', CHROME] : ['#b3161c', '#6c0c10'];
  const lamps = [0.06, 0.76].map((x) => `<rect x="${w * x}" y="${lampY - 75}" width="${w * 0.18}" height="150" rx="46" fill="${lamp[0]}" stroke="${lamp[1]}" stroke-width="14"/>`);
  const glass = cabin === null ? `<rect x="${w * 0.08}" y="${h * 0.12}" width="${w * 0.84}" height="${h * 0.3}" rx="40" fill="${GLASS}"/><path d="M${w * 0.1} ${h * 0.4}L${w * 0.34} ${h * 0.13}H${w * 0.5}L${w * 0.26} ${h * 0.4}Z" fill="#fff" opacity=".12"/>` : '';
  const grille = end === 'front' ? Array.from({ length: 5 }, (_, i) => `<rect x="${w * 0.3}" y="${lampY - 60 + i * 26}" width="${w * 0.4}" height="12" fill="${RUBBER}" opacity=".8"/>`).join('') : '';
  const tyres = [0.03, 0.83].map((x) => `<rect x="${w * x}" y="${h - 150}" width="${w * 0.14}" height="150" fill="${RUBBER}"/>`).join('');
  const bumper = `<rect x="${w * 0.02}" y="${h - (plate - floor) * 1000 - 110}" width="${w * 0.96}" height="230" rx="50" fill="${BUMPER}"/>`;
  return {
    corners: [[-half, top, 0], [half, top, 0], [half, floor, 0], [-half, floor, 0]], light: 0.92,
    svg: svg(width, high, `<rect width="${w}" height="${h - 60}" rx="70" fill="${colour}"/><rect width="${w}" height="${h * 0.25}" rx="70" fill="#fff" opacity=".14"/>${tyres}${glass}${decoration(kind, w, h)}${bumper}${grille}${lamps.join('')}`),
  };
}

/** Painted trucks and buses of the region; the words on them are no mark, and a reader must know it. */
function decoration(kind: VehicleKind, w: number, h: number): string {
  const sign = (text: string, y: number, ink: string): string => {
    const drawn = lettering(text, { height: 150, weight: 0.15, ink });
    return `<g transform="translate(${(w - drawn.width) / 2} ${y})">${drawn.svg}</g>`;
  };
  if (kind === 'bus') return sign('QUETTA EXPRESS', h * 0.02 + 20, '#f4e9c8');
  if (kind !== 'truck') return '';
  const tiles = Array.from({ length: 9 }, (_, i) => `<path d="M${w * (0.06 + i * 0.1)} ${h * 0.5}l90 90l-90 90l-90 -90z" fill="${['#d4342c', '#f0b428', '#2c68b4'][i % 3]}"/>`);
  return `${tiles.join('')}${sign('MASHALLAH', h * 0.015 + 10, '#fff')}`;
}

/** Two wheels and a rider: flat, with air around them. */
function motorcycle(end: End, colour: string): VehicleShape {
  const width = 0.8, height = 1.7, half = width / 2;
  const lamp = end === 'front' ? '#f2f4ee' : '#b3161c';
  const drawn = `<ellipse cx="400" cy="210" rx="120" ry="140" fill="${end === 'front' ? '#8a6a52' : '#1d1d20'}"/><path d="M180 1000L220 420Q400 300 580 420L620 1000Z" fill="${colour}"/><rect x="345" y="1000" width="110" height="690" rx="55" fill="${RUBBER}"/><path d="M60 760L740 760" stroke="${CHROME}" stroke-width="36"/><path d="M200 950L300 1400M600 950L500 1400" stroke="#2c2f38" stroke-width="90"/><rect x="270" y="880" width="260" height="90" rx="40" fill="${lamp}"/>`;
  return {
    widthM: width, lengthM: 1.9, heightM: height, faces: [{ corners: [[-half, height, 0.4], [half, height, 0.4], [half, 0, 0.4], [-half, 0, 0.4]], svg: svg(width, height, drawn), light: 0.92 }],
    plateAt: [0, 0.6], plateBehindM: 0.38, lamps: [[0, 0.78, 0.4]],
  };
}

/** What lies under every vehicle, as an SVG to be laid on the road. */
export const SHADOW_SVG = svg(1, 1, '<defs><radialGradient id="s"><stop offset="0" stop-opacity=".75"/><stop offset=".65" stop-opacity=".55"/><stop offset="1" stop-opacity="0"/></radialGradient></defs><rect width="1000" height="1000" fill="url(#s)"/>');
