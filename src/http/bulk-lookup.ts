import { Readable } from 'node:stream';
import { z } from 'zod';
import { DarwazaError } from '../core/errors.ts';
import { formatInstant } from '../core/instant.ts';
import type { Mark } from '../plate/mark.ts';
import { parseMark } from '../plate/parse.ts';
import { knownOfMarks } from '../store/known-of-marks.ts';
import { seenOfMarks, type SeenMark, type SeenPass } from '../store/seen-of-marks.ts';
import { may } from './access.ts';
import { Instant } from './answer-fields.ts';
import { askedMarks, auditedMarks, MARKS_LIMIT, MARKS_LIMIT_BYTES, MARKS_MEDIA_TYPES, type AskedMark } from './asked-marks.ts';
import { ListAge, listAge, RegisterAge, registerAge } from './list-age.ts';
import { knownAnswer, knownFields, NOTE, withoutCovert } from './marks.ts';
import { markAnswer, MarkAnswer } from './pass-answer.ts';
import { route, type Answer } from './route.ts';

const SeenAnswer = z.strictObject({
  pass: z.string().describe('Id of the pass'), camera: z.string(), site: z.string().nullable(), direction: z.enum(['in', 'out', 'unknown']), capturedAt: Instant,
}).meta({ id: 'SeenPass' });

const LookupItem = z.strictObject({
  line: z.int().describe('Line of the text, 1 = first; item of a JSON array, 1 = first'), text: z.string().describe('As it was asked'),
  mark: MarkAnswer.nullable().describe('The likeliest reading; null where it is no mark'),
  error: z.strictObject({ code: z.string(), message: z.string() }).nullable().describe('Why it is no mark; the others are answered all the same'),
  ...knownFields,
  seen: z.strictObject({ first: SeenAnswer.nullable(), last: SeenAnswer.nullable() }).nullable().describe('Passes that do not contradict it; null for keys that may not see movements, and where there is no mark'),
}).meta({ id: 'LookupItem' });

const headFields = {
  marks: z.int(), bad: z.int().describe('Lines that are no mark'), movementVisible: z.boolean().describe('false: this key may not see movements, so `seen` is null whatever there is'),
  lists: z.array(ListAge), register: RegisterAge.nullable().describe('null: no register was ever imported'), note: z.string(),
};
const LookupHead = z.strictObject(headFields).meta({ id: 'LookupHead' });
const LookupAnswer = z.strictObject({ head: LookupHead, items: z.array(LookupItem), complete: z.literal(true).describe('It is whole; without it it was cut') }).meta({ id: 'Lookup' });
type LookupItem = z.output<typeof LookupItem>;

interface Parsed extends AskedMark { readonly mark: Mark | null; readonly error: LookupItem['error'] }

/** Enough for the stream to be worth a piece, and small beside the whole. */
const PIECE = 200;
const STALLED_MS = 60_000;

export const lookUpMarks = route({
  method: 'post', path: '/api/v1/marks/lookup', name: 'lookUpMarks', tag: 'Marks', permission: 'marks:bulk', purpose: 'needed',
  summary: `What is known of up to ${MARKS_LIMIT.toLocaleString('en')} marks`,
  description: `A JSON array of marks, one mark a line (\`text/plain\`), or CSV with a column \`mark\`. One that is no mark is said to be none, by its line, and the others are answered. ${NOTE}`,
  query: z.strictObject({ format: z.enum(['json', 'ndjson']).default('json').describe('ndjson: one object a line, first `head`, then the items, last `complete`') }),
  body: { kind: 'text', mediaTypes: MARKS_MEDIA_TYPES, limitBytes: MARKS_LIMIT_BYTES, schema: z.array(z.string()), example: ['LEC-13-8447', 'BA:QAD-118'] },
  answers: { 200: { description: 'By line: register, lists, first and last pass', schema: LookupAnswer } },
  errors: [],
  async handle({ query, body, caller }, { database, clock, config }) {
    const asked = askedMarks(body).map(parsed), now = clock(), offset = config.DARWAZA_UTC_OFFSET_MINUTES, staleHours = config.DARWAZA_LIST_AGE_LIMIT_HOURS;
    const marks = asked.flatMap(({ mark }) => mark ?? []), movementVisible = caller !== null && may(caller, 'marks:movement');
    const [known, seen] = await Promise.all([knownOfMarks(database, marks, now), movementVisible ? seenOfMarks(database, marks) : null]);
    const visible = withoutCovert({ lists: known.lists, entries: [] }, caller);
    const head: z.output<typeof LookupHead> = {
      marks: asked.length, bad: asked.length - marks.length, movementVisible, lists: visible.lists.map((l) => listAge(l, now, staleHours, offset)),
      register: known.register && registerAge(known.register, now, staleHours, offset), note: NOTE,
    };
    let place = 0;
    const items = asked.map(({ line, text, mark, error }): LookupItem => {
      if (mark === null) return { line, text, mark, error, registrations: [], ambiguous: false, entries: [], seen: null };
      const { entries } = withoutCovert({ lists: known.lists, entries: known.ofMark(mark).entries }, caller);
      return { line, text, mark: markAnswer(mark), error, ...knownAnswer(mark, { ...known.ofMark(mark), entries }, offset), seen: seenAnswer(seen?.[place++], offset) };
    });
    const found = items.filter((item) => item.registrations.length > 0 || item.entries.length > 0 || item.seen?.last).length;
    return answerOf(query.format, head, items, { count: found, noted: auditedMarks(asked) });
  },
});

function parsed(asked: AskedMark): Parsed {
  const read = parseMark(asked.text);
  if (read.kind === 'mark') return { ...asked, mark: read.mark, error: null };
  const { code, message } = new DarwazaError('MARK_INVALID', { reason: read.reason });
  return { ...asked, mark: null, error: { code, message } };
}

function seenAnswer(seen: SeenMark | undefined, offset: number): LookupItem['seen'] {
  const pass = (p: SeenPass | null): z.output<typeof SeenAnswer> | null =>
    p && { pass: p.passId, camera: p.cameraId, site: p.siteId, direction: p.direction, capturedAt: formatInstant(p.capturedAt, offset) };
  return seen === undefined ? null : { first: pass(seen.first), last: pass(seen.last) };
}

/** Ten thousand records are tens of megabytes as one text: they are written as they are taken. */
function answerOf(format: 'json' | 'ndjson', head: object, items: readonly LookupItem[], audited: Pick<Answer, 'noted' | 'count'>): Answer {
  const lines = format === 'ndjson';
  const text = (from: number): string => items.slice(from, from + PIECE).map((item, i) => (lines ? `${JSON.stringify(item)}\n` : `${from + i > 0 ? ',\n' : ''}${JSON.stringify(item)}`)).join('');
  function* pieces(): Generator<string> {
    yield lines ? `${JSON.stringify({ head })}\n` : `{"head":${JSON.stringify(head)},"items":[\n`;
    for (let from = 0; from < items.length; from += PIECE) yield text(from);
    yield lines ? '{"complete":true}\n' : '\n],"complete":true}\n';
  }
  return { ...audited, status: 200, bytes: Readable.from(pieces(), { objectMode: false }), mediaType: lines ? 'application/x-ndjson' : 'application/json; charset=utf-8', stalledAfterMs: STALLED_MS };
}
