import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createFollower, type FollowOptions } from '../../src/pass/follow.ts';
import type { SeenFrame, Track } from '../../src/pass/observation.ts';
import { textLikeness } from '../../src/pass/similarity.ts';
import { frame, NOON, read } from './reads.ts';

const MINUTE = 60_000;

function follow(frames: readonly SeenFrame[], options: Partial<FollowOptions> = {}): Track[] {
  const follower = createFollower({ trigger: 'continuous', ...options });
  return [...frames.flatMap((f) => follower.add(f)), ...follower.flush()];
}

/** A vehicle in one line: its texts in order of time. */
const told = (track: Track): string => (track.plateless ? 'no plate' : track.observations.map((o) => o.read.text).join(' '));
const tell = (frames: readonly SeenFrame[], options: Partial<FollowOptions> = {}): string[] => follow(frames, options).map(told);

/** A vehicle coming nearer over `n` frames, 200 ms apart. */
const coming = (text: string, from: number, n = 4, x = 800): SeenFrame[] =>
  Array.from({ length: n }, (_, i) => frame(from + 200 * i, read(text, { x: x - 10 * i, y: 300 + 60 * i, width: 80 + 15 * i })));

describe('a vehicle', () => {
  it('in several frames is one', () => {
    expect(tell(coming('LEC138447', 0))).toEqual(['LEC138447 LEC138447 LEC138447 LEC138447']);
  });

  it('misread here and there is still one', () => {
    const texts = ['LEC138447', 'LEC13844I', 'LECI38447', 'LC138447', 'LEC138447'];
    expect(follow(texts.map((t, i) => frame(200 * i, read(t, { y: 300 + 50 * i, confidence: 0.7 }))))).toHaveLength(1);
  });

  it('whose plate was lost for some frames is one', () => {
    expect(follow([...coming('LEC138447', 0, 2), frame(900), frame(1400), ...coming('LEC138447', 2000, 2)])).toHaveLength(1);
  });

  it('read as nothing useful in the first frame is one where the place agrees', () => {
    expect(tell([frame(0, read('L', { confidence: 0.4 })), frame(200, read('LEC138447', { y: 620 }))])).toEqual(['L LEC138447']);
  });

  it('coming back after it had gone is another pass', () => {
    expect(
      follow(
        [...coming('LEC138447', 0), ...coming('LEC138447', 30_000)].map((f, i) =>
          i < 4 ? f : { ...f, reads: f.reads.map((r) => ({ ...r, box: { ...r.box, x: 100 } })) },
        ),
      ),
    ).toHaveLength(2);
  });
});

describe('two vehicles', () => {
  it('in one frame stay two, though their plates are alike', () => {
    expect(
      tell([0, 200, 400].map((at) => frame(at, read('ABC123', { x: 300, y: 500 + at / 10 }), read('ABC124', { x: 1200, y: 500 + at / 10 })))),
    ).toEqual(['ABC123 ABC123 ABC123', 'ABC124 ABC124 ABC124']);
  });

  it('in one frame stay two with the very same text, as a vehicle and its clone', () => {
    const frames = [0, 200, 400].map((at) => frame(at, read('ABC123', { x: 300 }), read('ABC123', { x: 1200 })));
    expect(follow(frames).map((t) => new Set(t.observations.map((o) => o.read.box.x)))).toEqual([new Set([300]), new Set([1200])]);
  });

  it('one behind the other are two', () => {
    expect(tell([...coming('LEC138447', 0), ...coming('RIA4521', 1200)])).toHaveLength(2);
  });

  it('of one fleet, one character apart and both surely read, are two', () => {
    expect(tell([...coming('ABC123', 0), ...coming('ABC124', 2500)])).toEqual(['ABC123 ABC123 ABC123 ABC123', 'ABC124 ABC124 ABC124 ABC124']);
  });

  it('crossing each other in the picture keep their texts', () => {
    const frames = [0, 1, 2, 3, 4, 5].map((i) =>
      frame(200 * i, read('LEC138447', { x: 300 + 150 * i }), read('RIA4521', { x: 1200 - 150 * i, y: 700 })),
    );
    expect(tell(frames).map((t) => new Set(t.split(' ')).size)).toEqual([1, 1]);
  });

  it('of which the second hides the first for a while are two', () => {
    const frames = [
      frame(0, read('LEC138447', { x: 300 })),
      frame(200, read('LEC138447', { x: 320 }), read('RIA4521', { x: 900 })),
      frame(400, read('RIA4521', { x: 880 })),
      frame(600, read('LEC138447', { x: 350 }), read('RIA4521', { x: 860 })),
    ];
    expect(tell(frames)).toEqual(['LEC138447 LEC138447 LEC138447', 'RIA4521 RIA4521 RIA4521']);
  });
});

