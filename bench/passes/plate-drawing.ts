import { readFileSync } from 'node:fs';
import type { Mark } from '../../src/plate/mark.ts';
import type { RandomNumbers } from '../../src/simulate/random-numbers.ts';
import { letteringWithin } from './plate-lettering.ts';

type Box = readonly [x: number, y: number, width: number, height: number];
/** One thing on a plate, as models/training/render/layouts.json says it; lengths in mm. */
interface Part {
  readonly name: string; readonly part: string; readonly text?: string; readonly box?: Box; readonly at?: readonly (readonly [number, number])[]; readonly width?: number;
  readonly weight?: number; readonly gap?: number; readonly align?: 'left' | 'centre' | 'right'; readonly colour?: string; readonly face?: string; readonly strength?: number;
}
interface Layout { readonly size: readonly [number, number]; readonly ground: string; readonly ink: string; readonly parts: readonly Part[] }
type LayoutData = Partial<Layout> & { readonly base?: string; readonly replace?: Readonly<Record<string, Partial<Part>>> };

const data = JSON.parse(readFileSync(new URL('../../models/training/render/layouts.json', import.meta.url), 'utf8')) as {
  readonly layouts: Readonly<Record<string, LayoutData>>; readonly colours: Readonly<Record<string, readonly [number, number, number]>>;
};

/** How a plate has aged: `wear` 0 (new) to 1; `buried`: mud over the mark, that nobody can read it. */
export interface PlateState { readonly wear: number; readonly buried: boolean }
/** A plate straight on: SVG of its size in mm. */
export interface PlateDrawing { readonly svg: string; readonly widthMm: number; readonly heightMm: number }

function layoutOf(name: string): Layout {
  const raw = data.layouts[name];
  if (raw === undefined) throw new RangeError(`no plate layout ${name}`);
  if (raw.base === undefined) return raw as Layout;
  const base = layoutOf(raw.base);
  return { ...base, ...raw, parts: base.parts.map((p) => (raw.replace?.[p.name] === undefined ? p : { ...raw.replace[p.name], name: p.name } as Part)) };
}

/** The layout that a mark's plate has: by its jurisdiction, era and the vehicle's use. Null: none is known (Afghan plates). */
export function layoutOfMark(mark: Mark, random: RandomNumbers): string | null {
  const commercial = mark.class === 'commercial', motorcycle = mark.class === 'motorcycle';
  switch (mark.jurisdiction) {
    case 'PB': return mark.year !== null ? (commercial ? 'pb-2006-commercial' : 'pb-2006') : motorcycle ? 'pb-2020-motorcycle' : 'pb-2020';
    case 'SD': return motorcycle ? 'sd-motorcycle' : commercial ? 'sd-1996-commercial' : random.happens(0.7) ? 'sd-1996' : 'sd-2022';
    case 'IS': return motorcycle ? null : 'is-2018';
    case 'KP': return motorcycle ? null : commercial ? 'kp-commercial' : 'kp-private';
    case 'BA': return motorcycle ? 'ba-motorcycle' : 'ba-private';
    default: return null;
  }
}

/** The plate of a mark; `random` decides wear and dirt only, never the text. */
export function drawPlate(layoutName: string, mark: Pick<Mark, 'letters' | 'year' | 'number' | 'suffix' | 'district'>, state: PlateState, random: RandomNumbers): PlateDrawing {
  const layout = layoutOf(layoutName), [width, height] = layout.size;
  const fields: Record<string, string> = { letters: mark.letters, number: mark.number, year: mark.year ?? '', suffix: mark.suffix ?? '', district: mark.district ?? '', emboss: '2014' };
  const pen: Pen = { ink: colour(layout.ink), ground: colour(layout.ground), width, height, fields, random, dated: mark.year !== null };
  const drawn = layout.parts.map((p) => painters[p.part]?.(p, pen) ?? '').join('');
  return {
    svg: `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}"><defs><clipPath id="c"><rect width="${width}" height="${height}" rx="9"/></clipPath></defs><g clip-path="url(#c)">${drawn}${dirt(pen, state)}</g></svg>`,
    widthMm: width, heightMm: height,
  };
}

