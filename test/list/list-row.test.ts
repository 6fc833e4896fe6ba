import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ListEntry, RowFault } from '../../src/list/entry.ts';
import { columnMapFault, readColumnMap } from '../../src/list/list-columns.ts';
import { DEFAULT_LIST_SETTINGS, type ListSettings } from '../../src/list/list-settings.ts';
import { parseList, type ListFormat, type ListItem } from '../../src/list/parse-list.ts';
import { readPersonsEntry, type PersonsValues } from '../../src/list/persons-entry.ts';
import { all, chunksOf } from './chunks.ts';

interface Outcome { readonly entries: ListEntry[]; readonly items: ListItem[]; readonly faults: RowFault[]; readonly notes: string[]; readonly broken: RowFault[] }
interface Given { readonly format?: ListFormat; readonly mode?: 'replace' | 'delta'; readonly settings?: Partial<ListSettings>; readonly cuts?: readonly number[] }

async function parsed(content: string | Uint8Array, { settings, cuts = [], ...how }: Given = {}): Promise<Outcome> {
  const items = await all(parseList(chunksOf(content, cuts), { list: 'stolen', ...how, settings: { ...DEFAULT_LIST_SETTINGS, ...settings }, maxRecordBytes: 2000 }));
  const entries = items.flatMap((i) => (i.kind === 'entry' ? i : []));
  return {
    entries: entries.map((i) => i.entry), items: entries, faults: items.flatMap((i) => (i.kind === 'fault' ? i.fault : [])),
    notes: items.flatMap((i) => (i.kind === 'note' ? i.message : [])), broken: items.flatMap((i) => (i.kind === 'broken' ? i.fault : [])),
  };
}

const csv = (header: string, ...rows: string[]): string => [header, ...rows].join('\n');
const HEADER = 'mark,kind,reason,owner,action,expires';

describe('the further columns', () => {
  it('say what is known of vehicle, case and review', async () => {
    const { entries, faults } = await parsed(csv(
      `${HEADER},jurisdiction,class,make,colour,chassis,warnings,case,source,stage,review`,
      'LEC-13-8447,stolen,a,b,stop,,Punjab,car,Suzuki,white,CH-12,armed; children on board,FIR 12/26,CPLC,In court,2026-12-01',
    ));
    expect(faults).toEqual([]);
    expect(entries[0]).toMatchObject({
      mark: { jurisdiction: 'PB' }, vehicle: { class: 'car', make: 'Suzuki', colour: 'white', chassis: 'CH-12' }, warnings: ['armed', 'children on board'], caseReference: 'FIR 12/26', source: 'CPLC',
      stage: 'in-court', reviewAt: Date.parse('2026-12-01T23:59:59.999+05:00'),
    });
  });

  it('left out or empty say nothing', async () => {
    const bare = (await parsed(csv(HEADER, 'LEC-13-8447,stolen,a,b,stop,'))).entries;
    expect(bare).toMatchObject([{ vehicle: { class: null, make: null, colour: null, chassis: null }, warnings: [], caseReference: null, source: null, stage: null, reviewAt: null }]);
    expect((await parsed(csv(`${HEADER},class,make,colour,chassis,warnings,case,source,stage,review`, 'LEC-13-8447,stolen,a,b,stop,,,,,,,,,,'))).entries).toEqual(bare);
  });

  it('name a jurisdiction that the mark leaves open', async () => {
    const { entries } = await parsed(csv(`${HEADER},jurisdiction`, 'AAR-540,stolen,a,b,stop,,SD', 'AAR-540,stolen,a,b,stop,,BA'));
    expect(entries.map((e) => e.mark?.jurisdiction)).toEqual(['SD', 'BA']);
    expect(new Set(entries.map((e) => e.id)).size).toBe(2);
  });

  it.each([
    ['jurisdiction', 'Atlantis', 'JURISDICTION_UNKNOWN'], ['stage', 'lost', 'VALUE_UNKNOWN'], ['review', 'soon', 'TIME_INVALID'], ['make', 'x'.repeat(101), 'VALUE_TOO_LONG'],
    ['warnings', Array(9).fill('armed').join(';'), 'VALUE_TOO_LONG'], ['warnings', 'x'.repeat(61), 'VALUE_TOO_LONG'], ['withdraw', 'perhaps', 'VALUE_UNKNOWN'], ['withdraw', 'yes', 'WITHDRAW_IN_REPLACE'],
  ])('%s = "%s" is refused', async (column, value, code) => {
    const { faults, entries } = await parsed(csv(`${HEADER},${column}`, `LEC-13-8447,stolen,a,b,stop,,${value}`));
    expect(entries).toEqual([]);
    expect(faults).toMatchObject([{ line: 2, column, code }]);
  });

  it('that contradict the mark are refused', async () => {
    expect((await parsed(csv(`${HEADER},jurisdiction`, 'SD:BCS-036,stolen,a,b,stop,,PB'))).faults).toMatchObject([{ code: 'JURISDICTION_CONTRADICTS' }]);
    expect((await parsed(csv(`${HEADER},jurisdiction`, 'PB:LE*4201,stolen,a,b,stop,,SD'))).faults).toMatchObject([{ code: 'JURISDICTION_CONTRADICTS' }]);
  });
});

