import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openTroubles, closeTroubles } from '../../src/store/camera-troubles.ts';
import { rowsOf } from '../../src/store/query.ts';
import { frameForm, NOW, startTestServer, type Answered, type TestServer } from '../support/http-server.ts';
import { HOUR, MINUTE } from '../support/passes.ts';

const CAMERA = 'baleli-in-1', PURPOSE = { 'x-purpose': 'maintenance', 'x-case-reference': 'test 1' };
let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server?.close());
beforeEach(async () => {
  server.time.now = NOW;
  // What one test counts must not reach the next.
  await server.services.health.flush();
  await server.services.clocks.flush();
  await server.database.clear();
  await server.renewKeys();
});

const pkt = (at: number): string => `${new Date(at + 5 * HOUR).toISOString().slice(0, -1)}+05:00`;
const frame = (at: number, text = 'LEC138447', camera = CAMERA): Promise<Answered> => server.ask('/api/v1/frames', { method: 'POST', key: 'camera', body: frameForm(text, { camera, capturedAt: pkt(at) }) });
const health = async (camera = CAMERA) => (await server.ask(`/api/v1/cameras/${camera}/health`, { key: 'operator' })).json;

describe('GET /cameras/{id}/health', () => {
  it('says of a camera that never sent anything just that', async () => {
    expect(await health()).toMatchObject({ camera: CAMERA, site: 'baleli', state: 'never', troubles: [], lastFrameAt: null, lastPassAt: null, lastDay: { frames: 0, passes: 0, readShare: null }, hours: [], clock: null, stream: null, plates: { count: 0, grade: null } });
  });

  it('tells what came a moment ago: frames, passes, refusals by code, and hour by hour', async () => {
    await frame(NOW);
    await server.services.engine.drain();
    expect((await frame(NOW + 1_000, '')).status).toBe(422);
    await server.ask('/api/v1/passes', { method: 'POST', json: { camera: CAMERA, capturedAt: pkt(NOW - 60 * 366 * 24 * HOUR), text: 'LEC138447', confidence: 0.9 } });
    const answer = await health();
    expect(answer).toMatchObject({ state: 'working', lastFrameAt: pkt(NOW), lastPassAt: pkt(NOW), lastDay: { frames: 1, passes: 1, read: 1, readShare: 1, refused: { PICTURE_EMPTY: 1, TIME_IMPLAUSIBLE: 1 } } });
    expect(answer.hours).toMatchObject([{ hour: pkt(NOW), frames: 1, passes: 1 }]);
    await server.services.health.flush();
    expect((await health()).lastDay).toEqual(answer.lastDay);
  });

  it('tells how the last hour compares with what is usual in it', async () => {
    await rowsOf(server.database.db.orm, sql`
      insert into camera_hours (hour, passes, marks, camera_id) select ${new Date(NOW - HOUR).toISOString()}::timestamptz - w * interval '7 days', 30 + w, 0, ${CAMERA} from generate_series(0, 4) as w
    `);
    expect((await health()).lastHour).toEqual({ passes: 30, usual: 33 });
  });

  it('refuses a camera that the register does not know, and who may not see cameras', async () => {
    expect((await server.ask('/api/v1/cameras/no-such/health')).json.error.code).toBe('CAMERA_UNKNOWN');
    expect((await server.ask(`/api/v1/cameras/${CAMERA}/health`, { key: 'auditor' })).status).toBe(403);
  });
});

describe('GET /cameras/health', () => {
  it('has every camera in service, and those of a site or a state', async () => {
    await frame(NOW);
    const all = (await server.ask('/api/v1/cameras/health', { key: 'operator' })).json.items as { camera: string; state: string }[];
    expect(all.map((c) => c.camera)).toEqual([...new Set(server.services.register.cameras.map((c) => c.id))].sort());
    expect((await server.all('/api/v1/cameras/health?state=working')).map((c) => c.camera)).toEqual([CAMERA]);
    expect((await server.all('/api/v1/cameras/health?state=never')).length).toBe(all.length - 1);
    expect((await server.all('/api/v1/cameras/health?site=sariab')).every((c) => c.site === 'sariab')).toBe(true);
    expect((await server.ask('/api/v1/cameras/health?site=nowhere')).status).toBe(400);
  });

  it('shows what stands against a camera; what has ended only in its own answer', async () => {
    await frame(NOW);
    const trouble = { cameraId: CAMERA, noticedAt: NOW - HOUR, since: NOW - 2 * HOUR };
    await openTroubles(server.database.db, [{ ...trouble, kind: 'blind', message: 'Its picture is black.' }, { ...trouble, kind: 'clock', message: 'Its clock is 9 s slow.' }]);
    await closeTroubles(server.database.db, [{ cameraId: CAMERA, kind: 'clock', until: NOW }]);
    const [shown] = await server.all('/api/v1/cameras/health?state=blind');
    expect(shown.troubles).toEqual([{ kind: 'blind', since: pkt(NOW - 2 * HOUR), noticedAt: pkt(NOW - HOUR), until: null, message: 'Its picture is black.' }]);
    expect((await health()).troublesLately.map((t: { kind: string }) => t.kind)).toEqual(['blind', 'clock']);
    expect((await server.ask('/api/v1/alarms', { key: 'operator' })).json.items).toMatchObject([{ kind: 'camera-blind', subject: CAMERA, message: `Camera ${CAMERA}: Its picture is black.` }]);
  });
});

