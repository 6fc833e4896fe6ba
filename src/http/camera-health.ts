import { z } from 'zod';
import { DarwazaError } from '../core/errors.ts';
import { formatInstant } from '../core/instant.ts';
import { knowsCamera, type Register } from '../geo/register.ts';
import { CLOCK_WRONG_MS, type CameraClock } from '../pipeline/camera-clocks.ts';
import { CAMERA_HEALTHS, cameraOverviews, type CameraOverview } from '../pipeline/camera-overview.ts';
import type { PayloadSourceState } from '../pipeline/payload-sources.ts';
import { clockHistory } from '../store/camera-clocks.ts';
import type { CameraFigures } from '../store/camera-figures.ts';
import { TROUBLE_KINDS, troublesIn, type CameraTrouble } from '../store/camera-troubles.ts';
import { Instant, instantOrNull, pageOf } from './answer-fields.ts';
import { checkPlace } from './camera-scope.ts';
import { checkPeriod, limitField, nameField, periodFields } from './query-fields.ts';
import { route } from './route.ts';

const Figures = z.strictObject({
  frames: z.int().describe('Frames that came, also those that nothing moved in'), still: z.int().describe('Frames that nothing moved in: not looked at'),
  decodeErrors: z.int(), dropped: z.int().describe('Frames given up because the machine was too slow'),
  passes: z.int(), read: z.int(), unreadable: z.int(), noPlate: z.int(), readShare: z.number().nullable().describe('`read` of `passes`, 0 to 1; null = no pass'),
  refused: z.record(z.string(), z.int()).describe('Frames, pushes and passes that were not taken, by the code of their error'),
});

const Trouble = z.strictObject({
  kind: z.enum(TROUBLE_KINDS).describe('`silent`: nothing comes; `blind`: dark, covered or moved; `clock`: wrong by more than 5 s; `reading`: reads clearly less than in the week before'),
  since: Instant, noticedAt: Instant, until: Instant.nullable().describe('null = it is still so'), message: z.string().describe('What it is, and what to do'),
}).meta({ id: 'CameraTrouble' });

const ClockAnswer = z.strictObject({
  offsetSeconds: z.number().describe('What is to be added to the camera\'s time: above 0 its clock is slow'), spreadSeconds: z.number().describe('How much the measures vary'),
  settled: z.boolean().describe('Whether the offset can be relied on'), correctionSeconds: z.number().nullable().describe('What is added to its times; null = nothing'),
  flagged: z.boolean().describe('Off by more than 5 s, or in doubt: findings of impossible speed are not made from its times'),
  source: z.enum(['frame', 'push', 'stream']), measuredAt: Instant,
});

const Source = z.strictObject({
  source: z.string().describe('What it is and where, without its login'), state: z.enum(['connecting', 'running', 'waiting', 'closed']), fault: z.string().nullable().describe('Why nothing comes; null = it is listened to'),
  downSince: Instant.nullable().describe('Since when nothing can come; null = it is listened to'), lastAt: Instant.nullable().describe('When anything came last, heartbeats too; null = nothing yet'),
  messages: z.int().describe('Messages since the start, of all of its cameras'), waiting: z.int().describe('Messages that wait to be taken'), dropped: z.int().describe('Messages given up because too many waited'), reconnects: z.int(),
}).meta({ id: 'MessageSource' });