describe('a mark with its jurisdiction before a hyphen', () => {
  it.each(['SD-AAR-540', 'sd aar 540', 'BA-TLC-563'])('%s is refused: it would be a plate with a name of its own and never match', async (written) => {
    const { faults, entries } = await parsed(csv(HEADER, `${written},stolen,a,b,stop,`));
    expect(entries).toEqual([]);
    expect(faults).toMatchObject([{ line: 2, column: 'mark', code: 'MARK_ISSUER', message: expect.stringContaining(`${written.slice(0, 2).toUpperCase()}:`) }]);
  });

  it.each(['SD:AAR-540', 'AAR-540', 'KHAN 1', 'LEC-13-8447'])('%s is taken as before', async (written) => {
    expect((await parsed(csv(HEADER, `${written},stolen,a,b,stop,`))).entries).toHaveLength(1);
  });
});

describe('a pattern in place of a mark', () => {
  it.each([['le?-17-*', 'LE?-17-*'], ['LE * 4201', 'LE-*-4201'], ['PB:LE**', 'PB:LE*'], ['b?s 036', 'B?S-036']])('%s is kept as %s', async (written, kept) => {
    expect((await parsed(csv(HEADER, `${written},stolen,a,b,stop,`))).entries).toMatchObject([{ mark: null, key: null, pattern: kept }]);
  });

  it('takes its jurisdiction from the column', async () => {
    expect((await parsed(csv(`${HEADER},jurisdiction`, 'LE*4201,stolen,a,b,stop,,Punjab'))).entries).toMatchObject([{ pattern: 'PB:LE*4201' }]);
  });

  it.each([['*', 'PATTERN_INVALID'], ['L*', 'PATTERN_TOO_BROAD'], ['?-?-1', 'PATTERN_TOO_BROAD'], ['LE*;DROP', 'PATTERN_INVALID'], ['XX:LE*', 'PATTERN_INVALID'], [`LE*${'1'.repeat(40)}`, 'PATTERN_INVALID'], ['LEC%', 'MARK_PATTERN']])(
    '%s is refused', async (written, code) => {
      const { faults, entries } = await parsed(csv(HEADER, `${written},stolen,a,b,stop,`));
      expect(entries).toEqual([]);
      expect(faults).toMatchObject([{ line: 2, column: 'mark', code }]);
    });
});

