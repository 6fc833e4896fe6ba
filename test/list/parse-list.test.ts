import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LIST_COLUMNS, parseList } from '../../src/list/parse-list.ts';
import type { ListEntry, RowFault } from '../../src/list/entry.ts';
import { all, chunksOf, quoted } from './chunks.ts';

const HEADER = LIST_COLUMNS.join(',');

interface Outcome {
  readonly entries: ListEntry[];
  readonly faults: RowFault[];
  readonly notes: string[];
}

async function parsed(content: string, list = 'stolen-punjab', timeZone?: string): Promise<Outcome> {
  const items = await all(parseList(chunksOf(content), { list, ...(timeZone === undefined ? {} : { timeZone }) }));
  return {
    entries: items.flatMap((i) => (i.kind === 'entry' ? i.entry : [])),
    faults: items.flatMap((i) => (i.kind === 'fault' ? i.fault : [])),
    notes: items.flatMap((i) => (i.kind === 'note' ? i.message : [])),
  };
}

const rows = (...lines: string[]): Promise<Outcome> => parsed([HEADER, ...lines].join('\n'));
const one = async (line: string): Promise<ListEntry | undefined> => (await rows(line)).entries[0];
const codes = async (line: string): Promise<string[]> => (await rows(line)).faults.map((f) => `${f.column}: ${f.code}`);

describe('a list', () => {
  it('has the header mark,kind,reason,owner,action,expires', () => {
    expect(HEADER).toBe('mark,kind,reason,owner,action,expires');
  });

  it('gives an entry for each row', async () => {
    expect(await one('LEC-13-8447,stolen,"FIR 12/26, Lahore",Police Lahore,stop,')).toMatchObject({
      list: 'stolen-punjab',
      key: 'LEC8447',
      mark: { jurisdiction: 'PB', letters: 'LEC', year: '13', number: '8447' },
      kind: 'stolen',
      reason: 'FIR 12/26, Lahore',
      owner: 'Police Lahore',
      action: 'stop',
      expiresAt: null,
    });
  });

  it('takes marks in every way in which people write them', async () => {
    const { entries } = await rows(
      'lec 13 8447,stolen,a,b,stop,',
      'LEC138447,stolen,b,b,stop,',
      '"LEC·13·8447",stolen,c,b,stop,',
      'PB:LEC-13-8447,stolen,d,b,stop,',
    );
    expect(entries.map((e) => e.key)).toEqual(Array(4).fill('LEC8447'));
  });

  it('takes a jurisdiction where it is stated, and none where the mark can stand in several', async () => {
    expect((await one('SD:BCS-036,stolen,a,b,stop,'))?.mark?.jurisdiction).toBe('SD');
    expect((await one('BCS-036,stolen,a,b,stop,'))?.mark?.jurisdiction).toBeNull();
  });

  it('takes kind and action in any case', async () => {
    expect(await one('LEC-13-8447,Stolen,a,b,STOP,')).toMatchObject({ kind: 'stolen', action: 'stop' });
  });

  it('takes a personalised plate', async () => {
    expect((await one('KHAN 1,watch,a,b,inform,'))?.key).toBe('KHAN1');
  });
});

describe('the end of an entry', () => {
  it('that is a day is the last millisecond of it in the city', async () => {
    expect((await one('LEC-13-8447,tax,a,b,inform,2027-01-31'))?.expiresAt).toBe(Date.parse('2027-01-31T23:59:59.999+05:00'));
  });

  it('that is a day follows the zone also when its clocks change', async () => {
    const days = ['2026-03-28', '2026-03-29', '2026-10-25'].map((day, i) => `LEC-13-${i + 1},tax,a,b,inform,${day}`);
    const { entries } = await parsed([HEADER, ...days].join('\n'), 'x', 'Europe/London');
    expect(entries.map((e) => e.expiresAt)).toEqual(
      ['2026-03-28T23:59:59.999Z', '2026-03-29T23:59:59.999+01:00', '2026-10-25T23:59:59.999Z'].map((t) => Date.parse(t)),
    );
  });

  it('that is a time is that instant', async () => {
    const times = ['2027-01-31T18:00:00+05:00', '2027-01-31 18:00+0500', '2027-01-31T13:00:00Z', '2027-01-31T13:00:00.000z'];
    const { entries } = await rows(...times.map((time, i) => `LEC-13-${i + 1},tax,a,b,inform,${time}`));
    expect(entries.map((e) => e.expiresAt)).toEqual(Array(4).fill(Date.parse('2027-01-31T13:00:00Z')));
  });

  it.each([
    '2027-01-31T18:00:00',
    '31.01.2027',
    '2027-02-30',
    '2027-13-01',
    '2027-02-30T10:00:00Z',
    '2027-01-31T25:00:00Z',
    'never',
    '1793000000000',
  ])('%s is refused, saying how to write it', async (expires) => {
    const { faults, entries } = await rows(`LEC-13-8447,tax,a,b,inform,${expires}`);
    expect(entries).toEqual([]);
    expect(faults).toMatchObject([{ line: 2, column: 'expires', code: 'TIME_INVALID', message: expect.stringContaining('2027-01-31') }]);
  });
});

