import type { VendorFormat, VendorMessage, VendorReading } from '../vendor-event.ts';
import { readSnapLines } from './dahua-lines.ts';
import { readTollgate } from './dahua-tollgate.ts';
import { jsonIn, looksLikeJson, pictureIn } from './message-parts.ts';
import { neverThrowing, refusedFor } from './reading-faults.ts';

/**
 * Dahua, in both of its ways: a part of the `snapManager` stream (lines of text, then pictures), and the JSON that ITC cameras push to
 * `/NotificationInfo/TollgateInfo` (and to `/KeepAlive` in between).
 */
export const dahua: VendorFormat = (message, context) => neverThrowing(() => {
  const words = message.parts.filter((part) => pictureIn(part.bytes) === null && part.bytes.length > 0);
  const json = words.find(looksLikeJson), lines = words[0];
  if (json !== undefined) return fromJson(json, message, context.utcOffsetMinutes);
  if (lines === undefined) return refusedFor('', 'it has neither lines of an event nor JSON');
  return readSnapLines(new TextDecoder('utf-8').decode(lines.bytes), message, context.utcOffsetMinutes);
});

function fromJson(part: VendorMessage['parts'][number], message: VendorMessage, utcOffsetMinutes: number): VendorReading {
  const json = jsonIn(part);
  return json.kind === 'faults' ? json : readTollgate(json.value, message, utcOffsetMinutes);
}