interface Pen { readonly ink: string; readonly ground: string; readonly width: number; readonly height: number; readonly fields: Readonly<Record<string, string>>; readonly random: RandomNumbers; readonly dated: boolean }

function colour(name: string): string {
  return `rgb(${(data.colours[name] ?? [128, 128, 128]).join()})`;
}

function filled(text: string, fields: Pen['fields']): string {
  return text.replaceAll(/\{(\w+)\}/g, (_, name: string) => fields[name] ?? '');
}

/** The faces of the layouts other than the die alphabet are narrower and of even weight. */
const OTHER_FACE = { width: 0.86, weight: 0.15, gap: 2.4 } as const;

const painters: Readonly<Record<string, (part: Part, pen: Pen) => string>> = {
  ground: (_, pen) => `<rect width="${pen.width}" height="${pen.height}" fill="${pen.ground}"/>`,
  rim: (p, pen) => `<rect x="4.3" y="4.3" width="${pen.width - 8.6}" height="${pen.height - 8.6}" rx="7" fill="none" stroke="${pen.ink}" stroke-width="2.6" opacity="${p.strength ?? 0.8}"/>`,
  band: (p, pen) => `<rect width="${p.width}" height="${pen.height}" fill="${colour(p.colour ?? 'white')}"/>`,
  caption: (p, pen) => textIn(p, filled(p.text ?? '', pen.fields), { weight: 0.15, ink: p.colour === undefined ? pen.ink : colour(p.colour), opacity: p.strength ?? 0.95 }),
  mark: (p, pen) => textIn(p, filled(p.text ?? '', pen.fields), { ...(p.face === 'die' ? { weight: p.weight ?? 0.14, width: p.width ?? 1, ...(p.gap === undefined ? {} : { gap: p.gap }) } : OTHER_FACE), ink: pen.ink, opacity: 0.97 }),
  dash: (p, pen) => (pen.dated && p.box ? `<rect x="${p.box[0]}" y="${p.box[1]}" width="${p.box[2]}" height="${p.box[3]}" fill="${pen.ink}"/>` : ''),
  bolts: (p, pen) => (p.at ?? []).map(([x, y]) => bolt(x + pen.random.between(-3, 3), y + pen.random.between(-2, 2), pen.random)).join(''),
  flowers: (p) => flowers(p.box ?? [0, 0, 1, 1]),
  crest: (p, pen) => crest(p.box ?? [0, 0, 1, 1], pen.ink === colour('black')),
  mosque: (p) => mosque(p.box ?? [0, 0, 1, 1]),
  ajrak: (p, pen) => ajrak(p.width ?? 0, pen.height),
};

function textIn({ box, align = 'centre' }: Part, text: string, { opacity, ...look }: { readonly ink: string; readonly weight: number; readonly width?: number; readonly gap?: number; readonly opacity: number }): string {
  if (box === undefined || text.replaceAll(/[\s-]/g, '') === '') return '';
  const [x, y, width, height] = box, drawn = letteringWithin(text, width, { height, ...look });
  const left = align === 'left' ? x : align === 'right' ? x + width - drawn.width : x + (width - drawn.width) / 2;
  return `<g transform="translate(${left.toFixed(2)} ${y})" opacity="${opacity}">${drawn.svg}</g>`;
}

function bolt(x: number, y: number, random: RandomNumbers): string {
  const r = random.between(4, 5.4), rust = random.next(), grey = Math.round(150 - 40 * rust);
  return `<circle cx="${x + 0.5}" cy="${y + 1}" r="${r * 1.25}" fill="#1e1c1a" opacity=".35"/><circle cx="${x}" cy="${y}" r="${r}" fill="rgb(${grey},${Math.round(grey * (1 - 0.2 * rust))},${Math.round(grey * (1 - 0.35 * rust))})"/>`;
}

