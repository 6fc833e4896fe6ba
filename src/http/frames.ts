import { z } from 'zod';
import { DarwazaError } from '../core/errors.ts';
import { parseInstant } from '../core/instant.ts';
import { cameraAt, knowsCamera } from '../geo/register.ts';
import type { FrameRead } from '../vision/frame-read.ts';
import { toReadJson, type ReadJson } from '../vision/read-json.ts';
import { NOTHING_YET } from '../store/pass-facts.ts';
import { may } from './access.ts';
import { checkCaptureTime } from '../core/capture-time.ts';
import { passAnswer, PassAnswer } from './pass-answer.ts';
import { nameField, orFault } from './query-fields.ts';
import { check } from './request-check.ts';
import { route } from './route.ts';

const FrameFields = z.strictObject({
  camera: nameField('Camera that took the picture, as in the register'),
  capturedAt: z.string().meta({ format: 'date-time', examples: ['2026-11-03T06:15:02.200+05:00'] }).describe('When it was taken; with offset')
    .transform((text, ctx) => orFault(() => parseInstant(text, 'capturedAt'), ctx)),
});

const Share = z.strictObject({ char: z.string(), confidence: z.number() });

/** The shape of `darwaza read --json`. */
const FrameReadAnswer = z.strictObject({
  width: z.int(), height: z.int(),
  plates: z.array(z.strictObject({
    text: z.string(), mark: z.string().nullable(), confidence: z.number(),
    box: z.strictObject({ x: z.number(), y: z.number(), width: z.number(), height: z.number() }),
    corners: z.array(z.tuple([z.number(), z.number()])),
    jurisdiction: z.string().nullable(), class: z.string().nullable(),
    characters: z.array(Share), alternatives: z.array(z.strictObject({ mark: z.string(), confidence: z.number() })),
  })),
  ms: z.strictObject({ decode: z.number(), detect: z.number(), read: z.number() }),
}).meta({ id: 'FrameRead' });

export const FrameAnswer = z.strictObject({
  sha256: z.string().describe('Of the picture as it was received'),
  repeated: z.boolean().describe('This very frame was taken before; nothing was changed'),
  read: FrameReadAnswer.nullable().describe('null for a repeated frame'),
  passes: z.array(PassAnswer).describe('Passes that this frame completed; a vehicle still in view completes when it has gone by'),
  hits: z.int().nullable().describe('Hits raised; null for a key that may not see hits'),
}).meta({ id: 'FrameAnswer' });

export const takeFrame = route({
  method: 'post', path: '/api/v1/frames', name: 'takeFrame', tag: 'Frames', permission: 'frames:write', purpose: 'none',
  summary: 'A picture from a camera',
  description: 'Answered when the picture is read and kept. A queue that is full answers 503 with Retry-After; sending again is safe.',
  body: { kind: 'form', fields: FrameFields, file: 'picture', limitBytes: ({ config }) => config.DARWAZA_MAX_FRAME_MB * 1_000_000 },
  answers: { 200: { description: 'What was read', schema: FrameAnswer } },
  errors: [
    'CAMERA_UNKNOWN', 'TIME_INVALID', 'TIME_WITHOUT_OFFSET', 'TIME_IMPLAUSIBLE', 'PASS_EXPIRED', 'PICTURE_EMPTY', 'PICTURE_NOT_A_PICTURE', 'PICTURE_TRUNCATED', 'PICTURE_TOO_LARGE', 'PICTURE_TOO_MANY_BYTES', 'BUSY', 'DATABASE_FULL', 'DATA_FOLDER_UNWRITABLE',
  ],
  async handle({ body, caller }, { engine, register, clock, config, clocks, health }) {
    const { camera: cameraId, capturedAt } = check(FrameFields, body.fields, 'form field');
    const { bytes, name } = body.file, receivedAt = clock();
    try {
      checkCaptureTime(capturedAt, receivedAt, config.DARWAZA_UTC_OFFSET_MINUTES);
      if (cameraAt(register, cameraId, capturedAt) === null) throw new DarwazaError('CAMERA_UNKNOWN', { camera: cameraId });
      if (bytes.length === 0) throw new DarwazaError('PICTURE_EMPTY', { name });
    } catch (cause) {
      if (cause instanceof DarwazaError) health.refused(cameraId, cause.code);
      // What is refused tells all the same how wrong the clock is.
      if (knowsCamera(register, cameraId)) clocks.measured(cameraId, capturedAt, receivedAt, 'frame');
      throw cause;
    }
    const result = await engine.submitFrame({ cameraId, capturedAt, timeSource: 'camera', bytes, name, live: true });
    const placed = result.passes.map((p) => {
      const camera = cameraAt(register, p.cameraId, p.capturedAt);
      return passAnswer({ ...p, siteId: camera?.siteId ?? null, boundary: camera?.boundary ?? false }, config.DARWAZA_UTC_OFFSET_MINUTES, NOTHING_YET);
    });
    return {
      status: 200,
      body: { sha256: result.sha256, repeated: result.repeated, read: result.read && readAnswer(result.read), passes: placed, hits: caller && may(caller, 'hits:read') ? result.hits.length : null },
    };
  },
});

function readAnswer(frame: FrameRead): Omit<ReadJson, 'file'> {
  const { file: _, ...read } = toReadJson('', frame);
  return read;
}
