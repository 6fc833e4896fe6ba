import { sql } from 'drizzle-orm';
import { pino } from 'pino';
import { beforeEach, describe, expect, test } from 'vitest';
import { createAlarmWatch, currentAlarms, type Alarm } from '../../src/pipeline/alarms.ts';
import { addListEntry } from '../../src/store/change-entry.ts';
import { importList } from '../../src/store/import-list.ts';
import { rowsOf } from '../../src/store/query.ts';
import { onBothDatabases } from '../support/databases.ts';
import { anEntry, aPass, DAY, HOUR, MINUTE, MORNING } from '../support/passes.ts';
import { recorderOn } from '../support/recorder.ts';

onBothDatabases('alarms of an operator', (database) => {
  const time = { now: MORNING };
  const parts = () => ({ database: database().db, clock: () => time.now, listAgeLimitHours: 24 });
  const kinds = async (): Promise<string[]> => (await currentAlarms(parts())).map(({ kind, subject }) => `${kind} ${subject ?? ''}`.trim());
  const deliver = (list: string, at = time.now): Promise<unknown> =>
    importList(database().db, { list, sha256: `${list} of today`, fileName: `${list}.csv`, entries: [anEntry({ list })], importedAt: at });
  const set = (list: string, settings: object): Promise<unknown> => rowsOf(database().db.orm, sql`update lists set settings = ${JSON.stringify(settings)}::jsonb where name = ${list}`);
  beforeEach(async () => {
    time.now = MORNING;
    await database().clear();
  });

  test('there are none where all is well', async () => {
    await deliver('stolen');
    expect(await kinds()).toEqual([]);
  });

  test('a list is too old a moment after its limit, and no more once it is delivered again', async () => {
    await deliver('stolen');
    time.now = MORNING + DAY;
    expect(await kinds()).toEqual([]);
    time.now++;
    const [alarm] = await currentAlarms(parts());
    expect(alarm).toMatchObject({ kind: 'list-stale', subject: 'stolen', since: MORNING + DAY });
    expect(alarm?.message).toContain('its limit is 24');
    await deliver('stolen');
    expect(await kinds()).toEqual([]);
  });

  test('a list may have a limit of its own', async () => {
    await deliver('stolen');
    await set('stolen', { ageLimitHours: 2 });
    time.now = MORNING + 3 * HOUR;
    expect(await kinds()).toEqual(['list-stale stolen']);
  });

  test('a list whose entries nobody reviewed has lapsed', async () => {
    await deliver('stolen');
    await set('stolen', { reviewDays: 3, ageLimitHours: 1000 });
    time.now = MORNING + 3 * DAY + 1;
    expect(await kinds()).toEqual(['list-lapsed stolen']);
  });

  describe('of retention', () => {
    const ran = (at: number, outcome: string, overdue = 0, dryRun = false): Promise<unknown> => rowsOf(database().db.orm, sql`
      insert into retention_runs (started_at, touched_at, actor, outcome, report)
      values (${new Date(at).toISOString()}::timestamptz, now(), 'schedule', ${outcome}, ${JSON.stringify({ dryRun, ahead: [], kinds: [{ kind: 'passes', overdue }, { kind: 'hits', overdue: 0 }] })}::jsonb)
    `);

    test('there is none on a new installation, nor after a run that deleted all', async () => {
      expect(await kinds()).toEqual([]);
      await ran(MORNING, 'complete');
      time.now = MORNING + 2 * DAY;
      expect(await kinds()).toEqual([]);
      time.now++;
      expect(await kinds()).toEqual(['retention-behind']);
    });

    test('a run that failed, left something, or only counted is none', async () => {
      await ran(MORNING - 3 * DAY, 'complete');
      await ran(MORNING - DAY, 'failed');
      await ran(MORNING - DAY, 'complete', 7);
      await ran(MORNING - DAY, 'complete', 0, true);
      expect(await currentAlarms(parts())).toMatchObject([{ kind: 'retention-behind', since: MORNING - 3 * DAY }]);
      await ran(MORNING - HOUR, 'complete');
      expect(await kinds()).toEqual([]);
    });
  });

  test('a list that persons alone keep is never late', async () => {
    await rowsOf(database().db.orm, sql`insert into lists (name, version) values ('roadside', 0)`);
    await addListEntry(database().db, { list: 'roadside', author: 'k_1', at: MORNING, entry: anEntry({ list: 'roadside' }) });
    time.now = MORNING + 40 * DAY;
    expect(await kinds()).toEqual([]);
  });

  test('a feed that fails says what it met', async () => {
    await deliver('stolen');
    await set('stolen', { feed: { url: 'http://127.0.0.1:9/list.csv', everyMinutes: 5 } });
    await rowsOf(database().db.orm, sql`update lists set feed_fault = 'connection refused'`);
    const alarms = await currentAlarms(parts());
    expect(alarms).toMatchObject([{ kind: 'list-feed', subject: 'stolen', message: expect.stringContaining('connection refused') }]);
  });

  test('a webhook that fails for five minutes, and deliveries given up, are two alarms', async () => {
    await rowsOf(database().db.orm, sql`insert into webhooks (id, url, secret, label, covert, created_at, created_by) values ('wh_1', 'http://127.0.0.1:9', 's', 'Dispatch', false, now(), 'k')`);
    await deliver('stolen');
    await recorderOn(database().db, () => time.now).record([aPass({ mark: 'LEC-13-8447', capturedAt: time.now })]);
    await rowsOf(database().db.orm, sql`update webhook_deliveries set attempts = 2, last_fault = 'connection refused'`);
    expect(await kinds()).toEqual([]);
    time.now = MORNING + 6 * MINUTE;
    expect(await kinds()).toEqual(['webhook-failing wh_1']);
    await rowsOf(database().db.orm, sql`update webhook_deliveries set state = 'dead'`);
    const [alarm] = await currentAlarms(parts());
    expect(alarm).toMatchObject({ kind: 'webhook-dead-letters', subject: 'wh_1', message: expect.stringContaining('retry-dead') });
  });

  test('a hit that rang and that nobody acknowledged for ten minutes', async () => {
    await deliver('stolen');
    await recorderOn(database().db, () => time.now).record([aPass({ mark: 'LEC-13-8447', capturedAt: time.now })]);
    time.now = MORNING + 10 * MINUTE;
    expect(await kinds()).toEqual([]);
    time.now++;
    expect(await kinds()).toEqual(['hits-unanswered']);
    await rowsOf(database().db.orm, sql`update hits set acknowledged_at = now(), escalate_at = null`);
    expect(await kinds()).toEqual([]);
  });

  describe('the watch', () => {
    const lines: Record<string, unknown>[] = [];
    const watch = () => createAlarmWatch({ ...parts(), log: pino({ level: 'warn' }, { write: (line: string) => void lines.push(JSON.parse(line) as Record<string, unknown>) }) });
    beforeEach(() => void lines.splice(0));

    test('logs each alarm once when it begins and once when it ends', async () => {
      await deliver('stolen');
      const watching = watch(), begun: (readonly Alarm[])[] = [await watching.look()];
      time.now = MORNING + 2 * DAY;
      begun.push(await watching.look(), await watching.look());
      await deliver('stolen');
      begun.push(await watching.look());
      expect(begun.map((alarms) => alarms.length)).toEqual([0, 1, 0, 0]);
      expect(lines.map((line) => [line['msg'], line['alarm'], line['subject']])).toEqual([['alarm', 'list-stale', 'stolen'], ['alarm has ended', 'list-stale', 'stolen']]);
    });

    test('does not name a covert list', async () => {
      await deliver('operation-x');
      await set('operation-x', { covert: true });
      time.now = MORNING + 2 * DAY;
      await watch().look();
      expect(lines).toMatchObject([{ alarm: 'list-stale' }]);
      expect(JSON.stringify(lines)).not.toContain('operation-x');
    });
  });
});
