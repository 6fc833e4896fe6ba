import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { parsePlate } from '../../src/plate/parse.ts';
import type { Vision } from '../../src/vision/vision-pool.ts';
import { literalVision } from './literal-vision.ts';
import { payloadPicture } from './vendor-payloads.ts';

const ALERT = readFileSync(new URL('../../fixtures/payloads/hikvision/normal/anpr.xml', import.meta.url), 'utf8');

export interface Pushed {
  /** The camera's own name of the event; null: it has none. */
  readonly uuid?: string | null;
  readonly at?: string;
  readonly text?: string;
  /** What our reader is to read in the picture of the plate; null: there is no such picture. */
  readonly seen?: string | null;
  /** What it is to read in the whole scene. */
  readonly scene?: string;
}

export interface Push { readonly contentType: string; readonly body: Buffer<ArrayBuffer> }

const PUSHED_AT = '2026-11-03T11:59:58.200+05:00';

/** What follows a picture's own end belongs to nobody: here it says what a reader is to see in it. */
const marked = (file: 'scene.jpg' | 'plate.jpg', seen: string): Buffer => Buffer.concat([payloadPicture(file), Buffer.from(`\nSEEN=${seen}\n`)]);

export function hikvisionAlert({ uuid = null, at = PUSHED_AT, text = 'LEC138447' }: Pushed): string {
  return ALERT.replace(/<dateTime>.*<\/dateTime>/, `<dateTime>${at}</dateTime>`).replaceAll('BHT739', text).replace(/<UUID>.*<\/UUID>/, uuid === null ? '' : `<UUID>${uuid}</UUID>`);
}

/** A part of a body, with its headers. */
export function bodyPart(name: string, mediaType: string, bytes: Buffer | string, boundary: string, told = false): Buffer {
  const content = Buffer.from(bytes as string), length = told ? `Content-Length: ${content.length}\r\n` : '';
  return Buffer.concat([Buffer.from(`--${boundary}\r\nContent-Disposition: form-data; name="${name}"; filename="${name}"\r\nContent-Type: ${mediaType}\r\n${length}\r\n`), content, Buffer.from('\r\n')]);
}

/** What a Hikvision camera posts of one vehicle. */
export function hikvisionPush(pushed: Pushed = {}, boundary = 'MIME_boundary'): Push {
  const { text = 'LEC138447', seen = text, scene = text } = pushed;
  const parts = [
    bodyPart('anpr.xml', 'text/xml', hikvisionAlert(pushed), boundary), ...(seen === null ? [] : [bodyPart('licensePlatePicture.jpg', 'image/pjpeg', marked('plate.jpg', seen), boundary)]),
    bodyPart('detectionPicture.jpg', 'image/pjpeg', marked('scene.jpg', scene), boundary),
  ];
  return { contentType: `multipart/form-data; boundary=${boundary}`, body: Buffer.concat([...parts, Buffer.from(`--${boundary}--\r\n`)]) };
}

/** A vision that reads what `hikvisionPush` wrote behind the end of its pictures, with this confidence. */
export function markedVision(confidence = 0.9): Vision {
  return {
    ...literalVision(),
    async read(bytes) {
      const text = /\nSEEN=([^\n]*)\n$/.exec(Buffer.from(bytes).toString('latin1'))?.[1] ?? '', corners = [[10, 10], [90, 10], [90, 40], [10, 40]] as const;
      const characters = [...text].map((char) => ({ char, confidence, alternatives: [] }));
      const reads = text === '' ? [] : [{ text, parse: parsePlate(text), confidence, characters, corners, box: { x: 10, y: 10, width: 80, height: 30 } }];
      return { width: 640, height: 360, reads, ms: { decode: 1, detect: 1, read: 1 }, sha256: createHash('sha256').update(bytes).digest('hex'), mediaType: 'image/jpeg' };
    },
  };
}
