import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createApiKey } from '../../src/store/api-keys.ts';
import { openTestDatabase, type TestDatabase } from '../support/databases.ts';
import { startExporting, takeAnswer, type Served } from '../support/exporting.ts';
import { loadPasses } from '../support/loaded-passes.ts';

// `npm run bench -- export` does the same with five million.
const ROWS = 500_000, MOST_MB = 200;

describe('an export of half a million passes', { timeout: 240_000 }, () => {
  let database: TestDatabase, served: Served, headers: Record<string, string>;
  beforeAll(async () => {
    database = await openTestDatabase('postgres');
    await loadPasses(database.db, ROWS, Date.now());
    const { secret } = await createApiKey(database.db, { label: 'test', role: 'trial', defaultPurpose: 'trial' }, Date.now() - 1000);
    headers = { authorization: `Bearer ${secret}` };
    served = await startExporting(database.url ?? '');
  }, 240_000);
  afterAll(async () => {
    served?.child.kill();
    await database?.close();
  });

  it.each(['csv', 'geojson'])('as %s takes no more memory than a small one: the process stays under 200 MB', async (format) => {
    const taken = await takeAnswer(served, `/api/v1/exports/passes.${format}`, headers);
    expect(taken.bytes).toBeGreaterThan(100_000_000);
    expect(taken.end).toMatch(format === 'csv' ? /\nend,500000,+\r\n$/ : /"rows":500000,"complete":true\}\n$/);
    expect(taken.peakMb).toBeLessThan(MOST_MB);
    const told = await (await fetch(`${served.url}/api/v1/exports/${taken.id}`, { headers })).json() as { readonly sha256: string; readonly bytes: number; readonly rows: number };
    expect(told).toMatchObject({ state: 'complete', rows: ROWS, bytes: taken.bytes, sha256: taken.sha256 });
  });
});