describe('what the settings of a list give', () => {
  const settings = { kind: 'stolen', action: 'stop', owner: 'AVLS Lahore' } as const;

  it('stands in for columns that are not there or empty', async () => {
    const { entries, faults } = await parsed(csv('mark,reason,expires', 'LEC-13-8447,FIR 1,'), { settings });
    expect([entries, faults]).toMatchObject([[{ kind: 'stolen', action: 'stop', owner: 'AVLS Lahore' }], []]);
    expect((await parsed(csv(HEADER, 'LEC-13-8447,,FIR 1,,,'), { settings })).entries).toEqual(entries);
  });

  it('gives way to what the row says', async () => {
    expect((await parsed(csv(HEADER, 'LEC-13-8447,tax,FIR 1,Excise,inform,'), { settings })).entries).toMatchObject([{ kind: 'tax', action: 'inform', owner: 'Excise' }]);
  });

  it('does not make a wrong value right', async () => {
    expect((await parsed(csv(HEADER, 'LEC-13-8447,odd,FIR 1,,,'), { settings })).faults).toMatchObject([{ column: 'kind', code: 'VALUE_UNKNOWN' }]);
  });

  it('names the columns as the department does, and faults name them so too', async () => {
    const columns = { mark: 'Reg No', reason: 'FIR', expires: '' };
    const { entries, faults } = await parsed(csv('REG NO,FIR,Colour', 'LEC-13-8447,FIR 1,white', 'X,FIR 2,red'), { settings: { ...settings, columns } });
    expect(entries).toMatchObject([{ key: 'LEC8447', reason: 'FIR 1', expiresAt: null, vehicle: { colour: 'white' } }]);
    expect(faults).toMatchObject([{ line: 3, column: 'reg no', code: 'MARK_INVALID' }]);
  });

  it('cannot take away the mark or the reason', async () => {
    expect((await parsed(csv('kind,owner,action,expires', 'stolen,b,stop,'), { settings: { columns: { mark: '', reason: '' } } })).faults[0]?.message).toContain('"mark", "reason"');
  });
});

describe('a map of columns', () => {
  it('is a JSON object of our names and theirs', () => expect(readColumnMap({ mark: 'Reg No' })).toEqual({ kind: 'ok', map: { mark: 'Reg No' } }));

  it.each([[[]], [null], ['mark'], [{ mark: 3 }], [{ plate: 'Reg No' }], [{ mark: 'No', case: 'no' }]])('%j is refused, saying why', (json) => {
    const read = readColumnMap(json);
    expect(read).toMatchObject({ kind: 'fault', reason: expect.stringMatching(/\w/) });
  });

  it('may say of several columns that there are none', () => expect(columnMapFault({ expires: '', colour: '', make: '' })).toBeNull());
});

describe('a delta', () => {
  it('withdraws with yes, true, y or 1, needing only what tells which entry it is', async () => {
    const { items, faults } = await parsed(csv('mark,kind,reason,owner,action,expires,withdraw', 'LEC-13-8447,stolen,,b,,,Yes', 'LEC-13-8448,stolen,a,b,stop,,no', 'LEC-13-8449,stolen,,b,,,true'), { mode: 'delta' });
    expect([items.map((i) => i.withdraw), faults]).toEqual([[true, false, true], []]);
  });

  it('names the withdrawn entry by the id that it has', async () => {
    const given = (await parsed(csv(HEADER, 'LEC-13-8447,stolen,FIR 1,b,stop,2027-01-31'))).entries[0];
    const gone = (await parsed(csv('mark,kind,reason,owner,action,expires,withdraw', 'lec 13 8447,stolen,,b,,,yes'), { mode: 'delta' })).entries[0];
    expect(gone?.id).toBe(given?.id);
  });
});

const ROW = { mark: 'LEC-13-8447', kind: 'stolen', reason: 'FIR 1', owner: 'b', action: 'stop', expires: '2027-01-31', warnings: ['armed', 'children'] };

