import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { cutOut, uprightJpeg } from '../../src/vision/cut-out.ts';

/** A grey picture with a red plate. */
const picture = (width = 400, height = 300) => sharp({ create: { width, height, channels: 3, background: '#808080' } })
  .composite([{ input: { create: { width: 100, height: 50, channels: 3, background: '#ff0000' } }, left: 200, top: 100 }]);
const red = { x: 200, y: 100, width: 100, height: 50 };

async function looks(jpeg: Buffer): Promise<{ width: number; height: number; centre: string; corner: string }> {
  const { data, info } = await sharp(jpeg).raw().toBuffer({ resolveWithObject: true });
  const colour = (x: number, y: number): string => ((data[(y * info.width + x) * 3] as number) > 200 ? 'red' : 'grey');
  return { width: info.width, height: info.height, centre: colour(info.width >> 1, info.height >> 1), corner: colour(2, 2) };
}
async function cut(bytes: Buffer, box: Parameters<typeof cutOut>[1][number]) {
  const [jpeg] = await cutOut(bytes, [box], 'a.jpg');
  return looks(jpeg as Buffer);
}

describe('a plate cut out of a picture', () => {
  it('is shown with a little around it, at one height', async () => {
    expect(await cut(await picture().jpeg().toBuffer(), red)).toEqual({ width: 252, height: 128, centre: 'red', corner: 'grey' });
  });

  it('is cut where it lies in the upright picture', async () => {
    // Lying on its side with an EXIF record that says so: the upright one is 400 x 300 again.
    const lying = await sharp(await picture().png().toBuffer()).rotate(-90).jpeg().withMetadata({ orientation: 6 }).toBuffer();
    expect(await cut(lying, red)).toMatchObject({ centre: 'red', corner: 'grey' });
  });

  it('may be the whole picture', async () => {
    expect(await cut(await picture().jpeg().toBuffer(), null)).toMatchObject({ width: 171, height: 128 });
  });

  it.each([
    ['over the edge', { x: 350, y: 280, width: 100, height: 50 }], ['outside', { x: 900, y: 900, width: 10, height: 10 }], ['before the picture', { x: -50, y: -50, width: 20, height: 20 }],
    ['of no size', { x: 10, y: 10, width: 0, height: 0 }], ['far too large', { x: -1e6, y: -1e6, width: 1e7, height: 1e7 }], ['of broken pixels', { x: 10.4, y: 10.6, width: 0.3, height: 0.3 }],
  ])('gives something to look at for a box %s', async (_, box) => {
    const { width, height } = await cut(await picture().jpeg().toBuffer(), box);
    expect([width > 0 && width <= 512, height > 0 && height <= 128]).toEqual([true, true]);
  });

  it('of a picture that is none is an error of the table', async () => {
    await expect(cutOut(Buffer.from('no picture'), [red], 'b.jpg')).rejects.toMatchObject({ code: 'PICTURE_NOT_A_PICTURE' });
  });
});

describe('a picture for a browser', () => {
  it('is an upright JPEG whatever it was', async () => {
    for (const bytes of [await picture().tiff().toBuffer(), await picture().webp().toBuffer(), await picture().toColourspace('b-w').png().toBuffer()]) {
      const { format, width, height, orientation } = await sharp(await uprightJpeg(bytes, 'c')).metadata();
      expect([format, width, height, orientation]).toEqual(['jpeg', 400, 300, undefined]);
    }
  });
});
