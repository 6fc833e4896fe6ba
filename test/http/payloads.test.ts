import { createHash } from 'node:crypto';
import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { VENDORS, type Vendor } from '../../src/camera/vendor-event.ts';
import { rowsOf } from '../../src/store/query.ts';
import { DATABASE_KINDS } from '../support/databases.ts';
import { NOW, startTestServer, type Answered, type TestServer } from '../support/http-server.ts';
import { payloadBody } from '../support/vendor-payloads.ts';
import { hikvisionPush, markedVision, type Push, type Pushed } from '../support/vendor-pushes.ts';

const CAMERA = 'lak-pass-in-1', ROUTE = (vendor: string, camera = CAMERA) => `/api/v1/cameras/${camera}/payloads/${vendor}`;

describe.each(DATABASE_KINDS)('what other cameras push (%s)', (kind) => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer({ kind, vision: markedVision(), env: { DARWAZA_RATE_PER_MINUTE: '1000000' } });
  });
  afterAll(() => server?.close());

  const push = (vendor: Vendor, { contentType, body }: Push | { contentType: string; body: Buffer }, camera = CAMERA): Promise<Answered> =>
    server.ask(ROUTE(vendor, camera), { method: 'POST', key: 'camera', body: new Uint8Array(body), headers: { 'content-type': contentType } });
  const pushed = (given: Pushed, camera = CAMERA) => push('hikvision', hikvisionPush(given), camera);
  const passesAt = async (camera: string): Promise<any[]> => server.all(`/api/v1/passes?camera=${camera}`);
  const count = async (table: string): Promise<number> => {
    const [row] = await rowsOf<{ n: number }>(server.database.db.orm, sql`select count(*)::integer as n from ${sql.identifier(table)}`);
    return row?.n ?? -1;
  };

  it('becomes a pass with the camera\'s own reading, its picture unaltered, and where it was seen', async () => {
    const sent = hikvisionPush({ uuid: 'first', text: 'LEC138447' }), { status, json } = await push('hikvision', sent);
    expect(status).toBe(200);
    expect(json).toEqual({ payload: expect.stringMatching(/^m_/), outcome: 'accepted', what: null, passes: [{ id: expect.any(String), repeated: false }] });
    const { json: pass } = await server.ask(`/api/v1/passes/${json.passes[0].id}`);
    expect(pass).toMatchObject({
      camera: CAMERA, text: 'LEC138447', mark: 'LEC-13-8447', source: 'hikvision', confidence: 0.96, capturedAt: '2026-11-03T11:59:58.200+05:00', direction: 'in', outcome: 'mark',
      evidence: { mediaType: 'image/jpeg', width: 640, height: 360 }, vehicle: { class: 'car', colour: 'white' },
    });
    const { bytes } = await server.ask(`/api/v1/passes/${json.passes[0].id}/evidence`);
    expect(sent.body.includes(bytes)).toBe(true);
    expect(createHash('sha256').update(bytes).digest('hex')).toBe(pass.evidence.sha256);
  });

  it('is read by our own reader too, and both readings are shown', async () => {
    const { json } = await pushed({ uuid: 'agreeing', text: 'QAA1234', at: '2026-11-03T11:50:00+05:00' });
    await server.payloads.readings.settled();
    const { json: pass } = await server.ask(`/api/v1/passes/${json.passes[0].id}`);
    expect(pass.disagrees).toBe(false);
    expect(pass.readings).toEqual([
      { reader: 'hikvision', text: 'QAA1234', mark: pass.mark, confidence: 0.96, readAt: expect.any(String) }, { reader: 'darwaza', text: 'QAA1234', mark: pass.mark, confidence: 0.9, readAt: expect.any(String) },
    ]);
  });

  it('that our reader reads otherwise is shown as such, can be asked for, and is counted by camera', async () => {
    const from = '2026-11-03T11:40:00+05:00', { json } = await pushed({ uuid: 'wrong', text: 'LEC138441', seen: 'LEC138447', at: from }, 'baleli-in-1');
    await pushed({ uuid: 'right', text: 'LEB174201', at: from }, 'baleli-in-1');
    await server.payloads.readings.settled();
    const { json: pass } = await server.ask(`/api/v1/passes/${json.passes[0].id}`);
    expect(pass).toMatchObject({ text: 'LEC138441', disagrees: true, readings: [{ reader: 'hikvision', text: 'LEC138441' }, { reader: 'darwaza', text: 'LEC138447' }] });
    const { json: page } = await server.ask('/api/v1/passes?disagree=true&camera=baleli-in-1');
    expect(page.items.map((item: any) => item.id)).toEqual([pass.id]);
    expect((await server.ask('/api/v1/passes?disagree=true&mark=LE*')).json.items.map((item: any) => item.id)).toEqual([pass.id]);
    expect((await server.ask('/api/v1/cameras/baleli-in-1/health', { key: 'operator' })).json.readings).toEqual({ compared: 2, disagreed: 1 });
  });

  it('without a picture of the plate is read in the whole picture', async () => {
    const { json } = await pushed({ uuid: 'whole', text: 'BHT739', seen: null, scene: 'BHT739', at: '2026-11-03T11:30:00+05:00' });
    await server.payloads.readings.settled();
    expect((await server.ask(`/api/v1/passes/${json.passes[0].id}`)).json.readings.map((r: any) => r.text)).toEqual(['BHT739', 'BHT739']);
  });

  it('fifty times at once is one pass, one row and one message', async () => {
    const [before, vehicles, messages] = [await passesAt('baleli-out-1'), await count('reported_vehicles'), await count('payloads')];
    const answers = await Promise.all(Array.from({ length: 50 }, (_, i) => push('hikvision', hikvisionPush({ uuid: 'fifty' }, `b${i}`), 'baleli-out-1')));
    expect(new Set(answers.map((a) => a.status))).toEqual(new Set([200]));
    expect(new Set(answers.map((a) => a.json.passes[0].id)).size).toBe(1);
    expect(answers.filter((a) => !a.json.passes[0].repeated)).toHaveLength(1);
    expect(await passesAt('baleli-out-1')).toHaveLength(before.length + 1);
    expect([await count('reported_vehicles'), await count('payloads')]).toEqual([vehicles + 1, messages + 1]);
    expect((await server.ask('/api/v1/payloads?camera=baleli-out-1')).json.items[0]).toMatchObject({ deliveries: 50, outcome: 'accepted', passes: [answers[0]?.json.passes[0].id] });
  });

  it('again minutes later, with the same event or the same time and text, is no new pass', async () => {
    const first = await pushed({ uuid: 'again', at: '2026-11-03T11:20:00+05:00', text: 'AFR2020' });
    server.time.now = NOW + 7 * 60_000;
    const reposted = await pushed({ uuid: 'again', at: '2026-11-03T11:20:00+05:00', text: 'AFR2020', seen: null });
    const unnamed = await pushed({ uuid: null, at: '2026-11-03T11:20:00+05:00', text: 'AFR2020' }), later = await pushed({ uuid: 'again-2', at: '2026-11-03T11:21:00+05:00', text: 'AFR2020' });
    server.time.now = NOW;
    expect([reposted, unnamed].map((a) => [a.json.outcome, a.json.passes])).toEqual([['repeated', [{ id: first.json.passes[0].id, repeated: true }]], ['repeated', [{ id: first.json.passes[0].id, repeated: true }]]]);
    expect(later.json).toMatchObject({ outcome: 'accepted', passes: [{ repeated: false }] });
  });

  it('two hundred at once from many cameras are two hundred passes, one each', async () => {
    const before = await count('passes'), cameras = ['baleli-in-1', 'baleli-out-1', CAMERA, 'lak-pass-out-1'];
    const answers = await Promise.all(Array.from({ length: 200 }, (_, i) => pushed({ uuid: `crowd-${i}`, text: `LEA${1000 + i}`, at: `2026-11-03T10:${String(i % 60).padStart(2, '0')}:00+05:00` }, cameras[i % 4])));
    expect(answers.filter((a) => a.status !== 200 || a.json.outcome !== 'accepted')).toEqual([]);
    expect(await count('passes')).toBe(before + 200);
    expect(await rowsOf(server.database.db.orm, sql`select 1 as one from reported_vehicles where recorded_at is null`)).toEqual([]);
  }, 60_000);

  it('of an Axis camera tells a vehicle in view first, which is a pass when it is lost', async () => {
    const seen = await push('axis', payloadBody('axis', 'new'), 'lak-pass-out-1'), lost = await push('axis', payloadBody('axis', 'lost'), 'lak-pass-out-1'), again = await push('axis', payloadBody('axis', 'update'), 'lak-pass-out-1');
    expect(seen.json).toMatchObject({ outcome: 'accepted', passes: [] });
    expect(lost.json).toMatchObject({ outcome: 'accepted', passes: [{ repeated: false }] });
    expect(again.json).toMatchObject({ outcome: 'repeated', passes: [{ id: lost.json.passes[0].id }] });
  });

  it.each(VENDORS.filter((v) => v !== 'onvif'))('of %s is answered as its cameras expect', async (vendor) => {
    const name = { hikvision: 'normal', dahua: 'tollgate', axis: 'lost', rekor: 'group', 'plate-recognizer': 'normal', fiware: 'normalized' }[vendor as string] as string;
    const { status, json } = await push(vendor, payloadBody(vendor, name), 'lak-pass-out-1');
    expect([status, json?.error?.message]).toEqual([200, undefined]);
    expect(json.Result).toBe(vendor === 'dahua' ? true : undefined);
  });

  it.each([['dahua', 'keep-alive'], ['hikvision', 'heartbeat'], ['hikvision', 'motion'], ['axis', 'heartbeat'], ['rekor', 'heartbeat']] as const)('that holds no vehicle is taken and is no pass: %s %s', async (vendor, name) => {
    const before = await count('passes'), { status, json } = await push(vendor, payloadBody(vendor, name));
    expect([status, json.outcome, json.passes]).toEqual([200, 'other', []]);
    expect(json.what).toEqual(expect.any(String));
    expect(await count('passes')).toBe(before);
  });

  it('that cannot be read is refused with all that is wrong, and kept', async () => {
    const { status, json } = await push('hikvision', payloadBody('hikvision', 'broken'));
    expect([status, json.error.code]).toEqual([422, 'PAYLOAD_REFUSED']);
    expect(json.error.message).toMatch(/dateTime: .*no time; ANPR\.licensePlate: .*; ANPR\.confidenceLevel: .* It is kept as m_\w+/);
    const { json: page } = await server.ask('/api/v1/payloads?outcome=refused&vendor=hikvision', { key: 'operator' });
    expect((await server.ask(`/api/v1/cameras/${CAMERA}/health`, { key: 'operator' })).json.lastDay.refused.PAYLOAD_REFUSED).toBeGreaterThan(0);
    expect(page.items[0]).toMatchObject({ camera: CAMERA, outcome: 'refused', faults: expect.arrayContaining([{ path: 'dateTime', message: expect.any(String) }]), passes: [] });
  });

  it('again and again is refused again and again, and kept some of the time', async () => {
    const before = await count('payloads');
    const answers = await Promise.all(Array.from({ length: 150 }, (_, i) => push('rekor', { contentType: 'application/json', body: Buffer.from(`{"data_type": "alpr_group", "no": ${i}}`) }, 'lak-pass-out-1')));
    expect(new Set(answers.map((a) => a.status))).toEqual(new Set([422]));
    expect(await count('payloads')).toBe(before + 120);
    expect(answers.filter((a) => /It is not kept/.test(a.json.error.message))).toHaveLength(30);
  }, 30_000);

  it('from a camera that nobody knows, or in nobody\'s form, is refused', async () => {
    expect((await pushed({}, 'nowhere-1')).json.error).toMatchObject({ code: 'CAMERA_UNKNOWN' });
    expect((await server.ask(ROUTE('acme'), { method: 'POST', key: 'camera', body: '{}', headers: { 'content-type': 'application/json' } })).json.error.code).toBe('REQUEST_INVALID');
  });

  it('from before anything that is kept, or from tomorrow, is no pass', async () => {
    const { status, json } = await pushed({ uuid: 'old', at: '1970-01-01T00:00:09Z' });
    expect([status, json.error.code]).toEqual([422, 'PAYLOAD_REFUSED']);
    expect(json.error.message).toMatch(/Check the clock of the camera/);
  });

  describe('by a key', () => {
    const basic = (secret: string) => ({ authorization: `Basic ${Buffer.from(`camera:${secret}`).toString('base64')}` });
    const sent = hikvisionPush({ uuid: 'by-password', at: '2026-11-03T11:10:00+05:00' });
    const ask = (headers: Record<string, string>, path = ROUTE('hikvision')) => server.ask(path, { method: 'POST', key: null, body: sent.body, headers: { 'content-type': sent.contentType, ...headers } });

    it('as the password of HTTP Basic is taken, under any name', async () => expect((await ask(basic(server.keys.camera))).status).toBe(200));

    it('that is missing or wrong is asked for in both ways', async () => {
      const [missing, wrong] = [await ask({}), await ask(basic('dz_wrong_wrong_wrong_wrong'))];
      expect([missing, wrong].map((a) => [a.status, a.json.error.code])).toEqual([[401, 'KEY_MISSING'], [401, 'KEY_INVALID']]);
      expect(missing.headers.get('www-authenticate')).toBe('Bearer realm="darwaza", Basic realm="darwaza", charset="UTF-8"');
    });

    it('of a person who may send nothing is refused', async () => expect((await ask(basic(server.keys.analyst))).json.error.code).toBe('PERMISSION_MISSING'));

    it('in the address is refused, and is in no answer', async () => {
      const { status, json } = await ask({}, `${ROUTE('hikvision')}?key=${server.keys.camera}`);
      expect([status, json.error.code]).toEqual([401, 'KEY_MISSING']);
      const known = await ask(basic(server.keys.camera), `${ROUTE('hikvision')}?key=abc`);
      expect(known.json.error.message).toMatch(/no query parameter "key"/);
    });

    it('as a password opens no search: a browser would send it along by itself', async () => {
      const { json, headers } = await server.ask('/api/v1/passes', { key: null, headers: basic(server.keys.trial) });
      expect(json.error.code).toBe('KEY_INVALID');
      expect(headers.get('www-authenticate')).not.toMatch(/Basic/);
    });
  });
});
