import sharp from 'sharp';

/** A plate drawn for a test: text in a plain bold face on a coloured ground. Real photographs are not kept in the project. */
export interface Drawing {
  readonly width: number;
  readonly height: number;
  readonly ground?: string;
  readonly ink?: string;
  readonly texts: readonly { readonly text: string; readonly x: number; readonly y: number; readonly size: number }[];
  /** Extra shapes under the text, as SVG. */
  readonly under?: string;
}

export function drawingSvg({ width, height, ground = '#f4f4f0', ink = '#111111', texts, under = '' }: Drawing): string {
  const rows = texts.map((t) => `<text x="${t.x}" y="${t.y}" font-size="${t.size}" font-family="DejaVu Sans Condensed, DejaVu Sans, sans-serif" font-weight="bold" fill="${ink}" letter-spacing="${t.size * 0.04}">${t.text}</text>`);
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}"><rect width="100%" height="100%" fill="${ground}"/>${under}${rows.join('')}</svg>`;
}

export function rendered(drawing: Drawing): Promise<Buffer> {
  return sharp(Buffer.from(drawingSvg(drawing))).jpeg({ quality: 90 }).toBuffer();
}

export const sindhPlate: Drawing = {
  width: 320, height: 150, ground: '#f2b91c',
  texts: [{ text: 'BCV-294', x: 22, y: 88, size: 66 }, { text: 'SINDH', x: 118, y: 132, size: 26 }],
};

/** Punjab 2006-2020: letters with a small raised year over the number, a green band with PUNJAB at the left. */
export const punjabPlate: Drawing = {
  width: 320, height: 160,
  under: '<rect width="70" height="160" fill="#1d8a4b"/><text x="5" y="148" font-size="15" font-family="DejaVu Sans, sans-serif" font-weight="bold" fill="#ffffff">PUNJAB</text>',
  texts: [{ text: 'LEC', x: 92, y: 72, size: 62 }, { text: '-', x: 226, y: 58, size: 40 }, { text: '13', x: 252, y: 50, size: 36 }, { text: '8447', x: 92, y: 146, size: 66 }],
};

export const governmentPlate: Drawing = { width: 320, height: 110, ground: '#0b6b3a', ink: '#ffffff', texts: [{ text: 'GBA 609', x: 24, y: 80, size: 66 }] };

export const islamabadPlate: Drawing = {
  width: 320, height: 150, texts: [{ text: 'AMD-868', x: 20, y: 84, size: 58 }, { text: 'ICT-ISLAMABAD', x: 62, y: 132, size: 24 }],
};

/** A grey "vehicle" on a "road" with plates put on it. */
export async function scene(width: number, height: number, plates: readonly { drawing: Drawing; x: number; y: number; width: number }[]): Promise<Buffer> {
  const road = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}"><rect width="100%" height="100%" fill="#7d8a94"/><rect y="${height * 0.7}" width="100%" height="30%" fill="#4c4f52"/>
    <rect x="${width * 0.2}" y="${height * 0.2}" width="${width * 0.6}" height="${height * 0.65}" rx="40" fill="#38424f"/></svg>`;
  const layers = await Promise.all(plates.map(async (p) => ({ input: await sharp(await rendered(p.drawing)).resize(p.width).toBuffer(), left: p.x, top: p.y })));
  return sharp(Buffer.from(road)).composite(layers).jpeg({ quality: 90 }).toBuffer();
}
