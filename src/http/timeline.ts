import { z } from 'zod';
import { formatInstant } from '../core/instant.ts';
import { HOUR_MS } from '../geo/downtime.ts';
import { sitesOnTheWay } from '../geo/on-the-way.ts';
import { compareMarks } from '../plate/key.ts';
import type { Mark } from '../plate/mark.ts';
import type { StoredPass } from '../store/stored-pass.ts';
import { passFacts, type PassFacts } from '../store/pass-facts.ts';
import { markTimeline, type TimelineItem } from '../store/timeline.ts';
import { Instant, instantOrNull, pageOf } from './answer-fields.ts';
import { cameraDown, CameraDown, camerasInScope, cameraScope, cameraScopeFields, downIn, type CameraOutage } from './camera-scope.ts';
import { agreementFields, NOTE, oneMark } from './marks.ts';
import { markAnswer, MarkAnswer, passAnswer, PassAnswer } from './pass-answer.ts';
import { checkPeriod, cursorField, limitField, periodFields } from './query-fields.ts';
import { route } from './route.ts';
import type { Services } from './services.ts';
import { stayAnswer, StayAnswer } from './stay-answer.ts';

const GapAnswer = z.strictObject({
  from: Instant, to: Instant.nullable().describe('null: until now, or the end of the period'),
  fromSite: z.string().nullable(), toSite: z.string().nullable(),
  camerasDown: z.array(CameraDown).describe('Cameras at sites that the vehicle may have gone by; the longest 20'), camerasDownMore: z.int(),
}).meta({ id: 'TimelineGap' });

const TimelineItemAnswer = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('pass'), at: Instant, pass: PassAnswer, ...agreementFields }),
  z.strictObject({ kind: z.literal('journey'), at: Instant, journey: StayAnswer }),
  z.strictObject({ kind: z.literal('gap'), at: Instant, gap: GapAnswer }),
]).meta({ id: 'TimelineItem' });

const TimelinePage = pageOf(TimelineItemAnswer).extend({ mark: MarkAnswer, ...cameraScopeFields, gapsSince: Instant.nullable(), note: z.string() }).meta({ id: 'TimelinePage' });

/** Two passes of one vehicle with nothing between, newer first; `older` or `newer` null at the ends of what is known. */
interface Interval { readonly from: number; readonly to: number; readonly open: boolean; readonly older: StoredPass; readonly newer: StoredPass | null }

const SHOWN = 20;

export const timelineRoute = route({
  method: 'get', path: '/api/v1/marks/{mark}/timeline', name: 'timelineOfMark', tag: 'Movement', permission: 'marks:movement', purpose: 'needed',
  summary: 'Where a mark was, newest first, with what could not be seen',
  description: 'Passes (`pass`), the journeys they make (`journey`, at the time each began, with inferred ends in words) and the times between two passes in which cameras on the way were down (`gap`). '
    + 'Passes that contradict the mark in a part that was read are left out; those that leave a part open are `possible`. Gaps come on top of `limit`; they are looked for in the latest 31 days of a page, from `gapsSince` on.',
  params: oneMark, query: z.strictObject({ ...periodFields, limit: limitField, cursor: cursorField }), body: { kind: 'none' },
  answers: { 200: { description: 'One page', schema: TimelinePage } },
  errors: ['MARK_INVALID', 'TIME_INVALID', 'TIME_WITHOUT_OFFSET', 'CURSOR_INVALID'],
  async handle({ params, query }, services) {
    checkPeriod(query);
    const { from, to, limit, cursor } = query, { mark } = params.mark, offset = services.config.DARWAZA_UTC_OFFSET_MINUTES;
    const page = await markTimeline(services.database, { mark, from, to }, { limit, cursor });
    const facts = await passFacts(services.database, page.items.flatMap((item) => (item.kind === 'pass' ? item.pass : [])));
    const intervals = intervalsOf(page.items, page.olderPass, cursor === undefined ? Math.min(to ?? Infinity, services.clock()) : null);
    const { gaps, since } = await gapsOf(services, intervals);
    const gapTo = (older: StoredPass | null): GapItem[] => gaps.filter((gap) => gap.interval.older === older).map((gap) => gapAnswer(gap, offset));
    const items = [...page.items.flatMap((item) => [...(item.kind === 'pass' ? gapTo(item.pass) : []), itemAnswer(item, { asked: mark, offset, facts })]), ...gapTo(page.olderPass)];
    const body: z.output<typeof TimelinePage> = {
      items, next: page.nextCursor, mark: markAnswer(mark), ...(await cameraScope(services, query)), gapsSince: instantOrNull(since, offset), note: NOTE,
    };
    return { status: 200, body, count: page.items.length };
  },
});