describe('a row that cannot be used', () => {
  it('gives all its faults, by line and column', async () => {
    expect((await rows('LEC-13-8447,stolen,a,b,stop,', 'X,lost,,,shoot,soon')).faults.map((f) => [f.line, f.column, f.code])).toEqual([
      [3, 'mark', 'MARK_INVALID'],
      [3, 'kind', 'VALUE_UNKNOWN'],
      [3, 'action', 'VALUE_UNKNOWN'],
      [3, 'reason', 'VALUE_MISSING'],
      [3, 'owner', 'VALUE_MISSING'],
      [3, 'expires', 'TIME_INVALID'],
    ]);
  });

  it('does not stop those after it', async () => {
    const { entries, faults } = await rows('LEC-13-8447,stolen,a,b,stop,', ',stolen,a,b,stop,', 'RIA-4521,stolen,a,b,stop,');
    expect([entries.map((e) => e.key), faults.map((f) => f.line)]).toEqual([['LEC8447', 'RIA4521'], [3]]);
  });

  it('names the values that are allowed', async () => {
    const { faults } = await rows('LEC-13-8447,lost,a,b,shoot,');
    expect(faults[0]?.message).toContain('stolen, wanted, tax, fake, missing, allow, watch');
    expect(faults[1]?.message).toContain('stop, inform, silent');
  });

  it('is one with a mark of 200 characters, an "applied for" legend, or no number', async () => {
    for (const mark of ['A'.repeat(200), 'APPLIED FOR', 'PRESS']) expect(await codes(`${mark},stolen,a,b,stop,`)).toEqual(['mark: MARK_INVALID']);
  });

  it('keeps its messages short whatever it holds', async () => {
    const { faults } = await rows(`${'A'.repeat(3000)},${'x'.repeat(3000)},a,b,stop,`);
    for (const fault of faults) expect(fault.message.length).toBeLessThan(300);
  });

  it('is one with a reason or an owner that is too long', async () => {
    expect(await codes(`LEC-13-8447,stolen,${'x'.repeat(501)},${'y'.repeat(201)},stop,`)).toEqual([
      'reason: VALUE_TOO_LONG',
      'owner: VALUE_TOO_LONG',
    ]);
  });

  it('is not one that names the same mark for another reason', async () => {
    expect((await rows('LEC-13-8447,stolen,a,b,stop,', 'LEC-13-8447,tax,a,b,inform,')).entries).toHaveLength(2);
  });
});

describe('the id of an entry', () => {
  it('is the same when the same row is imported again, however it is written', async () => {
    expect((await one('lec138447,STOLEN,a,b,stop,'))?.id).toBe((await one('LEC-13-8447,stolen,a,b,stop,'))?.id);
  });

  it('stays the same when what is said of the vehicle changes', async () => {
    const ids = await Promise.all(['stolen,a,b,stop,', 'stolen,another reason,b,inform,2027-01-31'].map(async (rest) => (await one(`LEC-13-8447,${rest}`))?.id));
    expect(new Set(ids).size).toBe(1);
  });

  it('is another in another list, for another mark, kind, owner or case', async () => {
    const row = 'LEC-13-8447,stolen,a,b,stop,', withCase = await parsed(`${HEADER},case\n${row},FIR 12/26`);
    const ids = new Set([
      (await one(row))?.id,
      (await parsed(`${HEADER}\n${row}`, 'other')).entries[0]?.id,
      (await one('LEC-14-8447,stolen,a,b,stop,'))?.id,
      (await one('LEC-13-8447,wanted,a,b,stop,'))?.id,
      (await one('LEC-13-8447,stolen,a,b2,stop,'))?.id,
      withCase.entries[0]?.id,
    ]);
    expect(ids.size).toBe(6);
  });

  it('tells a Sindh motorcycle from the car of the same mark, which are two vehicles', async () => {
    const { entries } = await parsed(`${HEADER},class\nSD:KDG-7781,stolen,a,b,stop,,motorcycle\nSD:KDG-7781,stolen,a,b,stop,,car`);
    expect(new Set(entries.map((e) => e.id)).size).toBe(2);
  });
});

describe('a file', () => {
  it('with another header is refused whole, naming the expected one', async () => {
    const { entries, faults } = await parsed('plate,kind,reason,owner,action,expires\nLEC-13-8447,stolen,a,b,stop,');
    expect(entries).toEqual([]);
    expect(faults).toMatchObject([{ line: 1, code: 'CSV_HEADER', message: expect.stringContaining(HEADER) }]);
  });

  it('with columns of other names is used, and they are named', async () => {
    const { entries, notes } = await parsed(`${HEADER},remark\nLEC-13-8447,stolen,a,b,stop,,x`);
    expect([entries.length, notes.length]).toEqual([1, 1]);
  });

  it('of any values never throws, and every row is an entry or has a fault', async () => {
    const cell = fc.oneof(
      fc.constantFrom('LEC-13-8447', 'stolen', 'stop', '2027-01-31', '', 'APPLIED FOR'),
      fc.string({ unit: 'grapheme', maxLength: 10 }).map((s) => s.replaceAll(/\p{Cc}/gu, '')),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(cell, cell, cell, cell, cell, cell), { maxLength: 8 }), async (lines) => {
        const { entries, faults } = await rows(...lines.map((l) => l.map(quoted).join(',')));
        expect(new Set(faults.map((f) => f.line)).size + entries.length).toBe(lines.length);
      }),
      { numRuns: 100 },
    );
  });
});
