import { deflateSync, crc32 } from 'node:zlib';
import sharp from 'sharp';
import type { Sharp } from 'sharp';
import { describe, expect, it } from 'vitest';
import { decodePicture } from '../../src/vision/decode.ts';

const colours = (r: number, g: number, b: number, width = 40, height = 20): Sharp => sharp({ create: { width, height, channels: 3, background: { r, g, b } } });

/** Left half red, right half blue: tells an upright picture from a turned or mirrored one. */
async function redThenBlue(): Promise<Buffer> {
  const right = await colours(0, 0, 255, 20, 20).png().toBuffer();
  return colours(255, 0, 0).composite([{ input: right, left: 20, top: 0 }]).png().toBuffer();
}

function pixel(picture: { width: number; data: Uint8Array }, x: number, y: number): number[] {
  return [...picture.data.subarray((y * picture.width + x) * 3, (y * picture.width + x) * 3 + 3)];
}

function chunk(type: string, body: Buffer): Buffer {
  const typed = Buffer.concat([Buffer.from(type, 'latin1'), body]), length = Buffer.alloc(4), check = Buffer.alloc(4);
  length.writeUInt32BE(body.length);
  check.writeUInt32BE(crc32(typed));
  return Buffer.concat([length, typed, check]);
}

/** A PNG of 100 bytes that says it is as large as asked. */
function pngHeader(width: number, height: number): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2, 0, 0, 0], 8);
  return Buffer.concat([Buffer.from('89504e470d0a1a0a', 'hex'), chunk('IHDR', header), chunk('IDAT', deflateSync(Buffer.alloc(16))), chunk('IEND', Buffer.alloc(0))]);
}

describe('a picture becomes 8-bit RGB', () => {
  it('from JPEG, with its media type', async () => {
    const { picture, mediaType } = await decodePicture(await colours(200, 100, 50).jpeg({ quality: 100 }).toBuffer(), 'a.jpg');
    expect(mediaType).toBe('image/jpeg');
    expect([picture.width, picture.height, picture.data.length]).toEqual([40, 20, 40 * 20 * 3]);
    expect(pixel(picture, 10, 10).map((v) => Math.round(v / 10))).toEqual([20, 10, 5]);
  });

  it('by its content: a PNG named .jpg is a PNG', async () => {
    expect((await decodePicture(await colours(1, 2, 3).png().toBuffer(), 'plate.jpg')).mediaType).toBe('image/png');
  });

  it.each(['webp', 'tiff', 'gif'] as const)('from %s', async (format) => {
    const { picture, mediaType } = await decodePicture(await colours(250, 0, 0).toFormat(format).toBuffer(), 'a');
    expect(mediaType).toBe(`image/${format}`);
    expect(pixel(picture, 5, 5)[0]).toBeGreaterThan(230);
    expect(pixel(picture, 5, 5)[1]).toBeLessThan(20);
  });

  it('from grey, spread over three channels', async () => {
    const { picture } = await decodePicture(await colours(90, 90, 90).greyscale().toColourspace('b-w').png().toBuffer(), 'a');
    expect(picture.data.length).toBe(40 * 20 * 3);
    expect(pixel(picture, 3, 3)).toEqual([90, 90, 90]);
  });

  it('from 16 bits a channel', async () => {
    const deep = Buffer.alloc(4 * 4 * 3 * 2);
    for (let i = 0; i < 48; i++) deep.writeUInt16LE(0x8080, i * 2);
    const png = await sharp(new Uint16Array(deep.buffer, deep.byteOffset, 48), { raw: { width: 4, height: 4, channels: 3 } }).toColourspace('rgb16').png().toBuffer();
    expect((await sharp(png).metadata()).depth).toBe('ushort');
    const { picture } = await decodePicture(png, 'a');
    expect(picture.data.length).toBe(48);
    expect(Math.abs(pixel(picture, 1, 1)[0]! - 128)).toBeLessThanOrEqual(1);
  });

  it('from CMYK, as a scanner gives it', async () => {
    const jpeg = await colours(230, 20, 20).toColourspace('cmyk').jpeg({ quality: 100 }).toBuffer();
    expect((await sharp(jpeg).metadata()).space).toBe('cmyk');
    const [r, g, b] = pixel((await decodePicture(jpeg, 'a')).picture, 5, 5);
    expect(r).toBeGreaterThan(150);
    expect(Math.max(g!, b!)).toBeLessThan(110);
  });

  it('with transparency on white', async () => {
    const png = await sharp({ create: { width: 4, height: 4, channels: 4, background: { r: 0, g: 0, b: 0, alpha: 0 } } }).png().toBuffer();
    expect(pixel((await decodePicture(png, 'a')).picture, 1, 1)).toEqual([255, 255, 255]);
  });

  it('upright by its EXIF orientation', async () => {
    const upright = await decodePicture(await redThenBlue(), 'a');
    // Orientation 6: the camera was held turned; shown, the picture's left side is up.
    const turned = await decodePicture(await sharp(await redThenBlue()).withMetadata({ orientation: 6 }).jpeg({ quality: 100 }).toBuffer(), 'a');
    expect([upright.picture.width, upright.picture.height]).toEqual([40, 20]);
    expect([turned.picture.width, turned.picture.height]).toEqual([20, 40]);
    expect(pixel(turned.picture, 10, 3)[0]).toBeGreaterThan(200);
    expect(pixel(turned.picture, 10, 36)[2]).toBeGreaterThan(200);
  });

  it('as its first frame when it is animated', async () => {
    const frames = Buffer.concat([await colours(255, 0, 0, 8, 8).raw().toBuffer(), await colours(0, 0, 255, 8, 8).raw().toBuffer()]);
    const gif = await sharp(frames, { raw: { width: 8, height: 16, channels: 3, pageHeight: 8 } }).gif({ delay: [100, 100] }).toBuffer();
    expect((await sharp(gif, { animated: true }).metadata()).pages).toBe(2);
    const { picture } = await decodePicture(gif, 'a');
    expect([picture.width, picture.height]).toEqual([8, 8]);
    expect(pixel(picture, 4, 4)[0]).toBeGreaterThan(200);
  });

  it.each([[3, 2], [1, 4000], [4000, 1], [1, 1]])('of %i x %i pixels', async (width, height) => {
    const { picture } = await decodePicture(await colours(9, 9, 9, width, height).png().toBuffer(), 'a');
    expect([picture.width, picture.height]).toEqual([width, height]);
  });
});

