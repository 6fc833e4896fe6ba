import { z } from 'zod';
import { DarwazaError } from '../core/errors.ts';
import { parseInstant } from '../core/instant.ts';
import { cameraAt } from '../geo/register.ts';
import { FIRST_CORRECTION } from '../pass/corrected.ts';
import { passFromReport } from '../pass/external.ts';
import type { Pass } from '../pass/pass.ts';
import type { Engine } from '../pipeline/engine-interface.ts';
import { expired } from '../store/retention-floors.ts';
import { checkCaptureTime } from '../core/capture-time.ts';
import { ItemError } from './error-answer.ts';
import { invalidMark, nameField, orFault } from './query-fields.ts';
import { parseJson } from './request-body.ts';
import { check } from './request-check.ts';
import { route, type TextBody } from './route.ts';
import type { Services } from './services.ts';

const BODY_LIMIT = 16 * 1024 * 1024;
const ITEMS_LIMIT = 5000;
const TEXT_LIMIT = 64;
const NDJSON = 'application/x-ndjson';

const plateText = z.string().transform((text, ctx) => orFault(() => usableText(text), ctx));

function usableText(text: string): string {
  if (text.length > TEXT_LIMIT) invalidMark(`it has ${text.length} characters; a plate has at most ${TEXT_LIMIT}`);
  if (/[\p{Cc}\p{Cs}]/u.test(text)) invalidMark('it holds a control character or half a character');
  return text;
}

const vehicleWord = z.string().trim().min(1).max(64).regex(/^[^\p{Cc}\p{Cs}]*$/u, 'must hold no control character').nullable().default(null);

const ReportedPassBody = z.strictObject({
  camera: nameField('Camera that saw the vehicle, as in the register'),
  capturedAt: z.string().meta({ format: 'date-time' }).describe('When the camera saw it; with offset')
    .transform((text, ctx) => orFault(() => parseInstant(text, 'capturedAt'), ctx)),
  text: plateText.optional().describe('The plate as the other system read it; "" for a vehicle without a plate'),
  mark: plateText.optional().describe('The same under another name; give one of the two'),
  confidence: z.number().min(0, 'must be 0 to 1').max(1, 'must be 0 to 1').describe('Probability that the text is right'),
  sequence: z.int().min(0).max(FIRST_CORRECTION - 1).optional().describe('Tells apart vehicles that the camera saw in the same millisecond'),
  direction: z.enum(['in', 'out', 'unknown']).optional().describe("The camera's own when not given"),
  vehicle: z.strictObject({ class: vehicleWord, make: vehicleWord, colour: vehicleWord }).optional().describe('What the other system saw of the vehicle itself, in its words; never guessed from the plate'),
}).meta({ id: 'ReportedPass' });

const ReportItem = z.strictObject({
  index: z.int().describe('Place in the request, from 0'),
  status: z.enum(['stored', 'repeated', 'refused']).describe('`repeated`: it was stored before, nothing was changed'),
  id: z.string().nullable().describe('Id of the pass; null when refused'),
  error: ItemError.nullable(),
});

export const ReportAnswer = z.strictObject({
  stored: z.int(), repeated: z.int(), refused: z.int(), hits: z.int().describe('Hits that these passes raised, confirmed or were counted into'), items: z.array(ReportItem),
}).meta({ id: 'ReportAnswer' });
type Item = z.output<typeof ReportItem>;

export const reportPasses = route({
  method: 'post', path: '/api/v1/passes', name: 'reportPasses', tag: 'Passes', permission: 'passes:write', purpose: 'none',
  summary: 'Passes that another system saw',
  description: `One object, an array, or one object a line (${NDJSON}); at most ${ITEMS_LIMIT}. Good ones are stored and bad ones refused, each with its own answer; sending any of them again changes nothing. `
    + 'One that is older than anything that is kept is refused (`PASS_EXPIRED`) and set aside for a person. '
    + 'One object alone that is refused is answered with its error.',
  body: {
    kind: 'text', mediaTypes: ['application/json', NDJSON], limitBytes: BODY_LIMIT, schema: z.union([ReportedPassBody, z.array(ReportedPassBody)]),
    example: { camera: 'baleli-in-1', capturedAt: '2026-11-03T06:15:02.200+05:00', text: 'LEC138447', confidence: 0.93 },
  },
  answers: { 200: { description: 'What became of each', schema: ReportAnswer } },
  errors: ['CAMERA_UNKNOWN', 'MARK_INVALID', 'TIME_INVALID', 'TIME_WITHOUT_OFFSET', 'TIME_IMPLAUSIBLE', 'PASS_EXPIRED', 'DATABASE_FULL'],
  async handle({ body }, services) {
    const { alone, items } = itemsOf(body);
    const receivedAt = services.clock();
    const checked = items.map((item) => passOrRefusal(item, services, receivedAt));
    measureClocks(checked.filter((c): c is Pass => !(c instanceof DarwazaError)), services, receivedAt);
    const outcome = await recordGood(checked.filter((c): c is Pass => !(c instanceof DarwazaError)), services.engine);
    const results = checked.map((c) => (c instanceof DarwazaError ? c : outcome.refused.get(c) ?? c));
    if (alone && results[0] instanceof DarwazaError) throw results[0];
    return { status: 200, body: reportAnswer(results, outcome) };
  },
});

