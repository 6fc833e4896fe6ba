import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { buildPasses, type PassContext } from '../../src/pass/build.ts';
import { createFollower, type FollowOptions } from '../../src/pass/follow.ts';
import type { SeenFrame, Track } from '../../src/pass/observation.ts';
import { passId } from '../../src/pass/pass-id.ts';
import type { Movement, Pass } from '../../src/pass/pass.ts';
import { frame, NOON, read } from './reads.ts';

const CONTEXT: PassContext = { cameraId: 'baleli-in-1', direction: 'in', processedAt: NOON + 9000 };

function passesOf(frames: readonly SeenFrame[], options: Partial<FollowOptions> = {}): Pass[] {
  const follower = createFollower({ trigger: 'vehicle', ...options });
  return buildPasses([...frames.flatMap((f) => follower.add(f)), ...follower.flush()], CONTEXT);
}

describe('a pass', () => {
  const small = frame(0, read('LEC138441', { width: 60, confidence: 0.6 })),
    best = frame(200, read('LEC138447', { width: 160, x: 700 })),
    late = frame(400, read('LEC138447', { width: 90 }));
  const [pass, ...others] = passesOf([small, best, late]);

  it('is made of one vehicle', () => expect(others).toEqual([]));

  it('has the voted text, its mark, key and skeleton', () => {
    expect(pass).toMatchObject({
      outcome: 'mark',
      rawText: 'LEC138447',
      mark: { letters: 'LEC', year: '13', number: '8447' },
      key: 'LEC8447',
      skeleton: 'LEC8447',
      readCount: 3,
    });
  });

  it('was seen when a read was first sure of itself', () => expect(pass).toMatchObject({ capturedAt: NOON, timeSource: 'camera' }));

  it('has the frame of the strongest read of that text as evidence, with its own time', () => {
    expect(pass).toMatchObject({ evidenceAt: NOON + 200, evidence: best.evidence, plateBox: best.reads[0]?.box, corners: best.reads[0]?.corners });
  });

  it('has three times, the camera, its direction and who made it', () => {
    expect(pass).toMatchObject({ receivedAt: NOON + 40, processedAt: NOON + 9000, cameraId: 'baleli-in-1', direction: 'in', source: 'pipeline' });
  });

  it('has the id of its camera, time and sequence', () => {
    expect(pass?.id).toBe(passId('baleli-in-1', NOON, 0));
  });

  it('has the time and id of its evidence when no read was ever sure', () => {
    const [unsure] = passesOf([frame(0, read('LEC138447', { width: 60, confidence: 0.4 })), frame(200, read('LEC138447', { width: 90, confidence: 0.5 }))]);
    expect(unsure).toMatchObject({ capturedAt: NOON + 200, id: passId('baleli-in-1', NOON + 200, 0) });
    expect(unsure).not.toHaveProperty('evidenceAt');
  });

  it('keeps the text as read beside the parse, also where the grammar changed it', () => {
    const [resolved] = passesOf([frame(0, read('LEC13844B'))]);
    expect(resolved?.rawText).toBe('LEC13844B');
  });

  it('folds look-alikes in the skeleton only', () => {
    expect(passesOf([frame(0, read('BCS036'))])[0]).toMatchObject({ key: 'BCS36', skeleton: '8C536' });
  });
});

describe('a lorry with two plates', () => {
  /** Coming nearer, with a second plate a metre above the first. */
  const frames = [0, 1, 2, 3, 4, 5].map((i) => {
    const width = 60 * 1.2 ** i, y = 250 + 4 * width;
    return frame(200 * i, read('LEC138447', { x: 700, y, width }), read('TKA4521', { x: 700 + width / 4, y: y - 2 * width, width: 0.8 * width }));
  });
  const passes = passesOf(frames, { trigger: 'continuous' });

  it('is one pass, of the plate that can be read best, with the other mark among what it could be', () => {
    expect(passes.map((p) => p.rawText)).toEqual(['LEC138447']);
    expect(passes[0]?.alternatives.map((a) => a.mark)).toContain('TKA-4521');
    expect(passes[0]).toMatchObject({ movement: 'towards', readCount: 6 });
  });

  it('is two vehicles when the second one keeps its distance on the road', () => {
    // 5 m before and behind: the distance in plate widths grows as they come nearer.
    const convoy = [0, 1, 2, 3, 4, 5].map((i) => {
      const ahead = 30 - 3.5 * i, at = (d: number) => ({ x: 700, y: 9000 / d, width: 1800 / d });
      return frame(200 * i, read('LEC138447', at(ahead)), read('TKA4521', at(ahead + 6)));
    });
    expect(passesOf(convoy, { trigger: 'continuous' }).map((p) => p.rawText).toSorted()).toEqual(['LEC138447', 'TKA4521']);
  });

  it('of which one box was found twice is read once a frame', () => {
    const twice = [0, 200, 400].map((at) => frame(at, read('LEC138447', { y: 500 + at / 4 }), read('LEC13844', { x: 806, y: 503 + at / 4, width: 104, confidence: 0.7 })));
    expect(passesOf(twice, { trigger: 'continuous' })).toMatchObject([{ rawText: 'LEC138447', readCount: 3 }]);
  });
});