/** A vehicle read so as it comes into view, hidden by a pole for two seconds, then seen whole as it drives on. */
const behindPole = (glimpses: readonly string[], whole = 'QGD7513', at: { readonly x: number; readonly y: number; readonly width: number } = { x: 765, y: 0, width: 30 }): SeenFrame[] => [
  ...glimpses.map((text, i) => frame(100 * i, read(text, { ...at, y: at.y + 6 * i, confidence: 0.9 }))),
  ...Array.from({ length: 9 }, (_, i) => frame(2000 + 100 * i, read(whole, { x: 860 + 12 * i, y: 260 + 35 * i, width: 44 + 3 * i, confidence: 0.9 }))),
];

describe('a vehicle that goes behind a pole', () => {
  it.each<[string, readonly string[], string]>([
    ['was read whole once, and then less and less of it', ['AUB869', 'AUB86', 'AUB86', 'AUB8'], 'AUB869'],
    ['lacked a character each time', ['AUB86', 'AUB86'], 'AUB869'],
    ['was glimpsed once, a look-alike among its first letters', ['QGO7'], 'QGD7513'],
    ['was glimpsed twice, its last characters misread', ['LEX4584', 'LEX45'], 'LEX104580'],
  ])('is one whose plate %s', (_, glimpses, whole) => {
    expect(follow(behindPole(glimpses, whole))).toHaveLength(1);
  });

  it.each<[string, SeenFrame[]]>([
    ['begins otherwise', behindPole(['LEA7'])],
    ['has as many characters', behindPole(['QGD7528'])],
    ['was read so for longer', behindPole(['QGD4', 'QGD4', 'QGD4'])],
    ['was where the other cannot have come from', behindPole(['QGD4'], 'QGD7513', { x: 1700, y: 10, width: 30 })],
    ['was larger than the other, which came nearer', behindPole(['QGD4'], 'QGD7513', { x: 765, y: 0, width: 80 })],
  ])('is another than one whose plate %s', (_, frames) => {
    expect(follow(frames)).toHaveLength(2);
  });

  it('has one id: what was told of it when it was glimpsed stands, and what was told since is taken back', () => {
    const follower = createFollower({ trigger: 'continuous', reorderMs: 0 }), told: number[] = [], withdrawn: number[] = [], given: Track[] = [];
    for (const f of behindPole(['QGO7'])) {
      given.push(...follower.add(f));
      told.push(...follower.provisional().map((t) => (t.first?.frame.capturedAt ?? 0) - NOON));
      withdrawn.push(...follower.withdrawn().map((o) => o.frame.capturedAt - NOON));
    }
    given.push(...follower.flush());
    expect([told, withdrawn, given.map((t) => (t.first?.frame.capturedAt ?? 0) - NOON)]).toEqual([[0, 2000], [2000], [0]]);
  });
});

/** A vehicle that stands still for some seconds. */
const parked = (seconds: number, step = 2): SeenFrame[] =>
  Array.from({ length: Math.ceil(seconds / step) }, (_, i) => frame(i * step * 1000, read('LEC138447', { confidence: 0.9 })));

describe('a vehicle that stands in view', () => {
  it('is one pass', () => {
    expect(follow(parked(300))).toHaveLength(1);
  });

  it('is reported while it still stands there, once', () => {
    const follower = createFollower({ trigger: 'continuous', maxTrackMs: 20_000 });
    const given = parked(300).map((f) => follower.add(f).length);
    expect(given.slice(0, 15).reduce((a, b) => a + b)).toBe(1);
    expect(given.slice(15).reduce((a, b) => a + b)).toBe(0);
    expect(follower.flush()).toEqual([]);
  });

  it('is one pass though it is hidden for minutes', () => {
    expect(follow([...parked(20), ...parked(20).map((f) => ({ ...f, capturedAt: f.capturedAt + 5 * MINUTE }))])).toHaveLength(1);
  });

  it('is seen anew after it was away for longer', () => {
    expect(follow([...parked(20), ...parked(20).map((f) => ({ ...f, capturedAt: f.capturedAt + 15 * MINUTE }))])).toHaveLength(2);
  });

  it('does not swallow the next vehicle of a fleet that stops at the same line, one digit apart', () => {
    const stops = ['GBA281', 'GBA283', 'GBA286', 'GBA288'].flatMap((text, i) => [0, 300].map((at) => frame(i * 15_000 + at, read(text, { confidence: 0.9 }))));
    for (const trigger of ['continuous', 'vehicle'] as const) expect(follow(stops, { trigger })).toHaveLength(4);
  });

  it('does not swallow the vehicles that go by', () => {
    const frames = [...parked(60), ...coming('RIA4521', 10_100, 4, 200), ...coming('BCS036', 30_100, 4, 200)].toSorted(
      (a, b) => a.capturedAt - b.capturedAt,
    );
    expect(new Set(follow(frames).map((t) => t.observations[0]?.read.text))).toEqual(new Set(['LEC138447', 'RIA4521', 'BCS036']));
  });

  it('does not fill memory', () => {
    const [track] = follow(parked(300, 0.5), { maxTrackMs: 3_600_000 });
    expect(track?.observations.length).toBeLessThanOrEqual(32);
    expect([track?.firstAt, track?.lastAt]).toEqual([NOON, NOON + 299_500]);
  });
});

