import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isDoubted, restoredEstimate, withMeasure, withOffset, type ClockEstimate } from '../../src/pass/clock-offset.ts';
import { DAY, HOUR, MINUTE, MORNING } from '../support/passes.ts';

interface Sent { readonly claimed: number; readonly received: number }

const after = (sent: readonly Sent[], before: ClockEstimate | null = null): ClockEstimate => {
  const estimate = sent.reduce<ClockEstimate | null>((e, { claimed, received }) => withMeasure(e, received, received - claimed), before);
  if (estimate === null) throw new Error('nothing was sent');
  return estimate;
};

/** What a camera whose clock is behind by `offsetMs` sends every `everyMs`, each delayed in its turn. */
function live({ from = MORNING, forMs = 20 * MINUTE, everyMs = 10_000, offsetMs = 0, delays = [200, 350, 150, 900, 240] }: { readonly from?: number; readonly forMs?: number; readonly everyMs?: number; readonly offsetMs?: number | ((at: number) => number); readonly delays?: readonly number[] }): Sent[] {
  return Array.from({ length: Math.floor(forMs / everyMs) }, (_, i) => {
    const at = from + i * everyMs, offset = typeof offsetMs === 'number' ? offsetMs : offsetMs(at);
    return { claimed: at - offset, received: at + (delays[i % delays.length] ?? 0) };
  });
}

/** What a site delivers when it is connected again: the events of `forMs`, kept until then and sent at `speed` times their own pace, in order. */
function backlog({ from, forMs, everyMs = 10_000, speed = 50, offsetMs = 0 }: { readonly from: number; readonly forMs: number; readonly everyMs?: number; readonly speed?: number; readonly offsetMs?: number }): Sent[] {
  const connectedAt = from + forMs;
  return Array.from({ length: Math.floor(forMs / everyMs) }, (_, i) => ({ claimed: from + i * everyMs - offsetMs, received: connectedAt + (i * everyMs) / speed + 200 }));
}

const delay = fc.integer({ min: 50, max: 2_500 });
const delays = fc.array(delay, { minLength: 5, maxLength: 40 });
const offset = fc.oneof(fc.integer({ min: -2 * DAY, max: 2 * DAY }), fc.constantFrom(-HOUR, HOUR, 30 * MINUTE, 56 * 365 * DAY, -9 * 365 * DAY));

describe('the offset of a clock', () => {
  it('is the least of received less claimed: never below the truth, and above it by no more than the least delay', () => {
    fc.assert(fc.property(offset, delays, fc.integer({ min: 2_000, max: 60_000 }), (offsetMs, late, everyMs) => {
      const estimate = after(live({ offsetMs, delays: late, everyMs, forMs: 45 * MINUTE }));
      expect(estimate.offsetMs).toBeGreaterThanOrEqual(offsetMs);
      expect(estimate.offsetMs).toBeLessThanOrEqual(offsetMs + Math.max(...late));
      // Once the delays have all come about, by no more than the least of them.
      if (late.length * everyMs < 25 * MINUTE) expect(estimate.offsetMs).toBe(offsetMs + Math.min(...late));
    }));
  });

  it('of a clock that is right needs no proof; of a wrong one ten minutes that are equally wrong', () => {
    expect(after(live({ forMs: 10_000 }))).toMatchObject({ offsetMs: 200, settled: true });
    expect(after(live({ offsetMs: 40_000, forMs: 9 * MINUTE }))).toMatchObject({ offsetMs: 40_150, settled: false });
    expect(after(live({ offsetMs: 40_000, forMs: 12 * MINUTE }))).toMatchObject({ offsetMs: 40_150, settled: true });
  });

  it('of a clock that is ahead is proved within a minute, because nothing comes before it was sent', () => {
    expect(after(live({ offsetMs: -40_000, forMs: 30_000 }))).toMatchObject({ settled: false });
    expect(after(live({ offsetMs: -40_000, forMs: 2 * MINUTE }))).toMatchObject({ offsetMs: -39_850, settled: true });
  });

  it.each([['1970', 0], ['2000', Date.parse('2000-01-01T00:00:00Z')], ['2036', Date.parse('2036-02-07T06:28:16Z')]])('of a clock that stands in %s is seen with the first message, and proved within a minute', (_, starts) => {
    const offsetMs = MORNING - starts, sent = live({ offsetMs, forMs: 2 * MINUTE });
    expect(Math.abs(after(sent.slice(0, 1)).offsetMs)).toBeGreaterThan(5_000);
    expect(after(sent)).toMatchObject({ offsetMs: offsetMs + 150, settled: true });
  });

  it('has a spread: how much the delays vary', () => {
    expect(after(live({ delays: [200] })).spreadMs).toBe(0);
    expect(after(live({ everyMs: MINUTE, delays: [100, 1_100, 1_200, 1_300] })).spreadMs).toBe(1_000);
  });

  it('of delays that vary by many seconds is not relied on', () => {
    const sent = live({ forMs: HOUR, everyMs: 40_000, delays: [9_000, 14_000, 31_000, 12_500, 22_000, 47_000, 18_000] });
    expect(after(sent).settled).toBe(false);
  });
});

