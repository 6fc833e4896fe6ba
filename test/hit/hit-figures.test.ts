import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { hitFigures, rejectionFigures } from '../../src/hit/hit-figures.ts';
import { HIT_STATUSES, REJECT_REASONS } from '../../src/store/hit-record.ts';
import type { HitCount } from '../../src/store/hit-report.ts';
import { mark } from '../support/passes.ts';

const counted = (given: Partial<HitCount> = {}): HitCount => ({ list: 'stolen', matchKind: 'exact', action: 'stop', status: 'confirmed', rejectReason: null, hasPass: true, count: 1, ...given });
const none = Object.fromEntries(REJECT_REASONS.map((r) => [r, 0]));

describe('the figures of hits', () => {
  const figures = hitFigures([
    counted({ status: 'accepted', count: 8 }), counted({ status: 'rejected', rejectReason: 'misread', count: 1 }), counted({ status: 'rejected', rejectReason: 'recovered', count: 1 }),
    counted({ status: 'provisional', hasPass: false, count: 2 }), counted({ status: 'withdrawn', hasPass: false, count: 3 }), counted({ count: 4 }),
    counted({ list: 'tax', matchKind: 'look-alike', action: 'check', status: 'closed', count: 5 }), counted({ list: 'tax', matchKind: 'look-alike', action: 'check', status: 'rejected', rejectReason: 'misread', count: 1 }),
  ]);

  test('are counted by list and class of match', () => {
    expect(figures.rows.map((r) => [r.list, r.match, r.outcomes])).toEqual([
      ['stolen', 'exact', { raised: 19, confirmed: 14, withdrawn: 3, accepted: 8, rejected: 2, rejectedBy: { ...none, misread: 1, recovered: 1 }, closed: 0, open: 6 }],
      ['tax', 'look-alike', { raised: 6, confirmed: 6, withdrawn: 0, accepted: 0, rejected: 1, rejectedBy: { ...none, misread: 1 }, closed: 5, open: 0 }],
    ]);
    expect(figures.all.outcomes).toMatchObject({ raised: 25, accepted: 8, rejected: 3, closed: 5, open: 6 });
  });

  test('say how many of those decided were right, with the interval by hand: 8 of 10 is 0.490 to 0.943', () => {
    const { share, low, high, decided } = figures.rows[0]?.precision ?? { share: 0, low: 0, high: 0, decided: 0 };
    expect([share, decided]).toEqual([0.8, 10]);
    expect([low, high].map((x) => Math.round(x * 1000))).toEqual([490, 943]);
    expect(figures.byList.map((p) => [p.name, p.precision.share])).toEqual([['stolen', 0.8], ['tax', 0]]);
    expect(figures.byMatch.map((p) => p.name)).toEqual(['exact', 'look-alike']);
    expect(figures.byAction.map((p) => [p.name, p.precision.decided])).toEqual([['check', 1], ['stop', 10]]);
  });

  test('of nothing decided say nothing: anything from none to all', () => {
    expect(hitFigures([]).all).toEqual({ outcomes: { raised: 0, confirmed: 0, withdrawn: 0, accepted: 0, rejected: 0, rejectedBy: none, closed: 0, open: 0 }, precision: { share: null, low: 0, high: 1, decided: 0 } });
  });

  test('add up, whatever was counted', () => {
    const count = fc.record({ list: fc.constantFrom('a', 'b'), status: fc.constantFrom(...HIT_STATUSES), rejectReason: fc.constantFrom(...REJECT_REASONS), count: fc.nat(1000), hasPass: fc.boolean() });
    fc.assert(fc.property(fc.array(count), (counts) => {
      const { rows, all } = hitFigures(counts.map(counted));
      for (const { outcomes: o, precision: p } of [...rows, all]) {
        expect(o.withdrawn + o.accepted + o.rejected + o.closed + o.open).toBe(o.raised);
        expect(Object.values(o.rejectedBy).reduce((a, b) => a + b, 0)).toBe(o.rejected);
        if (p.share !== null) expect(p.low <= p.share + 1e-9 && p.share <= p.high + 1e-9 && p.low >= 0 && p.high <= 1).toBe(true);
      }
      expect(rows.reduce((n, r) => n + r.outcomes.raised, 0)).toBe(all.outcomes.raised);
    }));
  });
});

describe('the figures of rejections', () => {
  test('are by camera, most rejected first, and by pair of characters', () => {
    const figures = rejectionFigures(
      [
        { cameraId: 'a', siteId: 's', reason: 'misread', count: 1 }, { cameraId: 'b', siteId: null, reason: 'misread', count: 2 }, { cameraId: 'b', siteId: null, reason: 'recovered', count: 3 },
      ],
      [{ read: mark('LEC-13-8447'), truth: 'LEC-13-8441' }, { read: mark('BCS-077'), truth: 'BCS-071' }, { read: mark('BCS-088'), truth: 'BGS-0B8' }, { read: mark('BCS-036'), truth: 'BCS-1036' }],
    );
    expect(figures.byCamera).toEqual([
      { camera: 'b', site: null, rejected: 5, reasons: { ...none, misread: 2, recovered: 3 } }, { camera: 'a', site: 's', rejected: 1, reasons: { ...none, misread: 1 } },
    ]);
    expect(figures.byPair).toEqual([{ read: '7', truth: '1', count: 2 }, { read: '8', truth: 'B', count: 1 }, { read: 'C', truth: 'G', count: 1 }]);
  });
});