describe('the clock of a camera', () => {
  it('is measured by every frame that is pushed, and by a pass that comes at once, but by no batch of the past', async () => {
    await frame(NOW - 300, 'LEC138447', 'spezand-out-1');
    expect((await server.ask('/api/v1/cameras/spezand-out-1/clock', { key: 'operator' })).json.items).toMatchObject([{ offsetSeconds: 0.3, settled: true, correctionSeconds: null, flagged: false, source: 'frame', measuredAt: pkt(NOW) }]);
    await server.report({ camera: 'lak-pass-out-1', capturedAt: pkt(NOW + 9_000), text: 'LEB174201' });
    await server.report({ camera: 'hanna-urak-in-1', capturedAt: pkt(NOW - 3 * HOUR), text: 'LEB174201' });
    expect((await server.ask('/api/v1/cameras/lak-pass-out-1/clock')).json.items).toMatchObject([{ offsetSeconds: -9, flagged: true, source: 'push' }]);
    expect((await server.ask('/api/v1/cameras/hanna-urak-in-1/clock')).json.items).toEqual([]);
  });

  it('in a wrong year is seen though its frames are refused', async () => {
    expect((await frame(Date.parse('1970-01-01T00:05:00Z'), 'LEC138447', 'lak-pass-in-1')).json.error.code).toBe('TIME_IMPLAUSIBLE');
    expect(await health('lak-pass-in-1')).toMatchObject({ clock: { flagged: true, source: 'frame' }, lastDay: { refused: { TIME_IMPLAUSIBLE: 1 } } });
  });

  it('corrects the time of frames once it is proved, and the pass says by how much; a pass of another system is left as it is', async () => {
    const slow = 90_000, clocks = server.services.clocks;
    for (let at = NOW - 15 * MINUTE; at < NOW; at += 10_000) clocks.measured('sariab-1', at - slow, at + 200, 'frame');
    await frame(NOW - slow, 'LEB174201', 'sariab-1');
    await server.services.engine.drain();
    const [pass] = (await server.ask('/api/v1/passes?camera=sariab-1')).json.items;
    expect(pass).toMatchObject({ capturedAt: pkt(NOW + clocks.correct('sariab-1', 0, NOW * 2).capturedAt - slow), clockCorrectionSeconds: 90.2, movement: 'unknown', evidenceAt: null });
    await server.report({ camera: 'sariab-1', capturedAt: pkt(NOW - 30_000), text: 'ABC1234' });
    const reported = (await server.all('/api/v1/passes?camera=sariab-1')).find((p) => p.text === 'ABC1234');
    expect(reported).toMatchObject({ capturedAt: pkt(NOW - 30_000), clockCorrectionSeconds: null });
  });

  it('has a history that is asked for by time', async () => {
    const clocks = server.services.clocks;
    for (let at = NOW; at < NOW + 3 * HOUR; at += 5 * MINUTE) {
      server.time.now = at;
      clocks.measured('airport-road-1', at, at + 150, 'push');
    }
    const asked = async (query: string): Promise<number> => (await server.ask(`/api/v1/cameras/airport-road-1/clock?${query}`)).json.items?.length;
    expect(await asked('')).toBe(3);
    expect(await asked(`from=${encodeURIComponent(pkt(NOW + HOUR))}&limit=1`)).toBe(1);
    expect((await server.ask('/api/v1/cameras/airport-road-1/clock?from=2026-11-03T06:00:00')).json.error.code).toBe('TIME_WITHOUT_OFFSET');
  });
});

describe('times', () => {
  it.each(['frames', 'passes'])('without an offset from UTC are refused: %s', async (what) => {
    const capturedAt = '2026-11-03T11:59:00';
    const { json } = what === 'frames' ? await server.ask('/api/v1/frames', { method: 'POST', body: frameForm('LEC138447', { camera: CAMERA, capturedAt }) })
      : await server.ask('/api/v1/passes', { method: 'POST', json: { camera: CAMERA, capturedAt, text: 'LEC138447', confidence: 0.9 } });
    expect(json.error.code).toBe('TIME_WITHOUT_OFFSET');
  });

  it.each([['summer', '2026-07-01T06:00:00Z', '2026-07-01T11:00:00.000+05:00'], ['winter', '2026-01-01T11:00:00+05:00', '2026-01-01T11:00:00.000+05:00'], ['another zone', '2026-10-25T02:30:00+02:00', '2026-10-25T05:30:00.000+05:00']])(
    'are shown in Pakistan\'s time, which is UTC+05:00 all year, and stored in UTC: %s', async (_, given, shown) => {
      await server.report({ camera: CAMERA, capturedAt: given, text: 'LEC138447' });
      expect((await server.ask(`/api/v1/passes?camera=${CAMERA}`)).json.items).toMatchObject([{ capturedAt: shown }]);
      expect(await rowsOf(server.database.db.orm, sql`select to_char(captured_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as at from passes`)).toEqual([{ at: new Date(given).toISOString().replace('.000', '') }]);
    });
});

