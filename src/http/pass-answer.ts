import { z } from 'zod';
import { formatInstant } from '../core/instant.ts';
import type { Mark } from '../plate/mark.ts';
import { writeMark } from '../plate/written-form.ts';
import type { PassFacts } from '../store/pass-facts.ts';
import type { PassReading } from '../store/pass-readings.ts';
import type { StoredPass } from '../store/stored-pass.ts';
import { Instant, instantOrNull } from './answer-fields.ts';

const unknown = 'null = unknown';

export const MarkAnswer = z.strictObject({
  mark: z.string().describe('Written form, as on papers: LEC-13-8447'),
  jurisdiction: z.string().nullable().describe(`Code of the issuing jurisdiction (PB, SD, IS, KP, BA, AJ, GB, …); ${unknown}`),
  district: z.string().nullable(),
  letters: z.string(),
  year: z.string().nullable().describe(`Two digits as printed; ${unknown}, or none on the plate`),
  number: z.string().describe('As printed, leading zeros kept'),
  suffix: z.string().nullable(),
  class: z.string().nullable().describe(`What the vehicle is used as; ${unknown}`),
  series: z.string().nullable().describe('Format and era that the mark was parsed by'),
}).meta({ id: 'Mark' });
export type MarkAnswer = z.output<typeof MarkAnswer>;

export function markAnswer(mark: Mark): MarkAnswer {
  const { jurisdiction, district, letters, year, number, suffix, series } = mark;
  return { mark: writeMark(mark), jurisdiction, district, letters, year, number, suffix, class: mark.class, series };
}

export const PassAnswer = z.strictObject({
  id: z.string(),
  camera: z.string(),
  site: z.string().nullable().describe('Where the camera stood then; null = the register did not know it'),
  boundary: z.boolean().describe('The camera stood on the city boundary'),
  direction: z.enum(['in', 'out', 'unknown']),
  capturedAt: Instant.describe('When the vehicle was seen'),
  receivedAt: Instant, processedAt: Instant,
  timeSource: z.enum(['camera', 'exif', 'file']).describe('How the capture time is known; only `camera` is evidence of when'),
  clockCorrectionSeconds: z.number().nullable().describe('What was added to the time that the camera gave, because its clock was measured to be wrong; `capturedAt` has it in it. null = nothing'),
  movement: z.enum(['towards', 'away', 'unknown']).describe('Which way it moved in the view of the camera'),
  evidenceAt: Instant.nullable().describe('When the evidence picture was taken; null = at `capturedAt`'),
  sequence: z.int(),
  outcome: z.enum(['mark', 'applied-for', 'fancy', 'official', 'unreadable', 'no-plate']),
  text: z.string().describe('As read, never corrected'),
  mark: z.string().nullable().describe('Written form of the parsed mark'),
  parts: MarkAnswer.nullable(),
  confidence: z.number().describe('0 to 1'),
  characters: z.array(z.strictObject({ char: z.string(), confidence: z.number() })),
  alternatives: z.array(z.strictObject({ mark: z.string(), confidence: z.number() })),
  readCount: z.int().describe('Frames whose reads were voted on'),
  box: z.strictObject({ x: z.number(), y: z.number(), width: z.number(), height: z.number() }).nullable().describe('Plate in the evidence picture, pixels'),
  corners: z.array(z.tuple([z.number(), z.number()])).nullable(),
  evidence: z.strictObject({
    url: z.string(), sha256: z.string(), mediaType: z.string(), width: z.int(), height: z.int(),
    deletedAt: Instant.nullable().describe('When the picture was deleted because its time was over; null = it is there'),
  }).nullable().describe('The unaltered picture that the plate was read from'),
  vehicle: z.strictObject({ class: z.string().nullable(), make: z.string().nullable(), colour: z.string().nullable() })
    .describe('What another system said of the vehicle itself, in its words; null = not said'),
  source: z.string().describe('`pipeline`, or the other system that sent the pass; `correction`: a person'),
  readings: z.array(z.strictObject({
    reader: z.string().describe('`darwaza`, or the camera\'s vendor'), text: z.string().describe('"" = it found nothing to read'), mark: z.string().nullable(),
    confidence: z.number().nullable().describe('0 to 1; null = not told'), readAt: Instant,
  })).describe('What each reader read, of a pass that a camera read itself; ours comes some seconds later. The pass has the camera\'s own reading'),
  disagrees: z.boolean().describe('Our reader, sure of itself, read another mark'),
  corrects: z.string().nullable().describe('The pass that this one, a person\'s correction, takes the place of'),
  correctedBy: z.strictObject({ pass: z.string(), at: Instant, author: z.string().describe('Id of the API key'), reason: z.string() }).nullable()
    .describe('A person says that this was read wrongly: `pass` counts in its place. null = it stands'),
}).meta({ id: 'Pass' });
export type PassAnswer = z.output<typeof PassAnswer>;

/** A tenth of a pixel is below what a corner is known to. */
const tenth = (value: number): number => Math.round(value * 10) / 10;

/** `facts`: what became of the passes that are answered. */
export function passAnswer(pass: StoredPass, offsetMinutes: number, facts: PassFacts): PassAnswer {
  const correction = facts.corrections.get(pass.id), { id, boundary, direction, timeSource, sequence, outcome, confidence, readCount, source, evidence } = pass;
  return {
    id, camera: pass.cameraId, site: pass.siteId, boundary, direction,
    capturedAt: formatInstant(pass.capturedAt, offsetMinutes), receivedAt: formatInstant(pass.receivedAt, offsetMinutes), processedAt: formatInstant(pass.processedAt, offsetMinutes),
    timeSource, clockCorrectionSeconds: pass.clockCorrectionMs == null ? null : pass.clockCorrectionMs / 1000, movement: pass.movement ?? 'unknown', evidenceAt: instantOrNull(pass.evidenceAt ?? null, offsetMinutes), sequence, outcome, text: pass.rawText, mark: pass.mark && writeMark(pass.mark), parts: pass.mark && markAnswer(pass.mark), confidence,
    characters: pass.characters.map(({ char, confidence: c }) => ({ char, confidence: c })),
    alternatives: pass.alternatives.map((a) => ({ mark: a.mark, confidence: a.confidence })),
    readCount, box: pass.plateBox, corners: pass.corners && pass.corners.map(([x, y]) => [tenth(x), tenth(y)]),
    evidence: evidence && { url: `/api/v1/passes/${id}/evidence`, sha256: evidence.sha256, mediaType: evidence.mediaType, width: evidence.width, height: evidence.height, deletedAt: instantOrNull(facts.picturesDeleted.get(id) ?? null, offsetMinutes) },
    vehicle: { class: pass.vehicle.class, make: pass.vehicle.make, colour: pass.vehicle.colour }, source, ...readingsAnswer(facts.readings.get(id) ?? [], source, offsetMinutes), corrects: pass.corrects ?? null,
    correctedBy: correction === undefined ? null : { pass: correction.replacementId, at: formatInstant(correction.at, offsetMinutes), author: correction.author, reason: correction.reason },
  };
}

/** The pass's own reading first. */
function readingsAnswer(readings: readonly PassReading[], source: string, offsetMinutes: number): Pick<PassAnswer, 'readings' | 'disagrees'> {
  return {
    readings: readings.toSorted((a, b) => Number(b.reader === source) - Number(a.reader === source)).map(({ reader, readText, mark, confidence, readAt }) => ({ reader, text: readText, mark: mark && writeMark(mark), confidence, readAt: formatInstant(readAt, offsetMinutes) })),
    disagrees: readings.some(({ agrees }) => agrees === false),
  };
}
