import sharp from 'sharp';

/** One size of a texture: 8-bit RGBA, row by row. */
export interface TextureLevel { readonly width: number; readonly height: number; readonly data: Uint8Array }
/** A picture to be laid on a surface, in halving sizes: a far surface is drawn from a small one, so that it does not flicker. */
export interface Texture { readonly levels: readonly [TextureLevel, ...TextureLevel[]] }

const SMALLEST_SIDE = 4;

/** The SVG drawn `width` pixels wide. */
export async function textureOfSvg(svg: string, width: number): Promise<Texture> {
  const { data, info } = await sharp(Buffer.from(svg)).resize({ width }).ensureAlpha().raw().toBuffer({ resolveWithObject: true });
  const levels: [TextureLevel, ...TextureLevel[]] = [{ width: info.width, height: info.height, data }];
  for (let last: TextureLevel = levels[0]; Math.min(last.width, last.height) >= 2 * SMALLEST_SIDE; last = levels[levels.length - 1] as TextureLevel) levels.push(halved(last));
  return { levels };
}

/** Means of two by two pixels; colours count by their alpha, so that what is transparent does not bleed in. */
function halved({ width, height, data }: TextureLevel): TextureLevel {
  const w = width >> 1, h = height >> 1, out = new Uint8Array(w * h * 4);
  for (let y = 0; y < h; y++) for (let x = 0; x < w; x++) {
    const at = (y * 2 * width + x * 2) * 4, from = [at, at + 4, at + width * 4, at + width * 4 + 4], to = (y * w + x) * 4;
    const alpha = from.reduce((sum, i) => sum + (data[i + 3] as number), 0);
    for (let c = 0; c < 3; c++) out[to + c] = Math.round(from.reduce((sum, i) => sum + (data[i + c] as number) * (data[i + 3] as number), 0) / Math.max(1, alpha));
    out[to + 3] = Math.round(alpha / 4);
  }
  return { width: w, height: h, data: out };
}