describe('a camera that sends one burst per vehicle', () => {
  const options = { trigger: 'vehicle' } as const;

  it('reports a vehicle without a plate', () => {
    const [track, ...others] = follow([frame(0), frame(200), frame(400)], options);
    expect(others).toEqual([]);
    expect(track).toMatchObject({ observations: [], plateless: { frame: { capturedAt: NOON + 200 } }, firstAt: NOON, lastAt: NOON + 400 });
  });

  it('takes a shorter burst than the camera sends per vehicle for an empty road, unless it has a plate', () => {
    expect(tell([frame(0)], options)).toEqual(['no plate']);
    expect(tell([frame(0)], { ...options, burstFrames: 2 })).toEqual([]);
    expect(tell([frame(0), frame(200), ...coming('LEC138447', 60_000, 1)], { ...options, burstFrames: 2 })).toEqual(['no plate', 'LEC138447']);
  });

  it('does not when any frame of the burst has a plate', () => {
    expect(tell([frame(0), frame(200, read('LEC138447')), frame(400)], options)).toEqual(['LEC138447']);
  });

  it('reports each of two vehicles without a plate', () => {
    expect(tell([frame(0), frame(200), frame(5000), frame(5200)], options)).toEqual(['no plate', 'no plate']);
  });

  it('reports one without a plate between two that have one', () => {
    expect(tell([...coming('LEC138447', 0), frame(4000), frame(4200), ...coming('RIA4521', 8000)], options).toSorted()).toEqual([
      'LEC138447 LEC138447 LEC138447 LEC138447',
      'RIA4521 RIA4521 RIA4521 RIA4521',
      'no plate',
    ]);
  });

  it('links the reads of a burst though the plate jumps through the picture', () => {
    expect(
      follow(
        [frame(0, read('LEC13', { x: 100, y: 100, width: 50, confidence: 0.5 })), frame(300, read('LEC138447', { x: 1500, y: 900, width: 200 }))],
        options,
      ),
    ).toHaveLength(1);
  });

  it('takes no late frame for a vehicle without a plate', () => {
    const follower = createFollower(options);
    const given = [
      ...coming('LEC138447', 0).flatMap((f) => follower.add(f)),
      ...follower.advance(NOON + 60_000),
      ...follower.add(frame(100)),
      ...follower.flush(),
    ];
    expect(given.map(told)).toEqual(['LEC138447 LEC138447 LEC138447 LEC138447']);
  });

  it('unlike a continuous camera, whose empty frames mean nothing', () => {
    expect(follow([frame(0), frame(200), frame(5000)])).toEqual([]);
  });
});

describe('time', () => {
  it('comes only from frames and advance: a vehicle is reported once it has been gone for the gap', () => {
    const follower = createFollower({ trigger: 'continuous', passGapMs: 3000, reorderMs: 1000 });
    expect(coming('LEC138447', 0).flatMap((f) => follower.add(f))).toEqual([]);
    expect(follower.advance(NOON + 600 + 4000)).toEqual([]);
    expect(follower.advance(NOON + 600 + 4001)).toHaveLength(1);
    expect(follower.flush()).toEqual([]);
  });

  it('a frame that comes late finds its vehicle, which is not reported again', () => {
    const follower = createFollower({ trigger: 'continuous' });
    const [first, second, third, fourth] = coming('LEC138447', 0) as [SeenFrame, SeenFrame, SeenFrame, SeenFrame];
    const given = [first, third, fourth].flatMap((f) => follower.add(f));
    given.push(...follower.advance(NOON + 10_000), ...follower.add(second), ...follower.flush());
    expect(given.map(told)).toEqual(['LEC138447 LEC138447 LEC138447']);
  });

  it('frames held for a vehicle in view are named, and let go when it was given out', () => {
    const follower = createFollower({ trigger: 'vehicle' });
    const frames = coming('LEC138447', 0);
    for (const f of frames) follower.add(f);
    expect(follower.heldFrames()).toEqual(new Set(frames.map((f) => f.evidence.sha256)));
    follower.advance(NOON + 60_000);
    expect(follower.heldFrames()).toEqual(new Set());
  });

  it('frames of a burst without a plate are held until it is given out', () => {
    const follower = createFollower({ trigger: 'vehicle' });
    const empty = [frame(0), frame(200)];
    for (const f of empty) follower.add(f);
    follower.advance(NOON + 1300);
    expect(follower.heldFrames()).toEqual(new Set(empty.map((f) => f.evidence.sha256)));
    expect(follower.advance(NOON + 60_000).map(told)).toEqual(['no plate']);
    expect(follower.heldFrames()).toEqual(new Set());
  });
});

