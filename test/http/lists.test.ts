import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createApiKey } from '../../src/store/api-keys.ts';
import { listAudit } from '../../src/store/audit-log.ts';
import { NOW, startTestServer, type Answered, type Asked, type TestServer } from '../support/http-server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server?.close());
beforeEach(async () => {
  server.time.now = NOW;
  await server.database.clear();
  await server.renewKeys();
  // A matcher that saw no lists holds none: versions begin anew here, which they never do in life.
  await hitsOf('ZZZ999');
});

const HEADER = 'mark,kind,reason,owner,action,expires', HOUR = 3_600_000, DAY = 24 * HOUR;
const SEARCH = { headers: { 'x-purpose': 'stolen', 'x-case-reference': 'FIR 1' } };
const importRows = (marks: readonly string[], list = 'stolen'): Promise<Answered> =>
  server.ask(`/api/v1/lists/${list}`, { method: 'POST', headers: { 'content-type': 'text/csv' }, body: [HEADER, ...marks.map((m) => `${m},stolen,FIR 1/26,CTD,stop,`)].join('\n') });
const put = (list: string, settings: object, asked: Asked = {}): Promise<Answered> => server.ask(`/api/v1/lists/${list}`, { method: 'PUT', json: settings, ...asked });
const post = (path: string, json?: object, asked: Asked = {}): Promise<Answered> => server.ask(`/api/v1/lists/${path}`, { method: 'POST', ...(json && { json }), ...SEARCH, ...asked });
const get = (path: string, asked: Asked = {}): Promise<Answered> => server.ask(`/api/v1/lists${path}`, { ...SEARCH, ...asked });
const NEW = { mark: 'LEC-13-8447', kind: 'stolen', action: 'stop', owner: 'Quetta Police', reason: 'Snatched on Sariab Road', expires: '2026-11-10' };
const add = (entry: object = {}, asked: Asked = {}, list = 'stolen'): Promise<Answered> => post(`${list}/entries`, { ...NEW, ...entry }, { key: 'checkpoint', ...asked });
const entriesOf = async (query = ''): Promise<any[]> => (await get(`/stolen/entries${query}`)).json.items;
const hitsOf = async (text: string): Promise<number> => (await server.ask('/api/v1/passes', { method: 'POST', json: { camera: 'baleli-in-1', capturedAt: new Date(server.time.now).toISOString(), text, confidence: 0.95 } })).json.hits;
const codeOf = ({ status, json }: Answered): unknown[] => [status, json.error?.code];

describe('the settings of a list', () => {
  it('make it, with defaults for what they leave out', async () => {
    const { status, json } = await put('stolen', { owner: 'AVLS', priority: 80 });
    expect(status).toBe(201);
    expect(json).toMatchObject({ list: 'stolen', settings: { owner: 'AVLS', priority: 80, reviewDays: 28, covert: false }, inForce: null, feed: null, entries: { inForce: 0 } });
  });

  it('are replaced as a whole, and what they were stands in the audit log', async () => {
    await put('stolen', { owner: 'AVLS', priority: 80 });
    const { status, json } = await put('stolen', { owner: 'CTD' }, { key: 'lists' });
    expect([status, json.settings.owner, json.settings.priority]).toEqual([200, 'CTD', 50]);
    expect((await listAudit(server.services.database, { limit: 1 }))[0]).toMatchObject({ action: 'putList', question: { name: 'stolen', settings: { owner: 'CTD' }, before: { owner: 'AVLS', priority: 80 } } });
  });

  it('give rows what they do not say', async () => {
    await put('stolen', { owner: 'AVLS', kind: 'stolen', action: 'stop', columns: { mark: 'Reg No', expires: '' } });
    const { json } = await server.ask('/api/v1/lists/stolen', { method: 'POST', headers: { 'content-type': 'text/csv' }, body: 'Reg No,Reason\nLEC-13-8447,FIR 1\n' });
    expect(json).toMatchObject({ imported: 1, refusedCount: 0 });
    expect(await entriesOf()).toMatchObject([{ owner: 'AVLS', kind: 'stolen', action: 'stop', expiresAt: null }]);
  });

  it.each([
    [{ priority: 101 }, 'priority'], [{ colour: 'pink' }, 'colour'], [{ owner: 5 }, 'owner'], [{ kinds: [] }, 'kinds'], [{ columns: { plate: 'Reg No' } }, 'columns'], [{ sites: ['nowhere'] }, 'nowhere'],
    [{ escalateTo: [{ site: 'nowhere' }] }, 'nowhere'], [{ escalateTo: [{ key: 'nobody' }] }, 'nobody'], [{ feed: { url: 'ftp://x/y', everyMinutes: 5 } }, 'feed'],
    [{ feed: { url: 'https://user:secret@x/y', everyMinutes: 5 } }, 'no user and password'], [{ hours: [{ from: '25:00', to: '06:00' }] }, 'hours'],
  ])('%j are refused, naming %s', async (settings, named) => {
    const answered = await put('stolen', settings);
    expect(codeOf(answered)).toEqual([400, 'BODY_INVALID']);
    expect(answered.json.error.message).toContain(named);
    expect(JSON.stringify(answered.json)).not.toContain('secret');
    expect((await get('/stolen')).status).toBe(404);
  });

  it('need the permission lists:write; names are checked', async () => {
    expect(codeOf(await put('stolen', {}, { key: 'analyst' }))).toEqual([403, 'PERMISSION_MISSING']);
    expect(codeOf(await put('Stolen', {}))).toEqual([400, 'REQUEST_INVALID']);
  });
});

