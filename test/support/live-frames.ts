import type { LiveFrame } from '../../src/camera/live-frame.ts';
import { parsePlate } from '../../src/plate/parse.ts';
import type { FrameRead, Read } from '../../src/vision/frame-read.ts';
import type { Box } from '../../src/vision/picture.ts';
import { yuvBytes } from '../../src/vision/yuv-picture.ts';

const WIDTH = 192, HEIGHT = 108;

export interface TestFrame extends LiveFrame { releases: number }

/** A frame of a stream whose pixels name it: what a test finds as evidence tells which frame it was. */
export function liveFrame(cameraId: string, capturedAt: number, { moving = [{ x: 0, y: 0, width: 90, height: 60 }] }: { readonly moving?: readonly Box[] } = {}): TestFrame {
  const planes = new Uint8Array(new SharedArrayBuffer(yuvBytes(WIDTH, HEIGHT)));
  planes.set(Buffer.from(`${cameraId} ${capturedAt}\n`));
  const frame: TestFrame = {
    cameraId, capturedAt, picture: { width: WIDTH, height: HEIGHT, planes }, moving, region: null, releases: 0,
    release: () => {
      frame.releases++;
      // The stream writes its next picture there at once.
      planes.fill(255);
    },
  };
  return frame;
}

/** The frame that evidence bytes were made of: "camera time". */
export const nameInPixels = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1').split('\n')[0] ?? '';

/** One plate of a frame, `at` its left top corner. */
export function plateRead(text: string, { x = 10, y = 10, width = 40, confidence = 0.9 }: { x?: number; y?: number; width?: number; confidence?: number } = {}): Read {
  const box = { x, y, width, height: width / 2 }, corners = [[x, y], [x + width, y], [x + width, y + width / 2], [x, y + width / 2]] as const;
  return { text, parse: parsePlate(text), confidence, characters: [...text].map((char) => ({ char, confidence: confidence ** (1 / text.length), alternatives: [] })), corners, box, sharpness: 0.8 };
}

export function readOf(...reads: Read[]): FrameRead {
  return { width: WIDTH, height: HEIGHT, reads, ms: { decode: 0, detect: 1, read: 1 } };
}
