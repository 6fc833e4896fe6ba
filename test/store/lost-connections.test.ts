import { sql } from 'drizzle-orm';
import { expect, test } from 'vitest';
import { openDatabase } from '../../src/store/database.ts';
import { inTransaction, rowsOf } from '../../src/store/query.ts';
import { createPostgresDatabase } from '../support/databases.ts';
import { startProxy } from '../support/tcp-proxy.ts';

test('connections that are lost as a transaction begins come back to the pool, so that it never runs dry and can be closed', async () => {
  const url = new URL(await createPostgresDatabase('empty')), proxy = await startProxy({ host: url.hostname, port: Number(url.port || 5432) });
  url.host = `127.0.0.1:${proxy.port}`;
  const database = await openDatabase({ url: url.href, dataDir: '', connections: 2 });
  const works = (): Promise<number> => inTransaction(database, database.orm, async (tx) => (await rowsOf<{ n: number }>(tx, sql`select 1 as n`))[0]?.n ?? 0);
  for (let outage = 0; outage < 4; outage++) {
    expect(await works()).toBe(1);
    // The connection still looks alive to the pool, which gives it out.
    const cut = proxy.cut();
    await expect(works()).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE' });
    await cut;
    await proxy.restore();
  }
  expect(await Promise.all([works(), works(), works()])).toEqual([1, 1, 1]);
  await database.close();
  await proxy.close();
}, 60_000);