const healthFields = {
  camera: z.string(), site: z.string(),
  state: z.enum(CAMERA_HEALTHS).describe('`never`: nothing ever came of it; `impaired`: it works, but its clock or its reading needs somebody'),
  troubles: z.array(Trouble),
  lastFrameAt: Instant.nullable().describe('When its newest frame came'), lastPassAt: Instant.nullable().describe('When its newest pass came'),
  lastHour: z.strictObject({ passes: z.int(), usual: z.int().describe('In this hour of the week, by the four weeks before') }).describe('The last full hour'),
  lastDay: Figures.describe('The last 24 full hours and the one under way'),
  readings: z.strictObject({ compared: z.int(), disagreed: z.int() }).describe('Passes of the last 24 hours that our reader and the camera\'s own both read, and how many they read differently'),
  plates: z.strictObject({
    count: z.int(), p10: z.int().nullable(), p50: z.int().nullable(), p90: z.int().nullable(),
    grade: z.enum(['anpr', 'opportunistic', 'unfit']).nullable().describe('What the widths fit the camera for; null = too few plates to say'), reason: z.string(),
  }).describe('Widths of plates in pixels: a tenth, half and nine tenths are narrower'),
  clock: ClockAnswer.nullable().describe('null = not measured in the last 24 hours'),
  stream: z.strictObject({ state: z.enum(['connecting', 'running', 'waiting', 'ended', 'closed']), fault: z.string().nullable(), reconnects: z.int(), brightness: z.number().nullable(), sameScene: z.number().nullable() }).nullable()
    .describe('null = no stream of it is read'),
  queueDepth: z.int().nullable().describe('Frames that wait to be read'),
  sources: z.array(Source).describe('Event streams and brokers over which this server hears it; a camera that pushes has none'),
};
export const CameraHealthAnswer = z.strictObject(healthFields).meta({ id: 'CameraHealth' });
const CameraHealthDetail = z.strictObject({
  ...healthFields, hours: z.array(Figures.extend({ hour: Instant })).describe('Hours of `lastDay` in which anything came, by the time at which it did'),
  troublesLately: z.array(Trouble).describe('Of the last 30 days, ended ones too'),
}).meta({ id: 'CameraHealthDetail' });

const seconds = (ms: number): number => Math.round(ms) / 1000;

function figuresAnswer({ frames, still, decodeErrors, dropped, passes, read, unreadable, noPlate, refused }: CameraFigures): z.output<typeof Figures> {
  return { frames, still, decodeErrors, dropped, passes, read, unreadable, noPlate, readShare: passes === 0 ? null : Math.round((read / passes) * 1000) / 1000, refused: { ...refused } };
}

function troubleAnswer({ kind, since, noticedAt, until, message }: CameraTrouble, offset: number): z.output<typeof Trouble> {
  return { kind, since: formatInstant(since, offset), noticedAt: formatInstant(noticedAt, offset), until: instantOrNull(until, offset), message };
}

function clockAnswer({ offsetMs, spreadMs, settled, correctionMs, flagged, source, measuredAt }: CameraClock, offset: number): z.output<typeof ClockAnswer> {
  return { offsetSeconds: seconds(offsetMs), spreadSeconds: seconds(spreadMs), settled, correctionSeconds: correctionMs === null ? null : seconds(correctionMs), flagged, source, measuredAt: formatInstant(measuredAt, offset) };
}

function siteOf(register: Register, cameraId: string): string {
  return register.cameras.findLast((c) => c.id === cameraId)?.siteId ?? '';
}

function sourceAnswers(cameraId: string, states: readonly PayloadSourceState[], offset: number): z.output<typeof Source>[] {
  return states.filter(({ cameras }) => cameras.includes(cameraId)).map(({ source, state, fault, downSince, lastAt, messages, waiting, dropped, reconnects }) =>
    ({ source, state, fault, downSince: instantOrNull(downSince, offset), lastAt: instantOrNull(lastAt, offset), messages, waiting, dropped, reconnects }));
}

function healthAnswer(o: CameraOverview, { register, sources }: { readonly register: Register; readonly sources: readonly PayloadSourceState[] }, offset: number): z.output<typeof CameraHealthAnswer> {
  const { plates: count, p10, p50, p90, grade, reason } = o.widths, stream = o.state?.stream ?? null;
  return {
    camera: o.cameraId, site: siteOf(register, o.cameraId), state: o.health, troubles: o.troubles.map((t) => troubleAnswer(t, offset)),
    lastFrameAt: instantOrNull(o.state?.frameAt ?? null, offset), lastPassAt: instantOrNull(o.state?.passAt ?? null, offset),
    lastHour: { ...o.lastHour }, lastDay: figuresAnswer(o.lastDay), readings: { compared: o.readings.compared, disagreed: o.readings.disagreed },
    plates: { count, p10, p50, p90, grade, reason }, clock: o.clock && clockAnswer(o.clock, offset),
    stream: stream && { state: stream.state, fault: stream.fault, reconnects: stream.reconnects, brightness: stream.brightness, sameScene: stream.sameScene }, queueDepth: o.state?.queueDepth ?? null,
    sources: sourceAnswers(o.cameraId, sources, offset),
  };
}

const cameraId = z.strictObject({ id: nameField('Id of a camera of the register') });
const tag = 'Cameras', TROUBLES_SHOWN_MS = 30 * 86_400_000, HISTORY_MS = 7 * 86_400_000;