describe('what was not seen', () => {
  it('is answered with the times in which cameras were silent or blind, and why', async () => {
    await server.report({ camera: CAMERA, capturedAt: pkt(NOW - 5 * MINUTE), text: 'LEC138447' });
    const trouble = { cameraId: CAMERA, kind: 'blind' as const, since: NOW - 3 * HOUR, noticedAt: NOW - 3 * HOUR, message: 'It shows another scene than it did.' };
    await openTroubles(server.database.db, [trouble, { ...trouble, kind: 'reading', message: 'It read 20 %.' }]);
    await closeTroubles(server.database.db, [{ cameraId: CAMERA, kind: 'blind', until: NOW - 2 * HOUR }]);
    const down = async (query: string): Promise<unknown> => (await server.ask(`/api/v1/passes?camera=${CAMERA}&${query}`, { key: 'analyst', headers: PURPOSE })).json.camerasDown;
    expect(await down('')).toEqual([{ camera: CAMERA, from: pkt(NOW - 3 * HOUR), to: pkt(NOW - 2 * HOUR), reason: 'blind', message: 'It shows another scene than it did.' }]);
    expect(await down(`from=${encodeURIComponent(pkt(NOW - HOUR))}`)).toEqual([]);
    expect((await server.ask('/api/v1/marks/LEB-17-4201/timeline', { key: 'analyst', headers: PURPOSE })).status).toBe(200);
  });

  it('names a silence once, with the reason that was noticed, where the missing passes show it too', async () => {
    await rowsOf(server.database.db.orm, sql`
      insert into camera_days (day, hours, busy_hours, camera_id) select date_trunc('day', ${new Date(NOW).toISOString()}::timestamptz, 'UTC') - d * interval '1 day', 16777215, 16777215, ${CAMERA} from generate_series(1, 28) as d
    `);
    await server.report({ camera: CAMERA, capturedAt: pkt(NOW - 3 * HOUR), text: 'LEC138447' });
    await openTroubles(server.database.db, [{ cameraId: CAMERA, kind: 'silent', since: NOW - 3 * HOUR, noticedAt: NOW - 2 * HOUR, message: 'No frame came for 3 h (connection refused).' }]);
    const { camerasDown } = (await server.ask(`/api/v1/passes?camera=${CAMERA}&from=${encodeURIComponent(pkt(NOW - 3 * HOUR))}`)).json;
    expect(camerasDown).toEqual([{ camera: CAMERA, from: pkt(NOW - 3 * HOUR), to: null, reason: 'silent', message: 'No frame came for 3 h (connection refused).' }]);
  });
});

describe('/metrics', () => {
  it('has a few series of each camera, and the number in each state and trouble', async () => {
    await frame(NOW - 200);
    await server.services.engine.drain();
    await openTroubles(server.database.db, [{ cameraId: CAMERA, kind: 'blind', since: NOW - HOUR, noticedAt: NOW, message: 'Its picture is white.' }]);
    server.services.clocks.measured('spezand-in-1', NOW - 200, NOW, 'push');
    const text = (await server.ask('/metrics', { key: 'operator' })).bytes.toString(), cameras = new Set(server.services.register.cameras.map((c) => c.id)).size;
    for (const line of [
      'darwaza_cameras{state="blind"} 1', `darwaza_cameras{state="never"} ${cameras - 1}`, 'darwaza_camera_troubles{kind="blind"} 1', 'darwaza_camera_troubles{kind="silent"} 0',
      `darwaza_camera_last_frame_timestamp_seconds{camera="${CAMERA}"} ${NOW / 1000}`, 'darwaza_camera_clock_offset_seconds{camera="spezand-in-1"} 0.2', 'darwaza_alarms{kind="camera-blind"} 1',
    ]) expect(text).toContain(line);
    expect(text).toMatch(new RegExp(`darwaza_camera_passes_total\\{camera="${CAMERA}"\\} [1-9]`));
    // A camera that never sent anything makes no series.
    expect(text).not.toContain('camera="hazarganji-1"');
  });
});

describe('findings', () => {
  it('say from which cameras no speed is told', async () => {
    await rowsOf(server.database.db.orm, sql`
      insert into camera_clocks (at, offset_ms, spread_ms, settled, camera_id, source) values
        (${new Date(NOW - HOUR).toISOString()}::timestamptz, 9000, 20, true, 'sariab-1', 'push'), (${new Date(NOW - HOUR).toISOString()}::timestamptz, 300, 20, true, ${CAMERA}, 'push')
    `);
    expect((await server.ask('/api/v1/findings')).json).toMatchObject({ items: [], camerasWithoutSpeed: ['sariab-1'] });
  });
});
