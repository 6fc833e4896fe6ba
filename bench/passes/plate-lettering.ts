import { readFileSync } from 'node:fs';

/** A point of a centre line: x, y and the radius of the corner there, in units of which a capital has `capHeight`. */
type Corner = readonly [x: number, y: number, radius?: number];
interface Strokes { readonly capHeight: number; readonly gap: number; readonly glyphs: Readonly<Record<string, readonly (readonly ('o' | Corner)[])[]>> }

const strokes = JSON.parse(readFileSync(new URL('../../models/training/render/strokes.json', import.meta.url), 'utf8')) as Strokes;
/** What a blank takes, in the units of the strokes. */
const BLANK = 4.5;

export interface LetteredText { readonly svg: string; readonly width: number }

/**
 * Text in the project's own die alphabet as SVG paths, its left top corner at 0, 0: the same on every machine, whatever fonts it has.
 * `height` of a capital, `weight` of a stroke as a share of it; glyphs are stretched by `width`. Characters it has no strokes for are blanks.
 */
export function lettering(text: string, { height, weight, width = 1, gap = strokes.gap, ink }: { readonly height: number; readonly weight: number; readonly width?: number; readonly gap?: number; readonly ink: string }): LetteredText {
  const unit = height / strokes.capHeight, stroke = weight * height, inner = (height - stroke) / strokes.capHeight;
  const paths: string[] = [];
  let x = 0;
  for (const char of text) {
    const glyph = strokes.glyphs[char];
    if (glyph === undefined) {
      x += BLANK * unit * width;
      continue;
    }
    const left = x + stroke / 2;
    for (const path of glyph) paths.push(pathOf(path, ([px, py]) => [left + px * unit * width, stroke / 2 + py * inner]));
    x += widest(glyph) * unit * width + stroke + gap * unit * width;
  }
  const svg = `<path d="${paths.join('')}" fill="none" stroke="${ink}" stroke-width="${stroke.toFixed(2)}" stroke-linecap="round" stroke-linejoin="round"/>`;
  return { svg, width: Math.max(0, x - gap * unit * width) };
}

/** The text narrowed until it fits; a stroke keeps its thickness while glyphs narrow, so that one step is not enough. */
export function letteringWithin(text: string, most: number, options: Parameters<typeof lettering>[1]): LetteredText {
  let width = options.width ?? 1, drawn = lettering(text, options);
  for (let step = 0; step < 4 && drawn.width > most; step++) {
    width *= (0.98 * most) / drawn.width;
    drawn = lettering(text, { ...options, width });
  }
  return drawn;
}

function widest(glyph: Strokes['glyphs'][string]): number {
  return Math.max(...glyph.flatMap((path) => path.flatMap((p) => (p === 'o' ? [] : [p[0]]))));
}

/** A centre line with its corners rounded, as SVG path data. */
function pathOf(path: readonly ('o' | Corner)[], place: (p: Corner) => readonly [number, number]): string {
  const closed = path[0] === 'o', points = path.filter((p): p is Corner => p !== 'o'), count = points.length;
  const parts: string[] = [], say = (p: Corner): string => place(p).map((n) => n.toFixed(2)).join(' ');
  points.forEach((here, i) => {
    const radius = here[2] ?? 0, begin = parts.length === 0 ? 'M' : 'L';
    if (radius === 0 || (!closed && (i === 0 || i === count - 1))) return void parts.push(`${begin}${say(here)}`);
    const before = points[(i - 1 + count) % count] as Corner, after = points[(i + 1) % count] as Corner;
    const reach = Math.min(radius, share(here, before, closed || i > 1), share(here, after, closed || i < count - 2));
    parts.push(`${begin}${say(towards(here, before, reach))}Q${say(here)} ${say(towards(here, after, reach))}`);
  });
  return parts.join('') + (closed ? 'Z' : '');
}

/** A side between two corners is shared by their roundings; at a free end there is only one. */
function share(a: Corner, b: Corner, both: boolean): number {
  return Math.hypot(a[0] - b[0], a[1] - b[1]) * (both ? 0.5 : 1);
}

function towards(from: Corner, to: Corner, by: number): Corner {
  const length = Math.hypot(to[0] - from[0], to[1] - from[1]);
  return [from[0] + ((to[0] - from[0]) / length) * by, from[1] + ((to[1] - from[1]) / length) * by];
}
