import sharp from 'sharp';
import type { RgbScratch, YuvPicture } from './yuv-picture.ts';

/** Losses at this quality are below what the stream's own compression has lost; the half resolution of colour is the stream's too. */
const QUALITY = 92;

/** A frame of a stream as a JPEG: whole, nothing drawn into it, encoded once. A stream's frame has no bytes of its own that could be kept. */
export async function jpegOf(picture: YuvPicture, scratch: RgbScratch): Promise<Buffer> {
  const { data, width, height } = scratch.partOf(picture, { x: 0, y: 0, width: picture.width, height: picture.height });
  return sharp(data, { raw: { width, height, channels: 3 }, limitInputPixels: false }).jpeg({ quality: QUALITY, chromaSubsampling: '4:2:0' }).toBuffer();
}