describe('what comes late', () => {
  it('never makes a clock slow that was right, whatever the length and the pace of the backlog', () => {
    fc.assert(fc.property(fc.integer({ min: 5, max: 48 * 60 }), fc.constantFrom(1.2, 2, 5, 60, 1_000), fc.integer({ min: 5_000, max: 60_000 }), (minutes, speed, everyMs) => {
      const cutAt = MORNING + 20 * MINUTE, forMs = minutes * MINUTE, before = after(live({}));
      const kept = backlog({ from: cutAt, forMs, speed, everyMs }).slice(0, 4_000), during = after(kept, before);
      // A backlog that has all but caught up is live again: then it joins the window.
      expect(Math.abs(during.offsetMs)).toBeLessThan(4_000);
      const again = after(live({ from: (kept.at(-1)?.received ?? 0) + 1_000 }), during);
      expect(again).toMatchObject({ settled: true, above: [], below: [] });
      expect(again.offsetMs).toBeLessThan(1_000);
    }), { numRuns: 60 });
  });

  it('is doubted for as long as nothing live comes beside it', () => {
    const before = after(live({})), kept = backlog({ from: MORNING + 20 * MINUTE, forMs: 4 * HOUR, speed: 10 });
    const during = after(kept.slice(0, 600), before);
    expect([isDoubted(before), isDoubted(during)]).toEqual([false, true]);
    expect(isDoubted(withMeasure(during, MORNING + 5 * HOUR, 300))).toBe(false);
  });

  it('mixed with what is live changes nothing', () => {
    const now = live({ from: MORNING + 4 * HOUR, forMs: HOUR, everyMs: 20_000 }), kept = now.map(({ received }, i) => ({ claimed: MORNING + i * 1_000, received: received + 5_000 }));
    const estimate = after(now.flatMap((sent, i) => [sent, kept[i] as Sent]), after(live({})));
    expect(estimate).toMatchObject({ offsetMs: 150, settled: true });
  });

  it('from a site whose first messages are a backlog settles at the true offset once it has caught up', () => {
    fc.assert(fc.property(fc.integer({ min: -20, max: 20 }), fc.constantFrom(1.5, 4, 200), (seconds, speed) => {
      const offsetMs = seconds * 1_000, kept = backlog({ from: MORNING, forMs: HOUR, speed, offsetMs }), caughtUpAt = kept.at(-1)?.received ?? 0;
      const estimate = after(live({ from: caughtUpAt + 1_000, offsetMs, forMs: 40 * MINUTE }), after(kept));
      expect(estimate.settled).toBe(true);
      expect(Math.abs(estimate.offsetMs - offsetMs)).toBeLessThan(1_000);
    }), { numRuns: 40 });
  });

  it('alone, by one message, changes nothing and is not doubted', () => {
    const estimate = withMeasure(after(live({})), MORNING + 20 * MINUTE, 3 * HOUR);
    expect(estimate).toMatchObject({ offsetMs: 150, settled: true });
    expect(isDoubted(estimate)).toBe(false);
  });
});

