import sharp, { type Sharp } from 'sharp';
import { decodePicture } from './decode.ts';
import type { Box, Picture } from './picture.ts';

/** Share of a plate's sides that is shown around it. */
const AROUND = 0.15;
const HEIGHT = 128;

/** A plate cut out of a picture file with a little around it, as a JPEG of 128 px height to look at; `null`: the whole picture. @throws as `decodePicture` */
export async function cutOut(bytes: Uint8Array, boxes: readonly (Box | null)[], name: string): Promise<Buffer[]> {
  const { picture } = await decodePicture(bytes, name);
  return Promise.all(boxes.map((box) => {
    const { x, y, width, height } = box === null ? { x: 0, y: 0, width: picture.width, height: picture.height } : inside(box, picture);
    return raw(picture).extract({ left: x, top: y, width, height }).resize({ height: HEIGHT, width: 4 * HEIGHT, fit: 'inside', kernel: 'cubic' }).jpeg({ quality: 85 }).toBuffer();
  }));
}

/** The whole picture upright as a JPEG, for a browser: whatever the format of the file. @throws as `decodePicture` */
export async function uprightJpeg(bytes: Uint8Array, name: string): Promise<Buffer> {
  return raw((await decodePicture(bytes, name)).picture).jpeg({ quality: 90 }).toBuffer();
}

function raw({ data, width, height }: Picture): Sharp {
  return sharp(data, { raw: { width, height, channels: 3 }, limitInputPixels: false });
}

/** The box grown and clipped; at least one pixel of the picture, also for a box that lies outside. */
function inside(box: Box, { width, height }: Picture): Box {
  const left = clamp(Math.floor(box.x - AROUND * box.width), width - 1), top = clamp(Math.floor(box.y - AROUND * box.height), height - 1);
  const right = Math.max(left + 1, Math.min(width, Math.ceil(box.x + (1 + AROUND) * box.width))), bottom = Math.max(top + 1, Math.min(height, Math.ceil(box.y + (1 + AROUND) * box.height)));
  return { x: left, y: top, width: right - left, height: bottom - top };
}

function clamp(value: number, most: number): number {
  return Math.max(0, Math.min(most, value));
}
