import sharp from 'sharp';
import type { Metadata } from 'sharp';
import { DarwazaError } from '../core/errors.ts';
import type { Picture } from './picture.ts';

export interface DecodedPicture {
  readonly picture: Picture;
  /** Of the unaltered bytes: image/jpeg, image/png, … by content, not by name. */
  readonly mediaType: string;
}
export interface DecodeLimits { readonly megapixels: number; readonly megabytes: number }

/** 100 Mpx is above every traffic camera and phone of today and is 300 MB in memory; 64 MB is above a JPEG of that size. */
export const defaultDecodeLimits: DecodeLimits = { megapixels: 100, megabytes: 64 };

/** Formats of photographs. SVG and PDF, which sharp would render, are documents and not evidence. */
const mediaTypes: Readonly<Record<string, string>> = {
  jpeg: 'image/jpeg', png: 'image/png', webp: 'image/webp', tiff: 'image/tiff', gif: 'image/gif', heif: 'image/avif',
};

// One thread does one picture: the pool of worker threads is what uses the other cores. The cache holds files, and there are none here.
sharp.concurrency(1);
sharp.cache(false);

/**
 * Bytes of a picture file to 8-bit RGB, upright by its EXIF orientation. CMYK, grey and 16-bit become 8-bit sRGB, transparent becomes
 * white, of an animation the first frame counts. Throws DarwazaError PICTURE_EMPTY, PICTURE_TOO_MANY_BYTES, PICTURE_NOT_A_PICTURE,
 * PICTURE_TOO_LARGE (from the header, before any pixel is decoded) or PICTURE_TRUNCATED. `name` is for their messages.
 */
export async function decodePicture(bytes: Uint8Array, name: string, limits: DecodeLimits = defaultDecodeLimits): Promise<DecodedPicture> {
  if (bytes.length === 0) throw new DarwazaError('PICTURE_EMPTY', { name });
  if (bytes.length > limits.megabytes * 1e6) throw new DarwazaError('PICTURE_TOO_MANY_BYTES', { name, limitMegabytes: limits.megabytes });
  const mediaType = await checkHeader(bytes, name, limits);
  try {
    const { data, info } = await sharp(bytes, { limitInputPixels: false, failOn: 'truncated', sequentialRead: true })
      .autoOrient()
      .flatten({ background: '#ffffff' })
      .toColourspace('srgb')
      .raw({ depth: 'uchar' })
      .toBuffer({ resolveWithObject: true });
    return { picture: { width: info.width, height: info.height, data: rgb(data, info.channels) }, mediaType };
  } catch (cause) {
    throw new DarwazaError('PICTURE_TRUNCATED', { name }, cause);
  }
}

async function checkHeader(bytes: Uint8Array, name: string, limits: DecodeLimits): Promise<string> {
  let header: Metadata;
  try {
    header = await sharp(bytes, { limitInputPixels: false, failOn: 'none' }).metadata();
  } catch (cause) {
    throw new DarwazaError(startsLikePicture(bytes) ? 'PICTURE_TRUNCATED' : 'PICTURE_NOT_A_PICTURE', { name }, cause);
  }
  const mediaType = mediaTypes[header.format];
  if (mediaType === undefined) throw new DarwazaError('PICTURE_NOT_A_PICTURE', { name });
  const { width, pageHeight, height } = header, tall = pageHeight ?? height;
  if (width * tall > limits.megapixels * 1e6) throw new DarwazaError('PICTURE_TOO_LARGE', { name, width, height: tall, limitMegapixels: limits.megapixels });
  return mediaType;
}

/** A picture cut off inside its header cannot be told from rubbish by a decoder, but its first bytes can. */
function startsLikePicture(bytes: Uint8Array): boolean {
  const start = Buffer.from(bytes.subarray(0, 12)).toString('latin1');
  return start.startsWith('\xff\xd8\xff') || start.startsWith('\x89PNG') || start.startsWith('GIF8') || (start.startsWith('RIFF') && start.endsWith('WEBP'));
}

function rgb(data: Buffer, channels: number): Uint8Array {
  if (channels === 3) return data;
  const pixels = data.length / channels, out = new Uint8Array(pixels * 3);
  for (let i = 0; i < pixels; i++) out.set(channels < 3 ? [data[i * channels]!, data[i * channels]!, data[i * channels]!] : data.subarray(i * channels, i * channels + 3), i * 3);
  return out;
}

/** Scales a whole frame with libvips (opencv-wasm would need the frame twice in WebAssembly memory and three times as long). */
export async function scaledFrame(picture: Picture, width: number, height: number): Promise<Picture> {
  if (picture.width === width && picture.height === height) return picture;
  const data = await sharp(picture.data, { raw: { width: picture.width, height: picture.height, channels: 3 }, limitInputPixels: false })
    .resize(width, height, { fit: 'fill', kernel: 'cubic' })
    .raw()
    .toBuffer();
  return { width, height, data };
}