describe('a list', () => {
  it('shows its age, and is stale past its own limit or the operator\'s', async () => {
    await importRows(['LEC-13-8447', 'BCS-036']);
    expect((await get('/stolen')).json).toMatchObject({ inForce: { version: 1, entries: 2, ageHours: 0, stale: false }, entries: { inForce: 2, lapsed: 0, expired: 0, patterns: 0 } });
    server.time.now = NOW + 25 * HOUR;
    expect((await get('/stolen')).json.inForce).toMatchObject({ ageHours: 25, stale: true });
    await put('stolen', { ageLimitHours: 48 });
    expect((await get('')).json.items).toMatchObject([{ list: 'stolen', inForce: { stale: false } }]);
  });

  it('counts entries that lapsed or expired, and shows them as such', async () => {
    await server.ask('/api/v1/lists/stolen', { method: 'POST', headers: { 'content-type': 'text/csv' }, body: `${HEADER},review\nLEA-1,stolen,a,b,stop,2026-11-05,\nLEA-2,stolen,a,b,stop,,2026-11-06\nLEA-3,stolen,a,b,stop,,\nLE?-4*,stolen,a,b,stop,,2027-01-01\n` });
    server.time.now = NOW + 10 * DAY;
    expect((await get('/stolen')).json.entries).toEqual({ inForce: 2, lapsed: 1, expired: 1, patterns: 1 });
    expect((await entriesOf('?lapsed=true')).map((e) => [e.mark.written ?? e.pattern, e.standing])).toHaveLength(1);
    expect((await entriesOf('?standing=expired')).map((e) => e.standing)).toEqual(['expired']);
    server.time.now = NOW + 29 * DAY;
    expect((await get('/stolen')).json.entries).toMatchObject({ inForce: 1, lapsed: 2 });
    expect((await entriesOf('?standing=in-force')).map((e) => e.pattern)).toEqual(['LE?-4*']);
  });

  it('has versions, page by page, newest first', async () => {
    for (const mark of ['LEA-1', 'LEA-2', 'LEA-3']) await importRows([mark]);
    const first = (await get('/stolen/versions?limit=2')).json;
    expect([first.items.map((v: any) => [v.version, v.origin, v.added, v.removed]), first.next]).toEqual([[[3, 'file', 1, 1], [2, 'file', 1, 1]], 2]);
    expect((await get('/stolen/versions?limit=2&before=2')).json).toMatchObject({ items: [{ version: 1 }], next: null });
  });

  it('goes back to an older version', async () => {
    await importRows(['LEC-13-8447']);
    await importRows(['BCS-036']);
    expect((await post('stolen/rollback', { version: 1, expectVersion: 2 })).json).toMatchObject({ version: 3, origin: 'rollback', ofVersion: 1, entries: 1 });
    expect([await hitsOf('LEC138447'), await hitsOf('BCS036')]).toEqual([1, 0]);
    expect(codeOf(await post('stolen/rollback', { version: 9 }))).toEqual([404, 'LIST_VERSION_NOT_FOUND']);
    expect(codeOf(await post('stolen/rollback', { version: 1, expectVersion: 2 }))).toEqual([409, 'LIST_BUSY']);
    expect(codeOf(await post('stolen/rollback', { version: 1 }, { key: 'checkpoint' }))).toEqual([403, 'PERMISSION_MISSING']);
  });

  it.each(['', '/versions', '/entries'])('that is not there is said so: %s', async (path) => {
    expect(codeOf(await get(`/none${path}`))).toEqual([404, 'LIST_NOT_FOUND']);
  });
});

