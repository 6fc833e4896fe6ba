import { USUAL_PASSES } from '../geo/downtime.ts';
import { expectedPasses } from '../geo/usual-passes.ts';
import type { ClockReading } from '../store/camera-clocks.ts';
import type { CameraState, ReadShare } from '../store/camera-figures.ts';
import type { CameraTrouble, TroubleKind } from '../store/camera-troubles.ts';
import { CLOCK_WRONG_MS } from './camera-clocks.ts';

const MINUTE_MS = 60_000, HOUR_MS = 60 * MINUTE_MS, DAY_MS = 24 * HOUR_MS;

/** What is known of one camera when it is judged. Times: epoch milliseconds. */
export interface CameraFacts {
  readonly cameraId: string;
  /** null: it never sent anything. */
  readonly state: CameraState | null;
  /** Latest measure of its clock in the last day. */
  readonly clock: ClockReading | null;
  /** Usual passes of the hour that begins at the time given. */
  readonly usualOf: (hour: number) => number;
  /** Of the last 24 hours, and of the seven days before them or before the trouble began. */
  readonly reading: { readonly lately: ReadShare | null; readonly before: ReadShare | null };
  /** What is open already. */
  readonly open: ReadonlyMap<TroubleKind, CameraTrouble>;
}

/** `begun`: since when, and what to say. `stands`: what is open goes on, or nothing can be told. `none`: nothing is wrong, and what is open ends at `until`. */
export type Judgement = { readonly kind: 'begun'; readonly since: number; readonly message: string } | { readonly kind: 'stands' } | { readonly kind: 'none'; readonly until: number };
const STANDS: Judgement = { kind: 'stands' };

/** The traffic of a city comes in bunches: with so many passes expected and none seen, chance is out of the question for 1,400 cameras looked at each minute. */
const MISSED_PASSES = 15;
/** Shorter than that, a barrier is down or a convoy is being let through. */
const SHORTEST_SILENCE_MS = 10 * MINUTE_MS;
/** A stream reconnects within a minute where the camera is there. */
const STREAM_SILENCE_MS = 5 * MINUTE_MS;
/** How long ago is looked at; what is silent for longer has long been seen to be. */
const EXPECTED_OVER_MS = DAY_MS;
/** A lorry that stops before the lens drives on. */
const BLIND_AFTER_MS = 10 * MINUTE_MS;
/** A process that says no more of its streams tells nothing of their pictures. */
const STATE_AGE_MS = 5 * MINUTE_MS;
const CLOCK_RIGHT_MS = 4_000;

export const JUDGES: Readonly<Record<TroubleKind, (facts: CameraFacts, now: number) => Judgement>> = { silent: judgeSilence, blind: judgeSight, clock: judgeClock, reading: judgeReading };

const minutes = (ms: number): string => (ms < 2 * HOUR_MS ? `${Math.round(ms / MINUTE_MS)} min` : `${Math.round(ms / HOUR_MS)} h`);

function judgeSilence({ state, usualOf, open }: CameraFacts, now: number): Judgement {
  if (state === null) return STANDS;
  const { frameAt, passAt, stream } = state, streaming = stream !== null && stream.state !== 'ended' && stream.state !== 'closed', last = Math.max(frameAt ?? 0, passAt ?? 0);
  if (streaming && frameAt !== null && now - frameAt >= STREAM_SILENCE_MS) {
    return { kind: 'begun', since: frameAt, message: `No frame came for ${minutes(now - frameAt)}${stream.fault === null ? '' : ` (${stream.fault})`}. Check its power, its cable and the link to its site.` };
  }
  const was = open.get('silent');
  if (passAt !== null && now - passAt >= SHORTEST_SILENCE_MS) {
    const expected = expectedPasses(Math.max(passAt, now - EXPECTED_OVER_MS), now, usualOf), frames = frameAt !== null && now - frameAt < STREAM_SILENCE_MS ? '; frames still come' : '';
    if (expected >= MISSED_PASSES) return { kind: 'begun', since: passAt, message: `No vehicle for ${minutes(now - passAt)}, in which it usually shows ${Math.round(expected)}${frames}. Look at its picture and at the link to its site.` };
    // A camera that stays away makes silence usual: only what comes of it ends its trouble.
    if (was !== undefined && passAt <= was.since && (!streaming || frameAt === null || frameAt <= was.since)) return STANDS;
  }
  return { kind: 'none', until: last };
}