/** What a body holds; an item that cannot be read is its own error. @throws BODY_INVALID */
function itemsOf({ mediaType, text }: TextBody): { readonly alone: boolean; readonly items: readonly unknown[] } {
  const json = mediaType === NDJSON ? jsonLines(text) : parseJson(text);
  const items = Array.isArray(json) ? json as unknown[] : [json];
  if (items.length === 0) throw new DarwazaError('BODY_INVALID', { reason: 'it holds no pass' });
  if (items.length > ITEMS_LIMIT) throw new DarwazaError('BODY_INVALID', { reason: `it holds ${items.length} passes; at most ${ITEMS_LIMIT} are taken at once` });
  return { alone: !Array.isArray(json), items };
}

function jsonLines(text: string): unknown[] {
  return text.split(/\r?\n/).filter((line) => line.trim() !== '').map((line) => {
    try {
      return parseJson(line);
    } catch (error) {
      return error;
    }
  });
}

function passOrRefusal(item: unknown, { register, clock, config, health }: Services, receivedAt: number): Pass | DarwazaError {
  try {
    if (item instanceof DarwazaError) throw item;
    const { camera: cameraId, text, mark, capturedAt, confidence, sequence, direction, vehicle } = check(ReportedPassBody, item, 'field');
    if ((text === undefined) === (mark === undefined)) throw new DarwazaError('BODY_INVALID', { reason: 'give "text" (or "mark"), one of the two; "" for a vehicle without a plate' });
    checkCaptureTime(capturedAt, receivedAt, config.DARWAZA_UTC_OFFSET_MINUTES);
    const camera = cameraAt(register, cameraId, capturedAt);
    if (camera === null) throw new DarwazaError('CAMERA_UNKNOWN', { camera: cameraId });
    const report = { cameraId, capturedAt, text: text ?? mark ?? '', confidence, ...(sequence !== undefined && { sequence }), ...(direction && { direction }), ...(vehicle && { vehicle }) };
    return passFromReport(report, { receivedAt, processedAt: clock(), cameraDirection: camera.direction });
  } catch (error) {
    if (error instanceof DarwazaError) {
      const named = z.object({ camera: z.string() }).safeParse(item);
      if (named.success) health.refused(named.data.camera, error.code);
      return error;
    }
    throw error;
  }
}

/** Older, it may be a batch, or a past that is played: it tells nothing of a clock. */
const LIVE_MS = 120_000;

/** The newest pass of each camera says how its clock stands, if it came at once. Its time stays as the other system gave it. */
function measureClocks(passes: readonly Pass[], { clocks }: Pick<Services, 'clocks'>, receivedAt: number): void {
  const newest = new Map<string, number>();
  for (const { cameraId, capturedAt } of passes) newest.set(cameraId, Math.max(capturedAt, newest.get(cameraId) ?? 0));
  for (const [cameraId, capturedAt] of newest) if (receivedAt - capturedAt <= LIVE_MS) clocks.measured(cameraId, capturedAt, receivedAt, 'push');
}

interface Outcome { readonly storedIds: ReadonlySet<string>; readonly refused: ReadonlyMap<Pass, DarwazaError>; readonly hits: number }

/** The recorder takes a batch whole or not at all: one that it refuses is halved until the bad pass stands alone. */
async function recordGood(passes: readonly Pass[], engine: Engine): Promise<Outcome> {
  if (passes.length === 0) return { storedIds: new Set(), refused: new Map(), hits: 0 };
  try {
    const { stored, hits, setAside } = await engine.recordPasses(passes);
    const late = new Map(setAside.map(({ pass, floor }) => [pass.id, expired(pass.cameraId, pass.capturedAt, floor)]));
    const refused = passes.flatMap((pass): [Pass, DarwazaError][] => {
      const error = late.get(pass.id);
      return error === undefined ? [] : [[pass, error]];
    });
    return { storedIds: new Set(stored.map((p) => p.id)), refused: new Map(refused), hits: hits.length };
  } catch (error) {
    if (!(error instanceof DarwazaError) || error.status >= 500) throw error;
    if (passes.length === 1) return { storedIds: new Set(), refused: new Map([[passes[0] as Pass, error]]), hits: 0 };
  }
  const half = Math.ceil(passes.length / 2);
  const [first, second] = [await recordGood(passes.slice(0, half), engine), await recordGood(passes.slice(half), engine)];
  return { storedIds: new Set([...first.storedIds, ...second.storedIds]), refused: new Map([...first.refused, ...second.refused]), hits: first.hits + second.hits };
}

function reportAnswer(results: readonly (Pass | DarwazaError)[], { storedIds, hits }: Outcome): z.output<typeof ReportAnswer> {
  const seen = new Set<string>();
  const items = results.map((result, index): Item => {
    if (result instanceof DarwazaError) return { index, status: 'refused', id: null, error: { code: result.code, message: result.message } };
    const isNew = storedIds.has(result.id) && !seen.has(result.id);
    seen.add(result.id);
    return { index, status: isNew ? 'stored' : 'repeated', id: result.id, error: null };
  });
  const count = (status: Item['status']) => items.filter((i) => i.status === status).length;
  return { stored: count('stored'), repeated: count('repeated'), refused: count('refused'), hits, items };
}