describe('the direction of a pass', () => {
  const track = (movement?: Movement): Track => {
    const observation = { frame: frame(0, read('LEC138447')), read: read('LEC138447'), order: 0 };
    return { observations: [observation], plateless: null, firstAt: NOON, lastAt: NOON, ...(movement && { movement }) };
  };
  const directionOf = (movement: Movement | undefined, context: Partial<PassContext>) => buildPasses([track(movement)], { ...CONTEXT, ...context })[0]?.direction;

  it.each([
    ['towards', 'in', 'in'], ['away', 'in', 'out'], ['towards', 'out', 'out'], ['away', 'out', 'in'],
  ] as const)('of a vehicle moving %s a camera that sees them come %s is %s', (movement, towards, direction) => {
    expect(directionOf(movement, { direction: 'unknown', towards })).toBe(direction);
  });

  it("is the camera's own where the movement is unknown, or nobody said what it means", () => {
    for (const movement of ['unknown', undefined] as const) expect(directionOf(movement, { direction: 'unknown', towards: 'in' })).toBe('unknown');
    for (const movement of ['towards', 'away', 'unknown'] as const) expect(directionOf(movement, { direction: 'in', towards: null })).toBe('in');
    expect(directionOf('away', { direction: 'out' })).toBe('out');
  });

  it('does not hide the movement', () => {
    expect(buildPasses([track('away')], CONTEXT)[0]?.movement).toBe('away');
    expect(buildPasses([track('unknown')], CONTEXT)[0]).not.toHaveProperty('movement');
  });
});

describe('a plate that is no mark', () => {
  it.each([
    ['APPLIEDFOR', 'applied-for'],
    ['AFR2012', 'applied-for'],
    ['PRESS', 'fancy'],
  ])('%s is %s, with its text and without a key', (text, outcome) => {
    expect(passesOf([frame(0, read(text))])[0]).toMatchObject({ outcome, rawText: text, mark: null, key: null, skeleton: null });
  });

  it('with a name and a number keeps both the outcome and the mark, so that a list can name it', () => {
    expect(passesOf([frame(0, read('KHAN1'))])[0]).toMatchObject({
      outcome: 'fancy',
      key: 'KHAN1',
      mark: { jurisdiction: null, class: 'personalised' },
    });
  });
});

describe('a vehicle without a plate', () => {
  it('is a pass of its own, with the middle frame as evidence', () => {
    const frames = [frame(0), frame(200), frame(400)];
    expect(passesOf(frames)).toEqual([
      expect.objectContaining({
        outcome: 'no-plate',
        rawText: '',
        mark: null,
        key: null,
        confidence: 0,
        readCount: 0,
        plateBox: null,
        corners: null,
        capturedAt: NOON + 200,
        evidence: frames[1]?.evidence,
      }),
    ]);
  });
});

/** A frame of a camera that tells whole seconds only. */
const whole = (text: string): SeenFrame => ({ ...frame(0, read(text)), capturedAt: NOON - 100 });

describe('vehicles of one instant', () => {
  const two = frame(0, read('RIA4521', { x: 1300 }), read('LEC138447', { x: 300 }));

  it('are numbered from left to right', () => {
    expect(passesOf([two]).map((p) => [p.sequence, p.rawText])).toEqual([
      [0, 'LEC138447'],
      [1, 'RIA4521'],
    ]);
  });

  it('have ids of their own, whichever of them goes out of view first', () => {
    const left = frame(200, read('LEC138447', { x: 320, width: 60 })),
      right = frame(200, read('RIA4521', { x: 1280, width: 60 }));
    for (const rest of [left, right])
      expect(new Set(passesOf([two, rest]).map((p) => p.id))).toEqual(new Set([0, 1].map((n) => passId('baleli-in-1', NOON, n))));
  });

  it('in two frames with the same time have ids of their own', () => {
    const passes = passesOf([frame(0, read('RIA4521')), frame(0, read('LEC138447'))]);
    expect(new Set(passes.map((p) => p.id)).size).toBe(2);
  });

  it('of a camera without milliseconds keep their ids though one frame comes alone, after a restart or an hour late', () => {
    const together = passesOf([whole('RIA4521'), whole('LEC138447')]).map((p) => p.id),
      apart = [...passesOf([whole('LEC138447')]), ...passesOf([whole('RIA4521')])].map((p) => p.id);
    expect(new Set(together).size).toBe(2);
    expect(new Set(apart)).toEqual(new Set(together));
  });

  it('have sequences that fit a 32-bit column', () => {
    const last = whole('RIA4521');
    const [pass] = passesOf([{ ...last, evidence: { ...last.evidence, sha256: 'f'.repeat(64) } }]);
    expect(pass?.sequence).toBeLessThan(2 ** 31);
  });
});

describe('the same frames again', () => {
  const texts = fc.constantFrom('LEC138447', 'LEC138441', 'RIA4521', 'BCS036');
  const anyFrames = fc
    .array(fc.tuple(fc.integer({ min: 0, max: 60 }), fc.array(fc.tuple(texts, fc.integer({ min: 0, max: 8 })), { maxLength: 3 })), {
      minLength: 1,
      maxLength: 15,
    })
    .map((list) => list.map(([slot, reads]) => frame(slot * 150, ...reads.map(([t, x]) => read(t, { x: x * 200 })))));

  it('make the same passes, in whatever order they come', () => {
    const orders = anyFrames.chain((list) => fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length })));
    fc.assert(
      fc.property(orders, ([list, shuffled]) => {
        expect(passesOf(shuffled, { reorderMs: 9000 })).toEqual(passesOf(list, { reorderMs: 9000 }));
      }),
      { numRuns: 60 },
    );
  });

  it('never give one id to two passes', () => {
    fc.assert(
      fc.property(anyFrames, (list) => {
        const ids = passesOf(list).map((p) => p.id);
        expect(new Set(ids).size).toBe(ids.length);
      }),
      { numRuns: 60 },
    );
  });
});
