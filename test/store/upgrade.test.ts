import { PGlite } from '@electric-sql/pglite';
import { pg_trgm } from '@electric-sql/pglite/contrib/pg_trgm';
import { sql } from 'drizzle-orm';
import { expect, test } from 'vitest';
import { listStates } from '../../src/store/active-list-entries.ts';
import { embeddedDatabase } from '../../src/store/database.ts';
import { entriesBySerial } from '../../src/store/list-changes.ts';
import { listHits } from '../../src/store/list-hits.ts';
import { migrate, shippedMigrations } from '../../src/store/migrate.ts';
import { rowsOf } from '../../src/store/query.ts';
import { mark, MORNING } from '../support/passes.ts';

test('a database of the first version keeps its lists and hits, which then have a life', async () => {
  const db = embeddedDatabase(await PGlite.create({ extensions: { pg_trgm } }), 'memory');
  const [first] = await shippedMigrations();
  await migrate(db, [first as NonNullable<typeof first>]);
  const at = new Date(MORNING).toISOString(), parts = JSON.stringify(mark('LEC-13-8447'));
  await db.script(`
    insert into lists (name, version) values ('stolen', 1);
    insert into list_versions values ('stolen', 1, 'a', 's.csv', 1, '${at}', '${at}');
    insert into list_entries (id, list, from_version, key, kind, reason, owner, action, mark_jurisdiction, mark_letters, mark_year, mark_number)
      values ('e', 'stolen', 1, 'LEC8447', 'stolen', 'FIR', 'CPO', 'stop', 'PB', 'LEC', '13', '8447');
    insert into hits values ('h', 'p', '${at}', '${at}', 'baleli-in-1', 'baleli', 'LEC8447', 'e', 'stolen', 1, '${at}', 'stolen', 'exact', 'stop', 'FIR', 'CPO', 'All agrees.', 'provisional', '${parts}', '${parts}')
  `);
  await migrate(db);
  expect((await listHits(db, {})).items).toMatchObject([{
    id: 'h', passId: 'p', status: 'confirmed', count: 1, plate: 'LEC8447', firstSeenAt: MORNING, lastSeenAt: MORNING, latestPassId: 'p', score: 1, covert: false, late: false, deliveredAt: null,
    entryDetails: { warnings: [], caseReference: null, stage: null, vehicle: { class: null, make: null, colour: null, chassis: null } },
  }]);
  const [{ serial } = { serial: '' }] = await rowsOf<{ serial: string }>(db.orm, sql`select serial::text from list_entries`);
  expect((await entriesBySerial(db, [Number(serial)])).get(Number(serial))).toMatchObject({ id: 'e', key: 'LEC8447', pattern: null, warnings: [], stage: null });
  expect(await listStates(db)).toMatchObject([{ list: 'stolen', version: 1, settings: { priority: 50, reviewDays: 28 } }]);
  await db.close();
});