describe('entries of a list', () => {
  it('are found by mark, by pattern and by stage, and carry a purpose', async () => {
    await importRows(['LEC-13-8447', 'LEC-14-8447', 'BCS-036', 'LE?-13-8*']);
    const marks = async (query: string) => (await entriesOf(query)).map((e) => e.pattern ?? `${e.mark.letters}-${e.mark.year}-${e.mark.number}`).toSorted();
    expect(await marks('?mark=LEC-13-8447')).toEqual(['LE?-13-8*', 'LEC-13-8447']);
    expect(await marks('?mark=LEC*8447')).toEqual(['LEC-13-8447', 'LEC-14-8447']);
    expect(await marks('?mark=BCS-36')).toEqual(['BCS-null-036']);
    expect(await marks('?stage=recovered')).toEqual([]);
    expect(codeOf(await get('/stolen/entries', { key: 'analyst', headers: {} }))).toEqual([400, 'PURPOSE_MISSING']);
    expect(codeOf(await get('/stolen/entries?mark=--'))).toEqual([400, 'MARK_INVALID']);
  });

  it('come page by page, each once, whatever is added meanwhile', async () => {
    await importRows(Array.from({ length: 25 }, (_, i) => `LEA-${i + 1}`));
    const first = (await get('/stolen/entries?limit=10')).json;
    await add({ mark: 'LEA-99' });
    const second = (await get(`/stolen/entries?limit=10&cursor=${first.next}`)).json, third = (await get(`/stolen/entries?limit=10&cursor=${second.next}`)).json;
    const ids = [first, second, third].flatMap((page) => page.items.map((e: any) => e.id));
    expect([ids.length, new Set(ids).size, third.next]).toEqual([25, 25, null]);
    expect(codeOf(await get(`/stolen/entries?limit=10&stage=stolen&cursor=${first.next}`))).toEqual([400, 'CURSOR_INVALID']);
  });
});