describe('JSON', () => {
  it('says what CSV says', async () => {
    const fromCsv = (await parsed(csv(`${HEADER},warnings`, 'LEC-13-8447,stolen,FIR 1,b,stop,2027-01-31,armed;children'))).entries;
    expect((await parsed(JSON.stringify([ROW]), { format: 'json' })).entries).toEqual(fromCsv);
    expect((await parsed(`${JSON.stringify(ROW)}\n`, { format: 'ndjson' })).entries).toEqual(fromCsv);
    expect((await parsed(`\uFEFF [\n${JSON.stringify(ROW, null, 2)}\n]\n`, { format: 'json' })).entries).toEqual(fromCsv);
  });

  it('of no items is none', async () => {
    for (const [text, format] of [['[]', 'json'], ['[ \n ]', 'json'], ['', 'ndjson'], ['\n\n', 'ndjson']] as const) expect(await parsed(text, { format })).toMatchObject({ entries: [], faults: [], broken: [] });
  });

  it('names its fields in any case, takes null for none and numbers as they are', async () => {
    const { entries } = await parsed(JSON.stringify([{ ...ROW, Mark: 'LEC-13-8447', mark: undefined, chassis: 1234, make: null }]), { format: 'json' });
    expect(entries).toMatchObject([{ key: 'LEC8447', vehicle: { chassis: '1234', make: null } }]);
  });

  it.each([
    ['not JSON', '{"mark": LEC}', 'JSON_ITEM'], ['no object', '"LEC-13-8447"', 'JSON_ITEM'], ['an array', '["LEC-13-8447"]', 'JSON_ITEM'], ['nothing', '', 'JSON_ITEM'],
    ['a field with an object', '{"mark": {"a": 1}}', 'VALUE_UNKNOWN'], ['a field twice', '{"mark": "a", "MARK": "b"}', 'JSON_FIELD_REPEATED'], ['a control character', String.raw`{"mark": "LEC\u0000"}`, 'CSV_CONTROL_CHARACTER'],
    ['too much', `{"mark": "${'A'.repeat(3000)}"}`, 'JSON_ITEM_TOO_LONG'],
  ])('with an item that is %s refuses that one by its number', async (_what, item, code) => {
    const { entries, faults, broken } = await parsed(`[${JSON.stringify(ROW)},${item},${JSON.stringify({ ...ROW, mark: 'RIA-4521' })}]`, { format: 'json' });
    expect([entries.map((e) => e.key), faults.map((f) => [f.line, f.code]), broken]).toEqual([['LEC8447', 'RIA4521'], [[2, code]], []]);
  });

  it('lines that cannot be used are refused by their number, blank ones counted', async () => {
    const { entries, faults } = await parsed(`${JSON.stringify(ROW)}\r\n\n{"mark":\n${JSON.stringify({ ...ROW, mark: 'RIA-4521' })}`, { format: 'ndjson' });
    expect([entries.length, faults.map((f) => [f.line, f.code])]).toEqual([2, [[3, 'JSON_ITEM']]]);
  });

  it('fields that are not used are named once', async () => {
    const { notes, entries } = await parsed([ROW, ROW].map((r) => JSON.stringify({ ...r, remark: 'x', __proto__x: 1, constructor: 'y' })).join('\n'), { format: 'ndjson' });
    expect([notes, entries.length]).toEqual([['Fields that are not used: remark, __proto__x, constructor'], 2]);
  });

  it.each([['cut off in an item', `[${JSON.stringify(ROW)},{"mark"`], ['cut off between items', `[${JSON.stringify(ROW)},`], ['without its end', `[${JSON.stringify(ROW)}`], ['no array', JSON.stringify(ROW)], ['two arrays', '[][]'], ['empty', ''], ['a quote that is not closed', `[{"mark": "LEC},${JSON.stringify(ROW)}]`]])(
    'that is %s is broken, last of all', async (_what, text) => {
      const { broken } = await parsed(text, { format: 'json' });
      expect(broken).toMatchObject([{ code: 'JSON_BROKEN', message: expect.stringMatching(/\w/) }]);
    });

  it('reads the same wherever the chunks are cut', async () => {
    const text = `[${JSON.stringify({ ...ROW, reason: '[{"}],\\" é ﷽' })},\n ${JSON.stringify(ROW)} ,{"mark": 1}]`, whole = await parsed(text, { format: 'json' });
    await fc.assert(fc.asyncProperty(fc.array(fc.nat(Buffer.byteLength(text)), { maxLength: 12 }), async (cuts) => {
      expect(await parsed(text, { format: 'json', cuts })).toEqual(whole);
    }), { numRuns: 60 });
  });
});

