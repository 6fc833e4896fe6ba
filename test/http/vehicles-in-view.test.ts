import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Pass } from '../../src/pass/pass.ts';
import { removeProvisional, saveProvisional } from '../../src/store/provisional-passes.ts';
import { NOW, startTestServer, type TestServer } from '../support/http-server.ts';
import { aPass } from '../support/passes.ts';

let server: TestServer;
const purposed = { 'x-purpose': 'stolen', 'x-case-reference': 'FIR 1/26' };
const inView = async (query = ''): Promise<any> => (await server.ask(`/api/v1/vehicles-in-view${query}`, { key: 'analyst', headers: purposed })).json;
const vehicle = (cameraId: string, secondsAgo: number): Pass => aPass({ cameraId, capturedAt: NOW - 1000 * secondsAgo, rawText: 'LEC138447' });

beforeAll(async () => {
  server = await startTestServer();
  for (const [camera, ago] of [['baleli-in-1', 2], ['baleli-out-1', 9], ['baleli-in-1', 5]] as const) await saveProvisional(server.database.db, vehicle(camera, ago), NOW);
});
afterAll(() => server?.close());

describe('vehicles in view', () => {
  it('are shown longest in view first, as their passes will be, with the place of the camera', async () => {
    const { items } = await inView();
    expect(items.map((i: any) => [i.camera, i.site, i.id])).toEqual([9, 5, 2].map((ago) => {
      const camera = ago === 9 ? 'baleli-out-1' : 'baleli-in-1';
      return [camera, 'baleli', vehicle(camera, ago).id];
    }));
  });

  it('are those of one camera where it is named', async () => expect((await inView('?camera=baleli-in-1')).items).toHaveLength(2));

  it('are no more than asked for', async () => expect((await inView('?limit=1')).items.map((i: any) => i.camera)).toEqual(['baleli-out-1']));

  it('are gone once their passes are stored', async () => {
    await removeProvisional(server.database.db, [vehicle('baleli-out-1', 9).id]);
    expect((await inView()).items).toHaveLength(2);
  });

  it('are a search of movements: with a purpose, in the audit log, not for checkpoints', async () => {
    expect((await server.ask('/api/v1/vehicles-in-view', { key: 'analyst' })).json.error.code).toBe('PURPOSE_MISSING');
    expect((await server.ask('/api/v1/vehicles-in-view', { key: 'checkpoint', headers: purposed })).status).toBe(403);
  });
});