describe('an entry that an officer adds', () => {
  beforeEach(() => importRows(['BCS-036']));

  it('is in force for the next pass, with who added it, until it ends', async () => {
    const { status, json } = await add({ warnings: ['armed'], colour: 'white' });
    expect(status).toBe(201);
    expect(json).toMatchObject({ version: 2, lastSeen: [], entry: { list: 'stolen', standing: 'in-force', sinceVersion: 2, warnings: ['armed'], vehicle: { colour: 'white' }, author: expect.stringMatching(/\w/) } });
    expect(await hitsOf('LEC138447')).toBe(1);
    server.time.now = NOW + 8 * DAY;
    expect(await hitsOf('LEC138447')).toBe(0);
  });

  it('may be a pattern', async () => {
    expect((await add({ mark: 'le?-13-8*' })).json.entry).toMatchObject({ mark: null, pattern: 'LE?-13-8*' });
    expect((await server.ask('/api/v1/marks/LEC-13-8447')).json.entries).toMatchObject([{ pattern: 'LE?-13-8*', mark: null, agreement: 'possible', standing: 'in-force' }]);
  });

  it.each([
    [{ reason: '' }, 'reason'], [{ expires: '' }, 'expires'], [{ expires: '2026-11-01' }, 'past'], [{ expires: '2027-06-01' }, '90 days'], [{ mark: 'nothing' }, 'mark'], [{ mark: '*' }, 'pattern'], [{ kind: undefined }, 'kind'],
    [{ owner: undefined }, 'owner'], [{ reason: 'a\u0007b' }, 'control'], [{ sound: 'siren' }, 'sound'], [{ warnings: ['a;b'] }, 'warnings'], [{ stage: 'lost' }, 'stage'],
  ])('with %j is refused, saying %s', async (change, named) => {
    const answered = await add(change);
    expect(codeOf(answered)).toEqual([400, 'BODY_INVALID']);
    expect(answered.json.error.message).toContain(named);
    expect((await get('/stolen')).json.inForce.version).toBe(1);
  });

  it('goes onto a list that there is, with the permission, and stands in the audit log', async () => {
    expect(codeOf(await add({}, {}, 'none'))).toEqual([404, 'LIST_NOT_FOUND']);
    expect(codeOf(await add({}, { key: 'analyst' }))).toEqual([403, 'PERMISSION_MISSING']);
    const { json } = await add();
    expect((await listAudit(server.services.database, { limit: 1 }))[0]).toMatchObject({ action: 'addListEntry', purpose: 'stolen', caseReference: 'FIR 1', question: { name: 'stolen', entry: json.entry.id, version: 2 } });
  });

  it('of the same mark, kind, owner and case takes the place of the one before', async () => {
    const first = (await add()).json.entry, second = (await add({ reason: 'Seen again' })).json.entry;
    expect(second.id).toBe(first.id);
    expect((await entriesOf('?mark=LEC-13-8447')).map((e) => e.reason)).toEqual(['Seen again']);
  });

  it('can be withdrawn, staged and reviewed by the officer, but not by another', async () => {
    const { id } = (await add()).json.entry, other = (await createApiKey(server.services.database, { label: 'another', role: 'checkpoint' }, NOW)).secret;
    const change = (what: string, json?: object, asked: Asked = { key: 'checkpoint' }) => post(`stolen/entries/${id}/${what}`, json, asked);
    expect(codeOf(await change('withdraw', undefined, { key: null, headers: { authorization: `Bearer ${other}` } }))).toEqual([403, 'PERMISSION_MISSING']);
    expect((await change('stage', { stage: 'recovered' })).json).toMatchObject({ version: 3, entry: { id, stage: 'recovered' } });
    server.time.now = NOW + DAY;
    expect((await change('review')).json.entry.reviewAt).toBe('2026-12-02T12:00:00.000+05:00');
    expect((await change('withdraw')).json).toMatchObject({ version: 5, entry: { id } });
    expect(codeOf(await change('withdraw'))).toEqual([404, 'ENTRY_NOT_FOUND']);
    expect(await hitsOf('LEC138447')).toBe(0);
  });

  it('of others is changed by whoever may write lists', async () => {
    const [file] = await entriesOf('?mark=BCS-036');
    expect(codeOf(await post(`stolen/entries/${file.id}/withdraw`, undefined, { key: 'checkpoint' }))).toEqual([403, 'PERMISSION_MISSING']);
    expect((await post(`stolen/entries/${file.id}/stage`, { stage: 'in-court' }, { key: 'lists' })).json).toMatchObject({ entry: { stage: 'in-court' } });
    expect(codeOf(await post(`stolen/entries/${file.id}/stage`, { stage: 'lost' }, { key: 'lists' }))).toEqual([400, 'BODY_INVALID']);
    await put('stolen', { reviewDays: null });
    expect(codeOf(await post(`stolen/entries/${file.id}/review`, undefined, { key: 'lists' }))).toEqual([400, 'ARGUMENT_INVALID']);
  });
});

describe('a covert list', () => {
  beforeEach(async () => {
    await put('secret', { covert: true });
    await importRows(['LEC-13-8447'], 'secret');
    await importRows(['BCS-036']);
  });

  it('is not there for keys that may not see its hits', async () => {
    expect((await get('', { key: 'lists' })).json.items.map((l: any) => l.list)).toEqual(['stolen']);
    for (const path of ['/secret', '/secret/versions', '/secret/entries']) expect(codeOf(await get(path, { key: 'lists' }))).toEqual([404, 'LIST_NOT_FOUND']);
    for (const [path, json] of [['secret/rollback', { version: 1 }], ['secret/entries', NEW], ['secret/entries/x/withdraw', undefined]] as const) {
      expect(codeOf(await post(path, json, { key: 'lists' }))).toEqual([404, 'LIST_NOT_FOUND']);
    }
    expect(codeOf(await put('secret', {}, { key: 'lists' }))).toEqual([404, 'LIST_NOT_FOUND']);
    expect(codeOf(await server.ask('/api/v1/lists/secret', { method: 'POST', key: 'lists', headers: { 'content-type': 'text/csv' }, body: HEADER }))).toEqual([404, 'LIST_NOT_FOUND']);
    const record = (await server.ask('/api/v1/marks/LEC-13-8447', { key: 'checkpoint', ...SEARCH })).json;
    expect([record.entries, record.lists.map((l: any) => l.list)]).toEqual([[], ['stolen']]);
    expect((await server.ask('/api/v1/marks/LEC-13-8447', { key: 'investigator', ...SEARCH })).json.entries).toMatchObject([{ list: 'secret' }]);
    expect((await get('', { key: 'investigator' })).json.items.map((l: any) => l.list)).toEqual(['secret', 'stolen']);
  });

  it('is made covert only by keys that see it afterwards', async () => {
    expect(codeOf(await put('stolen', { covert: true }, { key: 'lists' }))).toEqual([403, 'PERMISSION_MISSING']);
  });
});