const texts = fc.constantFrom('LEC138447', 'LEC138441', 'RIA4521', 'BCS036', 'BCS038', 'L');
const anyFrames = fc
  .array(
    fc.tuple(
      fc.integer({ min: 0, max: 80 }),
      fc.array(fc.tuple(texts, fc.integer({ min: 0, max: 8 }), fc.constantFrom(0.6, 0.95, 0.99)), { maxLength: 3 }),
    ),
    { maxLength: 25 },
  )
  .map((list) => list.map(([slot, reads]) => frame(slot * 150, ...reads.map(([t, x, confidence]) => read(t, { x: x * 200, confidence })))));
const trigger = fc.constantFrom('vehicle' as const, 'continuous' as const);

/** What a track is, without depending on identity of objects. */
const outline = (tracks: readonly Track[]): string[] =>
  tracks
    .map((t) => JSON.stringify([t.firstAt, t.lastAt, t.plateless?.order, t.observations.map((o) => [o.frame.capturedAt, o.order, o.read.text])]))
    .toSorted();

describe('whatever comes', () => {
  it('frames of a burst may arrive in any order', () => {
    const orders = anyFrames.chain((list) => fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length })));
    fc.assert(
      fc.property(orders, trigger, ([list, shuffled], kind) => {
        const options = { trigger: kind, reorderMs: 80 * 150 };
        expect(outline(follow(shuffled, options))).toEqual(outline(follow(list, options)));
      }),
      { numRuns: 120 },
    );
  });

  it('asking for the time in between changes nothing', () => {
    fc.assert(
      fc.property(anyFrames, trigger, fc.array(fc.boolean()), (list, kind, asks) => {
        const frames = list.toSorted((a, b) => a.capturedAt - b.capturedAt),
          follower = createFollower({ trigger: kind });
        const given = frames.flatMap((f, i) => [...(asks[i] ? follower.advance(f.capturedAt) : []), ...follower.add(f)]);
        expect(outline([...given, ...follower.flush()])).toEqual(outline(follow(frames, { trigger: kind })));
      }),
      { numRuns: 120 },
    );
  });

  it('frames given twice count once', () => {
    fc.assert(
      fc.property(anyFrames, trigger, (list, kind) => {
        const options = { trigger: kind, reorderMs: 80 * 150 };
        expect(outline(follow([...list, ...list], options))).toEqual(outline(follow(list, options)));
      }),
      { numRuns: 80 },
    );
  });

  it('every plate is in one vehicle at most, and no vehicle has two plates of one frame', () => {
    fc.assert(
      fc.property(anyFrames, trigger, (list, kind) => {
        const tracks = follow(
          list.toSorted((a, b) => a.capturedAt - b.capturedAt),
          { trigger: kind },
        );
        const places = tracks.flatMap((t) => t.observations.map((o) => `${o.frame.capturedAt}/${o.order}`));
        expect(new Set(places).size).toBe(places.length);
        for (const t of tracks) expect(new Set(t.observations.map((o) => o.frame)).size).toBe(t.observations.length);
      }),
      { numRuns: 120 },
    );
  });
});

describe('the likeness of two texts', () => {
  it('is not broken by look-alike characters', () => {
    expect(textLikeness(read('B0S036'), read('8OS036')).likeness).toBeGreaterThan(0.9);
    expect(textLikeness(read('B0S036'), read('8OS036')).contradicts).toBe(false);
  });

  it('contradicts only where both are sure', () => {
    expect(textLikeness(read('ABC123'), read('ABC125')).contradicts).toBe(true);
    expect(textLikeness(read('ABC123'), read('ABC125', { confidence: 0.6 })).contradicts).toBe(false);
  });

  it('is the same both ways', () => {
    const text = fc.array(fc.constantFrom(...'ABDHMN0138'), { maxLength: 9 }).map((c) => c.join(''));
    fc.assert(
      fc.property(text, text, (a, b) => {
        expect(textLikeness(read(a), read(b)).likeness).toBeCloseTo(textLikeness(read(b), read(a)).likeness, 9);
      }),
    );
  });
});