describe('what is no usable picture is refused by name and reason', () => {
  const refused = (bytes: Uint8Array, code: string): Promise<void> => expect(decodePicture(bytes, 'gate/7.jpg')).rejects.toMatchObject({ name: 'DarwazaError', code, message: expect.stringContaining('gate/7.jpg') as string });

  it('no bytes', () => refused(new Uint8Array(0), 'PICTURE_EMPTY'));
  it('text', () => refused(Buffer.from('mark,kind,reason\nLEC-13-8447,stolen,\n'), 'PICTURE_NOT_A_PICTURE'));
  it('random bytes', () => refused(Buffer.from(Array.from({ length: 5000 }, (_, i) => (i * 7919) % 251)), 'PICTURE_NOT_A_PICTURE'));
  it('an SVG drawing, which would otherwise be rendered', () => refused(Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'), 'PICTURE_NOT_A_PICTURE'));

  it.each([0.02, 0.5, 0.95])('a JPEG of which %d came through', async (share) => {
    const noise = Buffer.from(Array.from({ length: 200 * 200 * 3 }, (_, i) => (i * 2654435761) % 255));
    const jpeg = await sharp(noise, { raw: { width: 200, height: 200, channels: 3 } }).jpeg().toBuffer();
    await refused(jpeg.subarray(0, Math.floor(jpeg.length * share)), 'PICTURE_TRUNCATED');
  });

  it('a PNG cut in its pixels', async () => {
    const noise = Buffer.from(Array.from({ length: 100 * 100 * 3 }, (_, i) => (i * 2654435761) % 255));
    const png = await sharp(noise, { raw: { width: 100, height: 100, channels: 3 } }).png().toBuffer();
    await refused(png.subarray(0, png.length / 2), 'PICTURE_TRUNCATED');
  });

  it('30,000 x 30,000 pixels, from the header alone', async () => {
    const bomb = pngHeader(30_000, 30_000);
    const memory = process.memoryUsage().rss;
    await expect(decodePicture(bomb, 'bomb.png')).rejects.toMatchObject({ code: 'PICTURE_TOO_LARGE', details: { width: 30_000, height: 30_000, limitMegapixels: 100 } });
    expect(process.memoryUsage().rss - memory).toBeLessThan(200e6);
  });

  it('more bytes than the limit', async () => {
    await expect(decodePicture(await colours(1, 2, 3).png().toBuffer(), 'a', { megapixels: 1, megabytes: 0.00001 })).rejects.toMatchObject({ code: 'PICTURE_TOO_MANY_BYTES' });
  });
});