describe('a clock that changes', () => {
  it.each([['set back by an hour, as where summer time is set', HOUR], ['set ahead by an hour', -HOUR], ['restarted without its battery', 9 * 365 * DAY], ['stopped for a minute', MINUTE]])('is followed: %s', (_, jump) => {
    const before = after(live({})), changed = after(live({ from: MORNING + 20 * MINUTE, offsetMs: jump, forMs: 15 * MINUTE }), before);
    expect(changed).toMatchObject({ offsetMs: jump + 150, settled: true, above: [], below: [] });
    const put = after(live({ from: MORNING + 40 * MINUTE, forMs: 15 * MINUTE }), changed);
    expect(put).toMatchObject({ offsetMs: 150, settled: true });
  });

  it('by any jump between any two states is followed within a quarter of an hour', () => {
    fc.assert(fc.property(offset, offset, delays, (first, second, late) => {
      fc.pre(Math.abs(first - second) > 4_000);
      const before = after(live({ offsetMs: first, delays: late, everyMs: 5_000 })), changed = after(live({ from: MORNING + 20 * MINUTE, offsetMs: second, delays: late, everyMs: 5_000, forMs: 15 * MINUTE }), before);
      expect(Math.abs(changed.offsetMs - second)).toBeLessThanOrEqual(2_500);
    }), { numRuns: 100 });
  });

  it('is followed though one message in ten is held up', () => {
    const held = [200, 300, 250, 220, 310, 280, 240, 260, 230, 25_000], changed = after(live({ from: MORNING + 20 * MINUTE, offsetMs: HOUR, delays: held, everyMs: 40_000, forMs: HOUR }), after(live({})));
    expect(changed).toMatchObject({ offsetMs: HOUR + 200, settled: true });
  });

  it('is doubted until it is proved', () => {
    const changing = after(live({ from: MORNING + 20 * MINUTE, offsetMs: HOUR, forMs: 5 * MINUTE }), after(live({})));
    expect(changing.offsetMs).toBe(150);
    expect(isDoubted(changing)).toBe(true);
  });

  it('is not believed for one message whose time is nonsense', () => {
    const estimate = after([{ claimed: Date.parse('2036-01-01T00:00:00Z'), received: MORNING + 20 * MINUTE }, ...live({ from: MORNING + 21 * MINUTE, forMs: MINUTE })], after(live({})));
    expect(estimate).toMatchObject({ offsetMs: 150, settled: true, below: [] });
  });

  it('by drift is followed, slow or fast, to within the drift of half an hour', () => {
    fc.assert(fc.property(fc.integer({ min: -300, max: 300 }), (partsPerMillion) => {
      const drift = (at: number): number => ((at - MORNING) * partsPerMillion) / 1e6;
      const forMs = 2 * DAY, estimate = after(live({ offsetMs: drift, forMs, everyMs: 5 * MINUTE }));
      expect(Math.abs(estimate.offsetMs - drift(MORNING + forMs))).toBeLessThanOrEqual((45 * MINUTE * Math.abs(partsPerMillion)) / 1e6 + 1_000);
    }), { numRuns: 25 });
  });
});

describe('a clock that the camera tells itself', () => {
  it('is taken at its word, with its spread', () => {
    expect(withOffset(null, MORNING, 12_000, 40)).toMatchObject({ offsetMs: 12_000, spreadMs: 40, settled: true });
    expect(withOffset(null, MORNING, 12_000, 5_000)).toMatchObject({ settled: false });
  });

  it('but for a jump, which it must tell twice', () => {
    const once = withOffset(withOffset(null, MORNING, 100, 40), MORNING + MINUTE, HOUR, 40);
    expect(once.settled).toBe(false);
    expect(withOffset(once, MORNING + 2 * MINUTE, HOUR + 20, 40)).toMatchObject({ offsetMs: HOUR + 20, settled: true, below: [] });
  });
});

describe('an estimate of an earlier run', () => {
  it('is gone on from as it was', () => {
    const before = after(live({ offsetMs: 40_000, forMs: HOUR })), restored = restoredEstimate({ ...before, at: before.measuredAt });
    expect(restored).toMatchObject({ offsetMs: 40_150, settled: true });
    expect(after(live({ from: MORNING + 2 * HOUR, offsetMs: 40_000, forMs: 5 * MINUTE }), restored)).toMatchObject({ offsetMs: 40_150, settled: true });
  });
});
