import { createHash } from 'node:crypto';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { DATABASE_KINDS } from '../support/databases.ts';
import { frameForm, startTestServer, type TestServer } from '../support/http-server.ts';

const at = (time: string): string => `2026-11-03T${time}+05:00`;
const search = (parameters: Readonly<Record<string, string>>): string => `/api/v1/passes?${new URLSearchParams(parameters)}`;

/** Passes from 06:00 and so many minutes on, three of them in each millisecond. */
const many = (count: number, minutes: number) => Array.from({ length: count }, (_, i) => ({
  camera: 'sariab-1', capturedAt: new Date(Date.parse(at('06:00:00')) + minutes * 60_000 + Math.floor(i / 3)).toISOString(), text: `LEC13${1000 + i}`, sequence: i,
}));

describe.each(DATABASE_KINDS)('passes over HTTP (%s)', (kind) => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer({ kind });
  });
  afterAll(() => server?.close());
  beforeEach(() => server.database.clear().then(() => server.renewKeys()));

  const found = async (parameters: Readonly<Record<string, string>>): Promise<string[]> => (await server.all(search(parameters))).map((p) => p.capturedAt.slice(11, 16));

  const evidenceUrl = async (): Promise<string> => (await server.all('/api/v1/passes'))[0].evidence.url;

  describe('a report', () => {
    const report = { camera: 'baleli-in-1', capturedAt: at('06:15:02.200'), text: 'LEC138447', confidence: 0.93 };

    it('of one pass is stored, parsed, placed, and answered with its id', async () => {
      const { status, json } = await server.ask('/api/v1/passes', { method: 'POST', key: 'camera', json: report });
      expect(status).toBe(200);
      expect(json).toMatchObject({ stored: 1, repeated: 0, refused: 0, items: [{ index: 0, status: 'stored', error: null }] });
      const { json: pass } = await server.ask(`/api/v1/passes/${json.items[0].id}`);
      expect(pass).toMatchObject({
        id: json.items[0].id, camera: 'baleli-in-1', site: 'baleli', boundary: true, direction: 'in', text: 'LEC138447', mark: 'LEC-13-8447', outcome: 'mark', confidence: 0.93,
        parts: { jurisdiction: 'PB', letters: 'LEC', year: '13', number: '8447' }, evidence: null, source: 'api',
      });
    });

    it('carries three times, and the camera\'s is the one when it was seen', async () => {
      const { json } = await server.ask('/api/v1/passes', { method: 'POST', json: { ...report, capturedAt: '2026-11-03T01:15:02.2Z' } });
      const { json: pass } = await server.ask(`/api/v1/passes/${json.items[0].id}`);
      expect(pass).toMatchObject({ capturedAt: at('06:15:02.200'), receivedAt: at('12:00:00.000'), processedAt: at('12:00:00.000'), timeSource: 'camera' });
    });

    it('sent twice is stored once, in one request or in two', async () => {
      const first = await server.ask('/api/v1/passes', { method: 'POST', json: [report, report] });
      expect(first.json).toMatchObject({ stored: 1, repeated: 1 });
      const second = await server.ask('/api/v1/passes', { method: 'POST', json: report });
      expect(second.json).toMatchObject({ stored: 0, repeated: 1, items: [{ status: 'repeated', id: first.json.items[0].id }] });
      expect(await server.all('/api/v1/passes')).toHaveLength(1);
    });

    it('keeps a text that is no mark, as it was read', async () => {
      const { json } = await server.ask('/api/v1/passes', { method: 'POST', json: [{ ...report, text: 'APPLIED FOR' }, { ...report, text: '', sequence: 7 }] });
      expect(json.stored).toBe(2);
      const passes = await server.all('/api/v1/passes');
      expect(passes.map((p) => [p.outcome, p.text, p.mark]).sort()).toEqual([['applied-for', 'APPLIED FOR', null], ['no-plate', '', null]]);
    });

    it('may call the text a mark, and say which way the vehicle went', async () => {
      const { text: mark, ...rest } = report;
      const { json } = await server.ask('/api/v1/passes', { method: 'POST', json: { ...rest, mark, direction: 'out' } });
      const { json: pass } = await server.ask(`/api/v1/passes/${json.items[0].id}`);
      expect(pass).toMatchObject({ text: 'LEC138447', direction: 'out' });
    });

    const refusals: [string, Record<string, unknown>, number, string][] = [
      ['an unknown camera', { camera: 'nowhere-1' }, 422, 'CAMERA_UNKNOWN'],
      ['a time without offset', { capturedAt: '2026-11-03T06:15:02' }, 400, 'TIME_WITHOUT_OFFSET'],
      ['30 February', { capturedAt: '2026-02-30T06:15:02Z' }, 400, 'TIME_INVALID'],
      ['a time in 1970', { capturedAt: '1970-01-01T00:00:00Z' }, 422, 'TIME_IMPLAUSIBLE'],
      ['a time next year', { capturedAt: '2027-11-03T06:15:02Z' }, 422, 'TIME_IMPLAUSIBLE'],
      ['a mark of 200 characters', { text: 'A'.repeat(200) }, 400, 'MARK_INVALID'],
      ['a NUL in the text', { text: 'LEC\u0000138' }, 400, 'MARK_INVALID'],
      ['half a character in the text', { text: 'LEC\ud800' }, 400, 'MARK_INVALID'],
      ['a confidence of 93', { confidence: 93 }, 400, 'BODY_INVALID'],
      ['a confidence in words', { confidence: 'high' }, 400, 'BODY_INVALID'],
      ['no text', { text: undefined }, 400, 'BODY_INVALID'],
      ['text and mark', { mark: 'LEC138447' }, 400, 'BODY_INVALID'],
      ['a field that is not one', { colour: 'red' }, 400, 'BODY_INVALID'],
      ['a negative sequence', { sequence: -1 }, 400, 'BODY_INVALID'],
      ['an unknown direction', { direction: 'north' }, 400, 'BODY_INVALID'],
    ];

    it.each(refusals)('alone with %s is answered with its error', async (_what, fault, status, code) => {
      const answer = await server.ask('/api/v1/passes', { method: 'POST', json: { ...report, ...fault } });
      expect(answer.status).toBe(status);
      expect(answer.json.error.code).toBe(code);
      expect(await server.all('/api/v1/passes')).toEqual([]);
    });

    it('with a bad one among good ones stores the good ones and says which was bad', async () => {
      const all = refusals.flatMap(([, fault], i) => [{ ...report, capturedAt: at(`07:00:${String(i).padStart(2, '0')}`) }, { ...report, ...fault }]);
      const { status, json } = await server.ask('/api/v1/passes', { method: 'POST', json: all });
      expect(status).toBe(200);
      expect(json).toMatchObject({ stored: refusals.length, refused: refusals.length });
      expect(json.items.map((i: any) => i.index)).toEqual(all.map((_, i) => i));
      expect(json.items.filter((i: any) => i.status === 'refused').map((i: any) => i.error.code)).toEqual(refusals.map(([, , , code]) => code));
      expect(await server.all('/api/v1/passes')).toHaveLength(refusals.length);
    });

    it('comes one a line too, and a broken line does not spoil its neighbours', async () => {
      const lines = [JSON.stringify(report), '{"camera":', '', '17', JSON.stringify({ ...report, capturedAt: at('07:00:00') })].join('\r\n');
      const { json } = await server.ask('/api/v1/passes', { method: 'POST', headers: { 'content-type': 'application/x-ndjson' }, body: lines });
      expect(json).toMatchObject({ stored: 2, refused: 2 });
      expect(json.items.map((i: any) => i.error?.code ?? null)).toEqual([null, 'BODY_INVALID', 'BODY_INVALID', null]);
    });

    it('with nothing in it, or with too many, is refused whole', async () => {
      expect((await server.ask('/api/v1/passes', { method: 'POST', json: [] })).json.error.code).toBe('BODY_INVALID');
      const many = await server.ask('/api/v1/passes', { method: 'POST', json: Array.from({ length: 5001 }, () => report) });
      expect(many.json.error).toMatchObject({ code: 'BODY_INVALID', message: expect.stringContaining('5001') });
      expect(await server.all('/api/v1/passes')).toEqual([]);
    });
  });

  describe('a search', () => {
    beforeEach(() => server.report(
      { camera: 'baleli-in-1', capturedAt: at('06:00:00'), text: 'LEC138447' },
      { camera: 'sariab-1', capturedAt: at('07:00:00'), text: 'LEC138447', direction: 'unknown' },
      { camera: 'baleli-out-1', capturedAt: at('08:00:00'), text: 'LEC138447' },
      { camera: 'lak-pass-in-1', capturedAt: at('09:00:00'), text: 'BCS036' },
      { camera: 'lak-pass-in-1', capturedAt: at('10:00:00'), text: 'APPLIED FOR' },
    ));

    it.each<[string, Record<string, string>, string[]]>([
      ['nothing', {}, ['10:00', '09:00', '08:00', '07:00', '06:00']],
      ['from, inclusive', { from: at('09:00:00') }, ['10:00', '09:00']],
      ['to, exclusive', { to: at('07:00:00') }, ['06:00']],
      ['another offset', { from: '2026-11-03T04:00:00Z', to: '2026-11-03T04:00:01Z' }, ['09:00']],
      ['site', { site: 'baleli' }, ['08:00', '06:00']],
      ['camera', { camera: 'baleli-out-1' }, ['08:00']],
      ['direction', { direction: 'in' }, ['10:00', '09:00', '06:00']],
      ['outcome', { outcome: 'applied-for' }, ['10:00']],
      ['a whole mark, written anyhow', { mark: 'lec 13 8447' }, ['08:00', '07:00', '06:00']],
      ['a mark with *', { mark: 'LE*47' }, ['08:00', '07:00', '06:00']],
      ['a mark with ?', { mark: 'BCS-03?' }, ['09:00']],
      ['several at once', { mark: 'LE*', site: 'baleli', direction: 'out' }, ['08:00']],
      ['what there is not', { mark: 'ZZZ-999' }, []],
    ])('by %s', async (_by, parameters, times) => expect(await found(parameters)).toEqual(times));

    it('takes the plus of an offset as it is typed', async () => {
      const { json } = await server.ask('/api/v1/passes?from=2026-11-03T09:00:00+05:00');
      expect(json.items).toHaveLength(2);
    });

    it('says which cameras of it showed nothing then, on its first page', async () => {
      const { json } = await server.ask(search({ site: 'baleli', from: at('05:00:00'), to: at('07:30:00'), limit: '1' }));
      expect(json.camerasWithoutPasses).toEqual(['baleli-out-1']);
      const all = (await server.ask(search({ limit: '1' }))).json;
      expect(all.camerasWithoutPasses).toContain('hanna-urak-in-1');
      expect(all.camerasWithoutPasses).not.toContain('sariab-1');
      expect((await server.ask(search({ limit: '1', cursor: all.next }))).json.camerasWithoutPasses).toBeNull();
    });

    it.each<[string, Record<string, string>, number, string, RegExp]>([
      ['a parameter that is not one', { plate: 'LEC' }, 400, 'REQUEST_INVALID', /"plate".*known: from, to, site, camera, direction, outcome, class, markClass, mark, disagree, like, limit, cursor/],
      ['an unknown site', { site: 'balelli' }, 400, 'REQUEST_INVALID', /balelli/],
      ['an unknown camera', { camera: 'baleli' }, 422, 'CAMERA_UNKNOWN', /baleli/],
      ['an unknown direction', { direction: 'north' }, 400, 'REQUEST_INVALID', /direction/],
      ['a time without offset', { from: '2026-11-03T06:00:00' }, 400, 'TIME_WITHOUT_OFFSET', /from/],
      ['a date alone', { to: '2026-11-03' }, 400, 'TIME_INVALID', /to/],
      ['a period that ends before it begins', { from: at('09:00:00'), to: at('08:00:00') }, 400, 'REQUEST_INVALID', /before/],
      ['limit 0', { limit: '0' }, 400, 'REQUEST_INVALID', /limit.*1 to 1000/],
      ['limit 1001', { limit: '1001' }, 400, 'REQUEST_INVALID', /limit.*1 to 1000/],
      ['limit 1.5', { limit: '1.5' }, 400, 'REQUEST_INVALID', /limit/],
      ['a mark of 200 characters', { mark: 'A'.repeat(200) }, 400, 'MARK_INVALID', /200/],
      ['a mark of wildcards alone', { mark: '**?' }, 400, 'MARK_INVALID', /letter/],
      ['an empty mark', { mark: '' }, 400, 'MARK_INVALID', /empty/],
      ['a cursor of nobody', { cursor: 'abc' }, 400, 'CURSOR_INVALID', /cursor/],
    ])('with %s is refused', async (_what, parameters, status, code, message) => {
      const answer = await server.ask(search(parameters));
      expect(answer.status).toBe(status);
      expect(answer.json.error.code).toBe(code);
      expect(answer.json.error.message).toMatch(message);
    });

    it('refuses a cursor under other filters than it was given for', async () => {
      const { json } = await server.ask(search({ limit: '1' }));
      expect((await server.ask(search({ limit: '1', site: 'baleli', cursor: json.next }))).json.error.code).toBe('CURSOR_INVALID');
    });

    it('finds no pass under an id that is none', async () => {
      for (const id of ['nothing', '0mhb1abcd-0000000000000000', '%00', 'x'.repeat(100), "'; drop table passes; --"]) {
        const { status, json } = await server.ask(`/api/v1/passes/${encodeURIComponent(id)}`);
        expect([status, json.error.code]).toEqual([404, 'PASS_NOT_FOUND']);
      }
    });
  });

  describe('paging', () => {
    it.each([1, 7, 50, 120, 1000])('%d a page shows every pass once, those of one instant too', async (limit) => {
      await server.report(...many(120, 0));
      const passes = await server.all(search({ limit: String(limit) }));
      expect(passes).toHaveLength(120);
      expect(new Set(passes.map((p) => p.id)).size).toBe(120);
      const times = passes.map((p) => p.capturedAt);
      expect(times).toEqual(times.toSorted().toReversed());
    });

    it('shows every pass that was there once, while others arrive before, between and after', async () => {
      await server.report(...many(60, 10));
      const there = new Set((await server.all('/api/v1/passes')).map((p) => p.id));
      const shown: string[] = [];
      let path = search({ limit: '9' });
      for (let n = 0; path !== ''; n++) {
        const { json } = await server.ask(path);
        shown.push(...json.items.map((p: any) => p.id));
        await server.report(...many(2, 20 + n), ...many(2, 9 - (n % 9)).map((p) => ({ ...p, sequence: p.sequence + 1000 * (n + 1), text: `LED13${2000 + n * 10 + p.sequence}` })));
        path = json.next ? search({ limit: '9', cursor: json.next }) : '';
        if (n > 40) break;
      }
      expect(new Set(shown).size).toBe(shown.length);
      expect([...there].filter((id) => !shown.includes(id))).toEqual([]);
    });
  });

  describe('evidence', () => {
    const bytes = Buffer.concat([Buffer.from('LEC138447\n'), Buffer.from(Array.from({ length: 3000 }, (_, i) => (i * 7) % 256))]);
    const sha256 = createHash('sha256').update(bytes).digest('hex');

    beforeEach(async () => {
      await server.ask('/api/v1/frames', { method: 'POST', body: frameForm(bytes, { camera: 'baleli-in-1', capturedAt: at('06:15:02.200') }) });
      await server.services.engine.drain();
    });

    it('is the very picture that was sent, with its SHA-256 as the ETag', async () => {
      const { status, headers, bytes: given } = await server.ask(await evidenceUrl());
      expect(status).toBe(200);
      expect(given.equals(bytes)).toBe(true);
      expect(headers.get('etag')).toBe(`"${sha256}"`);
      expect(headers.get('content-type')).toBe('image/jpeg');
      expect(headers.get('content-length')).toBe(String(bytes.length));
      expect(headers.get('cache-control')).toMatch(/private/);
    });

    it('is not sent again to one who has it', async () => {
      for (const tag of [`"${sha256}"`, `W/"${sha256}"`, `"other", "${sha256}"`]) {
        const { status, bytes: given, headers } = await server.ask(await evidenceUrl(), { headers: { 'if-none-match': tag } });
        expect([status, given.length, headers.get('etag')]).toEqual([304, 0, `"${sha256}"`]);
      }
      expect((await server.ask(await evidenceUrl(), { headers: { 'if-none-match': '"other"' } })).status).toBe(200);
    });

    it('comes as headers alone to HEAD', async () => {
      const { status, headers, bytes: given } = await server.ask(await evidenceUrl(), { method: 'HEAD' });
      expect([status, given.length, headers.get('content-length')]).toEqual([200, 0, String(bytes.length)]);
    });

    it('that was changed on the disk is never shown', async () => {
      const url = await evidenceUrl();
      const folder = join(server.dataDir, 'evidence');
      const file = (await readdir(folder, { recursive: true })).find((f) => f.includes(sha256)) as string;
      const kept = await readFile(join(folder, file));
      await writeFile(join(folder, file), Buffer.concat([kept.subarray(0, -1), Buffer.from([0])]));
      const { status, json } = await server.ask(url);
      await writeFile(join(folder, file), kept);
      expect([status, json.error.code]).toEqual([500, 'EVIDENCE_DAMAGED']);
      expect((await server.ask(url)).status).toBe(200);
    });

    it('is said to be missing for a pass without one, and for a pass that is not there', async () => {
      const { json } = await server.ask('/api/v1/passes', { method: 'POST', json: { camera: 'sariab-1', capturedAt: at('07:00:00'), text: 'BCS036', confidence: 1 } });
      expect((await server.ask(`/api/v1/passes/${json.items[0].id}/evidence`)).json.error.code).toBe('EVIDENCE_NOT_FOUND');
      expect((await server.ask('/api/v1/passes/none/evidence')).json.error.code).toBe('PASS_NOT_FOUND');
    });
  });
});