function itemAnswer(item: TimelineItem, { asked, offset, facts }: { readonly asked: Mark; readonly offset: number; readonly facts: PassFacts }): z.output<typeof TimelineItemAnswer> {
  if (item.kind === 'journey') return { kind: 'journey', at: formatInstant(item.stay.startedAt, offset), journey: stayAnswer(item.stay, offset) };
  const unread = item.pass.mark === null ? [] : compareMarks(asked, item.pass.mark).unread;
  return { kind: 'pass', at: formatInstant(item.pass.capturedAt, offset), pass: passAnswer(item.pass, offset, facts), agreement: unread.length === 0 ? 'same' : 'possible', unread: [...unread] };
}

/** The times between passes of a page, newest first: before its first pass (up to `until`, null on later pages), between, and to the first one of the next page. */
function intervalsOf(items: readonly TimelineItem[], olderPass: StoredPass | null, until: number | null): Interval[] {
  const passes = [...items.flatMap((item) => (item.kind === 'pass' ? item.pass : [])), ...(olderPass === null ? [] : [olderPass])];
  const between = passes.slice(1).flatMap((older, i): Interval[] => {
    const newer = passes[i];
    return newer === undefined ? [] : [{ from: older.capturedAt, to: newer.capturedAt, open: false, older, newer }];
  });
  const [newest] = passes;
  const last: Interval[] = newest === undefined || until === null || until <= newest.capturedAt ? [] : [{ from: newest.capturedAt, to: until, open: true, older: newest, newer: null }];
  return [...last, ...between].filter((interval) => interval.to - interval.from >= HOUR_MS);
}

type GapItem = z.output<typeof TimelineItemAnswer>;
interface Gap { readonly interval: Interval; readonly down: readonly CameraOutage[] }
/** More would not be read; the question asks for those of all cameras on all ways of a page. */
const LOOKED_AT = 2000;

/** Which of the intervals hold times in which cameras on the way were down: one question for all of them. `since`: from when on they were looked for. */
async function gapsOf(services: Services, intervals: readonly Interval[]): Promise<{ readonly gaps: readonly Gap[]; readonly since: number | null }> {
  const [latest] = intervals, earliest = intervals.at(-1);
  if (latest === undefined || earliest === undefined) return { gaps: [], since: null };
  const ways = intervals.map((interval) => ({ interval, cameraIds: new Set(camerasOnTheWay(services, interval)) }));
  const found = await downIn(services, [...new Set(ways.flatMap((way) => [...way.cameraIds]))], { from: earliest.from, to: latest.to }, LOOKED_AT);
  const gaps = ways.flatMap(({ interval, cameraIds }): Gap[] => {
    const down = found.spans.filter((span) => cameraIds.has(span.cameraId) && span.from < interval.to && (span.to ?? Infinity) > interval.from);
    return down.length === 0 ? [] : [{ interval, down }];
  });
  return { gaps, since: found.since };
}

/** Between leaving the city and coming back the boundary is the way: it may have come in and gone again unseen. */
function camerasOnTheWay({ register }: Services, { older, newer, from, to }: Interval): string[] {
  const left = older.boundary && older.direction === 'out', entered = newer === null || (newer.boundary && newer.direction === 'in');
  if (older.siteId === null) return [];
  const sites = left && entered ? register.sites.filter((site) => site.kind === 'boundary').map((site) => site.id) : sitesOnTheWay(register, older.siteId, newer?.siteId ?? null);
  return sites.flatMap((site) => camerasInScope(register, { site, from, to }));
}

function gapAnswer({ interval, down }: Gap, offset: number): GapItem {
  const { from, to, open, older, newer } = interval, longest = down.toSorted((a, b) => (b.to ?? Infinity) - b.from - ((a.to ?? Infinity) - a.from) || a.from - b.from).slice(0, SHOWN);
  return {
    kind: 'gap', at: formatInstant(from, offset),
    gap: {
      from: formatInstant(from, offset), to: open ? null : formatInstant(to, offset), fromSite: older.siteId, toSite: newer?.siteId ?? null,
      camerasDown: longest.map((span) => cameraDown(span, offset)), camerasDownMore: down.length - longest.length,
    },
  };
}
