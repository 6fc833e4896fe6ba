import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { close, escalate } from '../../src/hit/escalation.ts';
import type { HitRecord } from '../../src/store/hit-record.ts';
import { aHit } from '../support/hits.ts';
import { anEntry, HOUR, MORNING } from '../support/passes.ts';

const LADDER = { acknowledgeSeconds: 60, escalateTo: [{ site: 'mian-ghundi' }, { key: 'k-chief' }] };
const tax = aHit({ entry: anEntry({ kind: 'tax' }) }), stolen = aHit();

/** Steps until nothing is due any more, at most so many: seconds after the hit, level, sites, keys. */
function steps(start: HitRecord, ladder: typeof LADDER | { acknowledgeSeconds: number; escalateTo: [] }, most: number): unknown[] {
  const out: unknown[] = [];
  for (let hit = start; hit.escalateAt !== null && out.length < most;) {
    const at: number = hit.escalateAt, done = escalate(hit, ladder, at);
    if (done.event !== null) out.push([(at - start.at) / 1000, done.event.detail.level, done.event.sites, done.event.keys]);
    hit = done.hit;
  }
  return out;
}

describe('a hit that nobody acknowledges', () => {
  test('is told to one after the other, then to nobody', () => {
    expect(steps(tax, LADDER, 10)).toEqual([[60, 1, ['mian-ghundi'], []], [120, 2, [], ['k-chief']]]);
  });

  test('is told to all again and again where the vehicle is stolen, ever more rarely but at least every hour', () => {
    const all = [['mian-ghundi'], ['k-chief']];
    expect(steps(stolen, LADDER, 6)).toEqual([[60, 1, ['mian-ghundi'], []], [120, 2, [], ['k-chief']], [180, 3, ...all], [300, 4, ...all], [540, 5, ...all], [1020, 6, ...all]]);
    const late = steps(stolen, LADDER, 20).slice(-2) as number[][];
    expect((late[1]?.[0] ?? 0) - (late[0]?.[0] ?? 0)).toBe(3600);
  });

  test('is told to its own site again where the list names nobody, if it is stolen', () => {
    const nobody = { acknowledgeSeconds: 60, escalateTo: [] as [] };
    expect(steps(tax, nobody, 10)).toEqual([]);
    expect(steps(stolen, nobody, 2)).toEqual([[60, 1, [], []], [180, 2, [], []]]);
  });

  test('rings, and says in words for how long', () => {
    expect(escalate(stolen, LADDER, stolen.at + 60_000).event).toMatchObject({ kind: 'escalated', ring: true, actor: null, detail: { level: 1, message: 'Nobody acknowledged it for 1 min.' } });
    expect(escalate(stolen, LADDER, stolen.at + 30_000).event?.detail.message).toBe('Nobody acknowledged it for 30 s.');
  });

  test('is left alone when its list escalates no more', () => {
    expect(escalate(stolen, { ...LADDER, acknowledgeSeconds: null }, MORNING + HOUR)).toEqual({ hit: { ...stolen, escalateAt: null }, event: null });
  });

  test('is never due again at once, whatever the list says', () => {
    fc.assert(fc.property(fc.integer({ min: 5, max: 86_400 }), fc.nat(40), fc.nat(20), (acknowledgeSeconds, escalation, targets) => {
      const ladder = { acknowledgeSeconds, escalateTo: Array.from({ length: targets }, (_, i) => ({ site: `s${i}` })) };
      const { hit } = escalate({ ...stolen, escalation }, ladder, MORNING + HOUR);
      expect((hit.escalateAt ?? 0) - MORNING - HOUR).toBeGreaterThanOrEqual(acknowledgeSeconds * 1000);
    }));
  });
});

test('a hit that nobody decided on closes and calls nobody', () => {
  const { hit, event } = close(tax, tax.at + 24 * HOUR);
  expect(hit).toEqual({ ...tax, status: 'closed', escalateAt: null, closesAt: null });
  expect(event).toMatchObject({ kind: 'closed', ring: false, detail: { message: 'Nobody decided on it for 24 h.' } });
});