function judgeSight({ state, usualOf }: CameraFacts, now: number): Judgement {
  const stream = state?.stream ?? null;
  if (state === null || stream === null || now - state.updatedAt > STATE_AGE_MS || stream.state !== 'running') return STANDS;
  const forLong = (since: number | null): since is number => since !== null && now - since >= BLIND_AFTER_MS;
  const { darkSince, glaringSince, movedSince } = stream;
  // Where nobody expects a plate at night a dark picture is no news.
  if (forLong(darkSince) && usualOf(Math.floor(now / HOUR_MS) * HOUR_MS) >= USUAL_PASSES) return { kind: 'begun', since: darkSince, message: 'Its picture is black. Is it covered, or is its light out?' };
  if (forLong(glaringSince)) return { kind: 'begun', since: glaringSince, message: 'Its picture is white. Does a light shine into it, or is its exposure set wrongly?' };
  if (forLong(movedSince)) return { kind: 'begun', since: movedSince, message: 'It shows another scene than it did. Was it turned, or does something stand before it? If that is meant, give it a new entry in the register.' };
  if (darkSince !== null || glaringSince !== null || movedSince !== null) return STANDS;
  return { kind: 'none', until: now };
}

function judgeClock({ clock }: CameraFacts, now: number): Judgement {
  if (clock === null) return STANDS;
  const off = Math.abs(clock.offsetMs);
  if (off > CLOCK_WRONG_MS) return { kind: 'begun', since: clock.at, message: clockMessage(clock) };
  return off <= CLOCK_RIGHT_MS && clock.settled ? { kind: 'none', until: now } : STANDS;
}

/** Half an hour is the least step between zones. */
const ZONE_STEP_MS = 30 * MINUTE_MS, ZONE_WITHIN_MS = 20_000, FARTHEST_ZONE_MS = 14 * HOUR_MS;

export function clockMessage({ offsetMs, correctionMs }: Pick<ClockReading, 'offsetMs' | 'correctionMs'>): string {
  const off = Math.abs(offsetMs), steps = Math.round(off / ZONE_STEP_MS), zone = steps > 0 && off <= FARTHEST_ZONE_MS && Math.abs(off - steps * ZONE_STEP_MS) <= ZONE_WITHIN_MS;
  const amount = off < 2 * MINUTE_MS ? `${Math.round(off / 1000)} s` : off < 2 * HOUR_MS ? `${Math.round(off / MINUTE_MS)} min` : off < 2 * DAY_MS ? `${Math.round(off / HOUR_MS)} h` : `${Math.round(off / DAY_MS)} days`;
  const what = zone ? ' Is its time zone wrong, or summer time set? Pakistan has none (UTC+05:00 all year).' : ' Set it by network time (NTP).';
  return `Its clock is ${amount} ${offsetMs > 0 ? 'slow' : 'fast'}.${what} ${correctionMs === null ? 'Its times are stored as it gives them' : 'Its times are corrected'}, and no speed is told from them.`;
}

/** Passes that a share must rest on. */
const FEWEST_LATELY = 100, FEWEST_BEFORE = 300;
/** So many standard errors are not met by chance in 1,400 cameras looked at each hour for years; and a difference that matters. */
const STANDARD_ERRORS = 5, WORSE_BY = 0.1, NO_MORE_THAN = 0.05;

const percent = (x: number): string => `${Math.round(x * 100)} %`;

function judgeReading({ reading: { lately, before } }: CameraFacts, now: number): Judgement {
  if (lately === null || before === null || lately.passes < FEWEST_LATELY || before.passes < FEWEST_BEFORE) return STANDS;
  const share = lately.read / lately.passes, usual = before.read / before.passes, all = (lately.read + before.read) / (lately.passes + before.passes);
  const error = Math.sqrt(all * (1 - all) * (1 / lately.passes + 1 / before.passes));
  if (usual - share >= WORSE_BY && usual - share >= STANDARD_ERRORS * error) {
    return { kind: 'begun', since: now - DAY_MS, message: `It read ${percent(share)} of ${lately.passes} vehicles in the last day, and ${percent(usual)} in the week before. Is its lens dirty, out of focus, or its light weak?` };
  }
  return usual - share <= NO_MORE_THAN ? { kind: 'none', until: now } : STANDS;
}