/** The Punjab band's bunch: stems from one foot, ears of wheat and cotton bolls. */
function flowers([x, y, w, h]: Box): string {
  return Array.from({ length: 13 }, (_, i) => {
    const tx = x + w * (0.08 + 0.84 * (i / 12)), ty = y + h * (0.1 + 0.3 * ((i * 7) % 5) / 5 + 0.2 * Math.abs(i / 12 - 0.5)), big = i % 3 === 1;
    return `<path d="M${x + w * 0.52} ${y + h}L${tx} ${ty}" stroke="rgb(212,200,96)" stroke-width=".9"/><ellipse cx="${tx}" cy="${ty}" rx="${big ? 6.4 : 3}" ry="${big ? 4.2 : 6}" fill="${big ? 'rgb(236,238,232)' : 'rgb(238,186,36)'}"/>`;
  }).join('');
}

/** A round seal with a crescent; too small on a plate to show more. */
function crest([x, y, w, h]: Box, onLight: boolean): string {
  const r = Math.min(w, h) / 2, cx = x + w / 2, cy = y + h / 2, ground = onLight ? 'rgb(40,96,60)' : 'rgb(210,220,210)';
  return `<circle cx="${cx}" cy="${cy}" r="${r}" fill="${ground}" opacity=".75"/><circle cx="${cx}" cy="${cy}" r="${r * 0.78}" fill="none" stroke="rgb(230,232,226)" stroke-width="1"/><circle cx="${cx}" cy="${cy}" r="${r * 0.5}" fill="rgb(235,236,230)"/><circle cx="${cx + r * 0.18}" cy="${cy - r * 0.1}" r="${r * 0.42}" fill="${ground}"/>`;
}

/** A tent roof between four minarets. */
function mosque([x, y, w, h]: Box): string {
  const minarets = [0.04, 0.28, 0.72, 0.96].map((at) => `<path d="M${x + w * at} ${y + (at === 0.04 || at === 0.96 ? 0 : h * 0.16)}V${y + h}" stroke="rgb(246,248,250)" stroke-width="1.6"/>`);
  return `<path d="M${x + w * 0.14} ${y + h}L${x + w * 0.5} ${y + h * 0.3}L${x + w * 0.86} ${y + h}Z" fill="rgb(246,248,250)"/>${minarets.join('')}`;
}

/** The block-printed band of Sindh's newer plates: crimson and indigo tiles with white dots. */
function ajrak(width: number, height: number): string {
  const side = 15.2, tiles: string[] = [`<rect width="${width}" height="${height}" fill="rgb(132,24,34)"/>`];
  for (let y = 0; y < height; y += side) for (let x = 0; x + side <= width + 1; x += side) {
    tiles.push(`<path d="M${x + side / 2} ${y + 1}l6.4 6.4l-6.4 6.4l-6.4 -6.4z" fill="rgb(26,34,84)"/><circle cx="${x + side / 2}" cy="${y + side / 2}" r="3.6" fill="rgb(176,34,40)" stroke="rgb(232,226,214)" stroke-width="1"/>`);
  }
  return tiles.join('');
}

/** Dust that gathers below, spatters, and on a buried plate mud over the whole mark. */
function dirt({ width, height, random }: Pen, { wear, buried }: PlateState): string {
  const dust = `<defs><linearGradient id="d" x2="0" y2="1"><stop offset="0" stop-color="rgb(168,150,122)" stop-opacity="${0.12 * wear}"/><stop offset="1" stop-color="rgb(168,150,122)" stop-opacity="${0.7 * wear}"/></linearGradient></defs><rect width="${width}" height="${height}" fill="url(#d)"/>`;
  const spatters = Array.from({ length: Math.round(wear * 26) }, () => `<circle cx="${random.between(0, width)}" cy="${random.between(height * 0.3, height)}" r="${random.between(0.5, 2.2)}" fill="rgb(118,100,76)"/>`);
  const mud = buried ? Array.from({ length: 90 }, () => `<ellipse cx="${random.between(0, width)}" cy="${random.between(0, height)}" rx="${random.between(12, 34)}" ry="${random.between(8, 22)}" fill="rgb(${['104,88,66', '120,102,78', '134,116,90'][random.whole(3)]})"/>`) : [];
  return dust + spatters.join('') + mud.join('');
}