export const listCameraHealth = route({
  method: 'get', path: '/api/v1/cameras/health', name: 'listCameraHealth', tag, permission: 'cameras:read', purpose: 'none',
  summary: 'How cameras do',
  description: 'All cameras that are in service now, at once. What is wrong with one is an alarm too (`GET /api/v1/alarms`), but for `never`.',
  query: z.strictObject({ site: nameField('Cameras of this site').optional(), state: z.enum(CAMERA_HEALTHS).optional().describe('Cameras in this state alone') }), body: { kind: 'none' },
  answers: { 200: { description: 'The cameras, by id', schema: pageOf(CameraHealthAnswer).meta({ id: 'CameraHealthPage' }) } },
  errors: [],
  async handle({ query: { site, state } }, services) {
    const { register, clock, config } = services, now = clock(), shown = { register, sources: services.payloadSources.states() };
    checkPlace({ site }, register);
    const ids = [...new Set(register.cameras.filter((c) => (site ?? c.siteId) === c.siteId && (c.validFrom ?? -Infinity) <= now && now < (c.validTo ?? Infinity)).map((c) => c.id))].sort();
    const overviews = (await cameraOverviews(services, ids)).filter((o) => (state ?? o.health) === o.health);
    return { status: 200, body: { items: overviews.map((o) => healthAnswer(o, shown, config.DARWAZA_UTC_OFFSET_MINUTES)), next: null } };
  },
});

export const showCameraHealth = route({
  method: 'get', path: '/api/v1/cameras/{id}/health', name: 'showCameraHealth', tag, permission: 'cameras:read', purpose: 'none',
  summary: 'How one camera does, hour by hour',
  params: cameraId, body: { kind: 'none' },
  answers: { 200: { description: 'Now, and the last 24 hours', schema: CameraHealthDetail } },
  errors: ['CAMERA_UNKNOWN'],
  async handle({ params: { id } }, services) {
    const { register, database, clock, config } = services, offset = config.DARWAZA_UTC_OFFSET_MINUTES, now = clock();
    if (!knowsCamera(register, id)) throw new DarwazaError('CAMERA_UNKNOWN', { camera: id });
    const [overviews, lately] = await Promise.all([cameraOverviews(services, [id]), troublesIn(database, [id], { from: now - TROUBLES_SHOWN_MS, to: now + 1 })]);
    const [overview] = overviews;
    if (overview === undefined) throw new DarwazaError('CAMERA_UNKNOWN', { camera: id });
    const hours = overview.hours.map((h) => ({ hour: formatInstant(h.hour, offset), ...figuresAnswer(h) }));
    return { status: 200, body: { ...healthAnswer(overview, { register, sources: services.payloadSources.states() }, offset), hours, troublesLately: lately.map((t) => troubleAnswer(t, offset)) } };
  },
});

export const showCameraClock = route({
  method: 'get', path: '/api/v1/cameras/{id}/clock', name: 'showCameraClock', tag, permission: 'cameras:read', purpose: 'none',
  summary: 'How wrong a camera\'s clock was',
  description: 'One measure when the offset had changed by more than a quarter of a second, and one an hour; kept for 100 days. The last seven days where no `from` is given. For more than `limit`, ask again with `to` at the last one\'s time.',
  params: cameraId, query: z.strictObject({ ...periodFields, limit: limitField }), body: { kind: 'none' },
  answers: { 200: { description: 'Latest first', schema: z.strictObject({ items: z.array(ClockAnswer) }).meta({ id: 'CameraClockHistory' }) } },
  errors: ['CAMERA_UNKNOWN', 'TIME_INVALID', 'TIME_WITHOUT_OFFSET'],
  async handle({ params: { id }, query }, { register, database, clock, config, clocks }) {
    if (!knowsCamera(register, id)) throw new DarwazaError('CAMERA_UNKNOWN', { camera: id });
    checkPeriod(query);
    // What was measured a moment ago is part of the history.
    await clocks.flush();
    const { to = clock() + 1, from = to - HISTORY_MS, limit = 100 } = query, readings = await clockHistory(database, id, { from, to }, limit);
    return { status: 200, body: { items: readings.map((r) => clockAnswer({ ...r, measuredAt: r.at, flagged: Math.abs(r.offsetMs) > CLOCK_WRONG_MS || !r.settled }, config.DARWAZA_UTC_OFFSET_MINUTES)) } };
  },
});
