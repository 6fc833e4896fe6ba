import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { importList } from '../../src/store/import-list.ts';
import { rowsOf } from '../../src/store/query.ts';
import { openTestDatabase, type TestDatabase } from '../support/databases.ts';
import { DAY, MORNING } from '../support/passes.ts';
import { recorderOn } from '../support/recorder.ts';
import { simulateDay, type SimulatedDay } from '../support/simulated-day.ts';

interface RaisedHit { readonly pass_id: string; readonly entry_id: string; readonly match_kind: string; readonly action: string; readonly score: number }

let database: TestDatabase, day: SimulatedDay, hits: RaisedHit[];
beforeAll(async () => {
  database = await openTestDatabase('postgres');
  day = simulateDay(540);
  await importList(database.db, { list: 'stolen', sha256: 'day', fileName: 'stolen.csv', entries: day.entries, importedAt: MORNING });
  // Every sighting a hit of its own, so that each can be held against what really drove by.
  await rowsOf(database.db.orm, sql`update lists set settings = '{"cooldownSeconds": 0, "leastScore": 0.01, "lookAlikes": "wide"}' where name = 'stolen'`);
  await recorderOn(database.db, () => MORNING + DAY).record(day.passes);
  hits = await rowsOf<RaisedHit>(database.db.orm, sql`select pass_id, entry_id, match_kind, action, score from hits`);
}, 240_000);
afterAll(() => database?.close());

const isTrue = (hit: RaisedHit): boolean => day.vehicleOf.get(hit.pass_id)?.entryId === hit.entry_id;
const share = (part: number, whole: number): number => Math.round((part / whole) * 10_000) / 10_000;

function figures() {
  const listed = day.passes.filter((p) => day.vehicleOf.get(p.id)?.entryId);
  const found = new Set(hits.filter(isTrue).map((h) => h.pass_id)), foundExactly = new Set(hits.filter((h) => isTrue(h) && h.match_kind === 'exact').map((h) => h.pass_id));
  const stops = hits.filter((h) => h.action === 'stop');
  return {
    passes: day.passes.length, misread: share(day.misread.size, day.passes.length), listed: listed.length, hits: hits.length,
    recall: share(listed.filter((p) => found.has(p.id)).length, listed.length), recallExactOnly: share(listed.filter((p) => foundExactly.has(p.id)).length, listed.length),
    precision: share(hits.filter(isTrue).length, hits.length), stops: stops.length, stopPrecision: share(stops.filter(isTrue).length, stops.length),
    falseStops: stops.filter((h) => !isTrue(h)).length,
  };
}

test('a day with 5 % misreads and identical marks across provinces: nearly every listed vehicle is found, and nearly nobody else is stopped', () => {
  const found = figures();
  console.log(`simulated day: ${JSON.stringify(found)}`);
  expect(found.misread).toBeGreaterThan(0.04);
  expect(found.misread).toBeLessThan(0.065);
  expect(found.recall).toBeGreaterThan(0.97);
  expect(found.recall).toBeGreaterThan(found.recallExactOnly);
  expect(found.falseStops).toBe(0);
  expect(found.stops).toBeGreaterThan(400);
});

test('the AAR-540 of Quetta is never stopped for the stolen AAR-540 of Karachi, which is', () => {
  const of = (jurisdiction: string): RaisedHit[] => hits.filter((h) => h.entry_id === 'e-aar-540' && day.vehicleOf.get(h.pass_id)?.mark.jurisdiction === jurisdiction);
  expect(of('BA').length).toBeGreaterThan(20);
  expect(of('BA').filter((h) => h.action === 'stop')).toEqual([]);
  expect(of('SD').filter((h) => h.action === 'stop').length).toBeGreaterThan(10);
});

test('scores mean what they say: of the hits around a score, about that share is true', () => {
  for (const [from, to] of [[0.02, 0.2], [0.2, 0.6], [0.6, 0.9], [0.9, 1]] as const) {
    const around = hits.filter((h) => h.score >= from && h.score < to);
    if (around.length < 15) continue;
    const said = around.reduce((sum, h) => sum + h.score, 0) / around.length, is = around.filter(isTrue).length / around.length;
    console.log(`score ${from} to ${to}: ${around.length} hits, said ${said.toFixed(2)}, true ${is.toFixed(2)}`);
  }
  const sure = hits.filter((h) => h.score >= 0.9);
  expect(sure.filter(isTrue).length / sure.length).toBeGreaterThan(0.9);
});
