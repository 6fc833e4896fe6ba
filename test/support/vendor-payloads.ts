import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { FORMATS } from '../../src/camera/vendors/formats.ts';
import type { Vendor, VendorMessage, VendorRead, VendorReading } from '../../src/camera/vendor-event.ts';

const PAYLOADS = resolve(import.meta.dirname, '../../fixtures/payloads');

/** What `message.json` of a payload says; `file` is beside it or among `pictures/`. */
interface PayloadParts {
  readonly topic?: string;
  readonly parts: readonly { readonly name?: string; readonly fileName?: string; readonly mediaType: string; readonly file: string }[];
}

const bytesOf = (folder: string, file: string): Buffer => readFileSync(existsSync(join(folder, file)) ? join(folder, file) : join(PAYLOADS, 'pictures', file));

export const payloadPicture = (file: 'scene.jpg' | 'plate.jpg'): Buffer => bytesOf(PAYLOADS, file);
export const payloadNames = (vendor: Vendor): string[] => readdirSync(join(PAYLOADS, vendor)).sort();

/** A message as it stands in `fixtures/payloads/<vendor>/<name>`. */
export function payload(vendor: Vendor, name: string): VendorMessage {
  const folder = join(PAYLOADS, vendor, name), { topic, parts } = JSON.parse(readFileSync(join(folder, 'message.json'), 'utf8')) as PayloadParts;
  return { topic: topic ?? null, parts: parts.map(({ name: part, fileName, mediaType, file }) => ({ name: part ?? null, fileName: fileName ?? null, mediaType, bytes: bytesOf(folder, file) })) };
}

/** The same as a camera would post it: one part is the body, several are a form. */
export function payloadBody(vendor: Vendor, name: string, boundary = 'boundary'): { readonly contentType: string; readonly body: Buffer } {
  const { parts } = payload(vendor, name), [only] = parts;
  if (only !== undefined && parts.length === 1) return { contentType: only.mediaType, body: only.bytes };
  const pieces = parts.flatMap((part, i) => [
    Buffer.from(`--${boundary}\r\nContent-Disposition: form-data; name="${part.name ?? `part${i}`}"${part.fileName === null ? '' : `; filename="${part.fileName}"`}\r\nContent-Type: ${part.mediaType}\r\n\r\n`),
    part.bytes, Buffer.from('\r\n'),
  ]);
  return { contentType: `multipart/form-data; boundary=${boundary}`, body: Buffer.concat([...pieces, Buffer.from(`--${boundary}--\r\n`)]) };
}

/** 3 November 2026, 06:15:03 in Quetta. */
export const RECEIVED_AT = Date.parse('2026-11-03T06:15:03+05:00');
export const PAKISTAN = { utcOffsetMinutes: 300, receivedAt: RECEIVED_AT };

export const readPayload = (vendor: Vendor, name: string): VendorReading => FORMATS[vendor](payload(vendor, name), PAKISTAN);
export const wordMessage = (text: string | Buffer, mediaType = 'application/json', topic: string | null = null): VendorMessage => ({ topic, parts: [{ name: null, fileName: null, mediaType, bytes: Buffer.from(text) }] });

/** A read with nothing said but what is given: what a test does not name must not be there. */
export function saying(said: Partial<VendorRead>): VendorRead {
  return {
    eventId: null, device: null, capturedAt: RECEIVED_AT, text: '', confidence: null, alternatives: [], plateBox: null, direction: 'unknown', movement: 'unknown', lane: null,
    vehicle: { class: null, make: null, colour: null }, cues: null, stage: 'final', picture: null, platePicture: null, ...said,
  };
}
export const scene = { bytes: payloadPicture('scene.jpg'), mediaType: 'image/jpeg' };
export const plateCut = { bytes: payloadPicture('plate.jpg'), mediaType: 'image/jpeg' };