describe('any content', () => {
  const formats = fc.constantFrom<ListFormat>('csv', 'json', 'ndjson');
  const good = (format: ListFormat): string => {
    const rows = Array.from({ length: 4 }, (_, i) => ({ ...ROW, mark: `LEC-13-${i + 1}`, warnings: 'armed' }));
    if (format === 'csv') return csv(Object.keys(ROW).join(','), ...rows.map((r) => Object.values(r).map((v) => `"${v}"`).join(',')));
    return format === 'json' ? JSON.stringify(rows) : rows.map((r) => JSON.stringify(r)).join('\n');
  };

  it('of bytes never throws, and every fault has its line', async () => {
    await fc.assert(fc.asyncProperty(fc.uint8Array({ maxLength: 400 }), formats, async (bytes, format) => {
      const { faults, broken } = await parsed(bytes, { format });
      for (const fault of [...faults, ...broken]) expect([fault.line >= 1, fault.message.length > 5]).toEqual([true, true]);
    }), { numRuns: 300 });
  });

  it('made from a good file by changing some of its bytes never throws, and invents no entry', async () => {
    await fc.assert(fc.asyncProperty(formats, fc.array(fc.tuple(fc.nat(2000), fc.integer({ min: 0, max: 255 })), { minLength: 1, maxLength: 6 }), async (format, changes) => {
      const bytes = new TextEncoder().encode(good(format));
      for (const [at, byte] of changes) bytes[at % bytes.length] = byte;
      const { entries, faults } = await parsed(bytes, { format });
      expect(entries.length).toBeLessThanOrEqual(4 + changes.length);
      for (const fault of faults) expect(fault.line).toBeGreaterThanOrEqual(1);
    }), { numRuns: 300 });
  });

  it('of JSON values never throws: each item is an entry or has a fault', async () => {
    await fc.assert(fc.asyncProperty(fc.array(fc.oneof(fc.jsonValue({ maxDepth: 2 }), fc.record({ mark: fc.constantFrom('LEC-13-8447', 'LE*1', 'x'), kind: fc.constantFrom('stolen', 'odd', null), reason: fc.string({ maxLength: 5 }) })), { maxLength: 6 }), async (items) => {
      const { entries, faults, broken } = await parsed(JSON.stringify(items), { format: 'json' });
      expect(broken).toEqual([]);
      expect(new Set(faults.map((f) => f.line)).size + entries.length).toBe(items.length);
    }), { numRuns: 200 });
  });
});

describe('an entry that a person adds', () => {
  const NOW = Date.parse('2026-11-03T12:00:00+05:00'), DAY = 86_400_000;
  const add = (values: Partial<PersonsValues>, settings: Partial<ListSettings> = {}) =>
    readPersonsEntry({ mark: 'LEC-13-8447', kind: 'stolen', action: 'stop', owner: 'Quetta Police', reason: 'Snatched', expires: '2026-11-10', ...values }, { list: 'road', settings: { ...DEFAULT_LIST_SETTINGS, ...settings }, at: NOW });

  it('has what it says, and lapses when nobody reviews it', () => {
    expect(add({ warnings: 'armed', case: 'FIR 3' })).toMatchObject({
      list: 'road', key: 'LEC8447', reason: 'Snatched', warnings: ['armed'], caseReference: 'FIR 3', expiresAt: Date.parse('2026-11-10T23:59:59.999+05:00'), reviewAt: NOW + 28 * DAY,
    });
    expect(add({}, { reviewDays: null })).toMatchObject({ reviewAt: null });
  });

  it('takes what it does not say from the list, by our own names of columns', () => {
    expect(add({ kind: undefined, action: undefined, owner: undefined }, { kind: 'watch', action: 'silent', owner: 'CTD', columns: { mark: 'Reg No' } })).toMatchObject({ kind: 'watch', action: 'silent', owner: 'CTD' });
  });

  it.each([
    [{ reason: ' ' }, 'reason'], [{ expires: '' }, 'expires'], [{ expires: '2026-11-02' }, 'expires'], [{ expires: '2027-02-03' }, 'expires'], [{ mark: 'X' }, 'mark'], [{ mark: 'L*' }, 'mark'], [{ owner: '' }, 'owner'],
  ])('with %j is refused for its %s', (values, column) => {
    expect(add(values)).toMatchObject([{ column }]);
  });

  it('may stand 90 days and no longer', () => {
    expect(Array.isArray(add({ expires: new Date(NOW + 90 * DAY).toISOString() }))).toBe(false);
    expect(Array.isArray(add({ expires: new Date(NOW + 90 * DAY + 1).toISOString() }))).toBe(true);
  });
});
