import { refusedFor, type Read } from './reading-faults.ts';
import type { VendorMessage } from '../vendor-event.ts';

export type Part = VendorMessage['parts'][number];
export interface SentPicture { readonly bytes: Buffer; readonly mediaType: string }

/** By its own bytes: cameras call pictures `image/pjpeg`, `application/octet-stream` or nothing at all. An empty one is none. */
export function pictureIn(bytes: Buffer): SentPicture | null {
  if (bytes.length >= 3 && bytes[0] === 0xff && bytes[1] === 0xd8 && bytes[2] === 0xff) return { bytes, mediaType: 'image/jpeg' };
  if (bytes.length >= 8 && bytes.subarray(0, 8).equals(PNG)) return { bytes, mediaType: 'image/png' };
  return null;
}
const PNG = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

/** What a part is called, in lower case: its name, its file's name. */
export const calledOf = ({ name, fileName }: Part): string => `${name ?? ''} ${fileName ?? ''}`.toLowerCase();

export interface PictureParts { readonly picture: SentPicture | null; readonly platePicture: SentPicture | null }

const PLATE = /plate|cutout|crop/;

/** The pictures among the parts: the first that is called a plate's, unless it is one in black and white; of the others the largest of those called a `scene`, or of all. */
export function picturesAmong(parts: readonly Part[], scene?: RegExp): PictureParts {
  const sent = parts.flatMap((part) => {
    const found = pictureIn(part.bytes);
    return found === null ? [] : [{ called: calledOf(part), found, isPlate: PLATE.test(calledOf(part)) }];
  });
  const others = sent.filter((p) => !p.isPlate), scenes = others.filter(({ called }) => scene?.test(called));
  return {
    picture: (scenes.length > 0 ? scenes : others).map((p) => p.found).reduce<SentPicture | null>((largest, p) => (largest === null || p.bytes.length > largest.bytes.length ? p : largest), null),
    platePicture: sent.find((p) => p.isPlate && !/binary/.test(p.called))?.found ?? null,
  };
}

/** Base64 as cameras send it: with or without `data:image/jpeg;base64,` before it, with line breaks in it. Not a picture: null. */
export function base64Picture(text: string | null | undefined): SentPicture | null {
  if (text === null || text === undefined || text === '') return null;
  const start = text.startsWith('data:') ? text.indexOf(',') + 1 : 0;
  return pictureIn(Buffer.from(start === 0 ? text : text.slice(start), 'base64'));
}

/** Two pictures of a large camera in base64 stay below it. */
const LONGEST_JSON = 24 * 1024 * 1024;

/** The JSON that a part holds. Numbers beyond a double and nesting beyond sense come to nothing later, where fields are looked at. */
export function jsonIn(part: Part | undefined): Read<unknown> {
  if (part === undefined) return refusedFor('', 'it has no JSON part');
  if (part.bytes.length > LONGEST_JSON) return refusedFor('', `the JSON has ${part.bytes.length} bytes; at most ${LONGEST_JSON} are read`);
  const text = new TextDecoder('utf-8').decode(part.bytes).trim();
  if (text === '') return refusedFor('', 'it is empty');
  try {
    return { kind: 'value', value: JSON.parse(text) as unknown };
  } catch (error) {
    return refusedFor('', `it is no JSON: ${error instanceof Error ? error.message.slice(0, 120) : 'unknown fault'}`);
  }
}

const first = (part: Part): string => part.bytes.subarray(0, 64).toString('latin1').replace(/^\u00ef\u00bb\u00bf/, '').trimStart();
export const looksLikeJson = (part: Part): boolean => /^[[{]/.test(first(part));
export const looksLikeXml = (part: Part): boolean => first(part).startsWith('<');
