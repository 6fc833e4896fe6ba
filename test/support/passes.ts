import { readFileSync } from 'node:fs';
import { readRegister, type Register } from '../../src/geo/register.ts';
import type { ListEntry } from '../../src/list/entry.ts';
import { passId } from '../../src/pass/pass-id.ts';
import { UNOBSERVED, type Pass } from '../../src/pass/pass.ts';
import { markKey, skeleton } from '../../src/plate/key.ts';
import type { Mark } from '../../src/plate/mark.ts';
import { parseMark } from '../../src/plate/parse.ts';

/** 3 November 2026, 06:00 in Quetta. */
export const MORNING = Date.parse('2026-11-03T06:00:00+05:00');
export const MINUTE = 60_000, HOUR = 60 * MINUTE, DAY = 24 * HOUR;

/** The example city that is shipped. */
export function quetta(): Register {
  const reading = readRegister(JSON.parse(readFileSync(new URL('../../fixtures/quetta.json', import.meta.url), 'utf8')));
  if (reading.kind !== 'ok') throw new Error(JSON.stringify(reading.faults));
  return reading.register;
}

/** A mark as a person writes it. */
export function mark(text: string): Mark {
  const parsed = parseMark(text);
  if (parsed.kind !== 'mark') throw new Error(`${text} is no mark`);
  return parsed.mark;
}

export interface PassGiven extends Partial<Omit<Pass, 'id' | 'mark' | 'key' | 'skeleton'>> { readonly mark?: Mark | string | null }

/** A pass as the pipeline makes it; what matters to a test is given. */
export function aPass(given: PassGiven = {}): Pass {
  const { cameraId = 'baleli-in-1', capturedAt = MORNING, sequence = 0, mark: wanted = 'LEC-13-8447', ...rest } = given;
  const parsed = typeof wanted === 'string' ? mark(wanted) : wanted, key = parsed === null ? null : markKey(parsed);
  const rawText = parsed === null ? '' : [parsed.letters, parsed.year, parsed.number, parsed.suffix].join('');
  return {
    id: passId(cameraId, capturedAt, sequence), cameraId, capturedAt, sequence, receivedAt: capturedAt + 350, processedAt: capturedAt + 900, timeSource: 'camera',
    direction: 'unknown', outcome: parsed === null ? 'no-plate' : 'mark', rawText, mark: parsed, key, skeleton: key === null ? null : skeleton(key), confidence: 0.93,
    characters: [...rawText].map((char) => ({ char, confidence: 0.97 })), alternatives: [], readCount: 5,
    plateBox: { x: 812, y: 604, width: 118, height: 61 }, corners: [[812, 606], [929, 604], [930, 663], [813, 665]],
    evidence: { sha256: 'ab'.repeat(32), mediaType: 'image/jpeg', width: 1920, height: 1080 }, vehicle: UNOBSERVED, source: 'pipeline', ...rest,
  };
}

export function anEntry(given: Partial<Omit<ListEntry, 'mark'>> & { readonly mark?: string } = {}): ListEntry {
  const { mark: text = 'LEC-13-8447', list = 'stolen', ...rest } = given, parsed = mark(text);
  return {
    id: `${list}:${text}`, list, mark: parsed, key: markKey(parsed), kind: 'stolen', pattern: null, reason: 'FIR 112/2026', owner: 'CPO Quetta', action: 'stop', expiresAt: null,
    vehicle: { class: null, make: null, colour: null, chassis: null }, warnings: [], caseReference: null, source: null, stage: null, reviewAt: null, ...rest,
  };
}
