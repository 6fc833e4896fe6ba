import { describe, expect, it } from 'vitest';
import { parseRegister, REGISTER_COLUMNS } from '../../src/list/parse-register.ts';
import type { RowFault } from '../../src/list/entry.ts';
import type { Registration } from '../../src/list/registration.ts';
import { all, chunksOf } from './chunks.ts';

const HEADER = REGISTER_COLUMNS.join(',');

async function parsed(content: string): Promise<{ records: Registration[]; faults: RowFault[]; notes: string[] }> {
  const items = await all(parseRegister(chunksOf(content)));
  return {
    records: items.flatMap((i) => (i.kind === 'registration' ? i.registration : [])),
    faults: items.flatMap((i) => (i.kind === 'fault' ? i.fault : [])),
    notes: items.flatMap((i) => (i.kind === 'note' ? i.message : [])),
  };
}

const rows = (...lines: string[]) => parsed([HEADER, ...lines].join('\r\n'));

describe('the Excise register', () => {
  it('has the header mark,jurisdiction,class,make,model,colour,status,token_paid_to', () => {
    expect(HEADER).toBe('mark,jurisdiction,class,make,model,colour,status,token_paid_to');
  });

  it('gives a record for each row; empty cells are unknown', async () => {
    const { records } = await rows('LEC-13-8447,PB,car,Suzuki,Mehran,white,active,2027-06-30', 'BCS-036,SD,,,,,,');
    expect(records[0]).toMatchObject({
      key: 'LEC8447',
      vehicleClass: 'car',
      make: 'Suzuki',
      model: 'Mehran',
      colour: 'white',
      status: 'active',
      tokenPaidTo: '2027-06-30',
    });
    expect(records[1]).toMatchObject({
      key: 'BCS36',
      mark: { jurisdiction: 'SD', number: '036' },
      vehicleClass: null,
      make: null,
      model: null,
      colour: null,
      status: null,
      tokenPaidTo: null,
    });
  });

  it('takes a jurisdiction by code or name, and none', async () => {
    const { records } = await rows('BCS-036,sd,,,,,,', 'BCS-037,Sindh,,,,,,', 'BCS-038,,,,,,,', 'QAB-771,Balochistan,,,,,,');
    expect(records.map((r) => r.mark.jurisdiction)).toEqual(['SD', 'SD', null, 'BA']);
  });

  it('knows the jurisdiction that it states also where no series of it has that form', async () => {
    expect((await rows('LEC-13-8447,PB,,,,,,', 'ZZZ-9999,BA,,,,,,')).records.map((r) => r.mark.jurisdiction)).toEqual(['PB', 'BA']);
  });

  it('does not read the owner and other columns; they are named in a note', async () => {
    const { records, notes } = await parsed(`owner,${HEADER},cnic\nSomebody,LEC-13-8447,PB,car,,,,,,12345-1234567-1`);
    expect(notes).toEqual(['Columns that are not used: owner, cnic']);
    expect(JSON.stringify(records)).not.toMatch(/Somebody|12345/);
  });

  it('keeps records of one string in several jurisdictions apart', async () => {
    const { records, faults } = await rows('ABC-123,SD,,,,,,', 'ABC-123,IS,,,,,,', 'ABC-123,PB,,,,,,');
    expect([new Set(records.map((r) => r.id)).size, faults.length]).toEqual([3, 0]);
  });

  it('gives a record the same id in every file', async () => {
    const [a, b] = [
      (await rows('LEC-13-8447,PB,car,Suzuki,,,,')).records[0],
      (await rows('RIA-4521,PB,,,,,,', 'lec 13 8447,Punjab,car,Toyota,,,,')).records[1],
    ];
    expect(a?.id).toBe(b?.id);
  });
});

describe('a row that cannot be used', () => {
  it('is reported by line and column, and the rest goes on', async () => {
    const { records, faults } = await rows(
      'LEC-13-8447,PB,,,,,,',
      ',PB,,,,,,',
      'BCS-036,XX,,,,,,',
      'BCS-036,SD,,,,,,30/06/2027',
      'BCS-037,SD,,,,,,2027-02-30',
      'RIA-4521,PB,,,,,,',
    );
    expect(records.map((r) => r.key)).toEqual(['LEC8447', 'RIA4521']);
    expect(faults.map((f) => [f.line, f.column, f.code])).toEqual([
      [3, 'mark', 'MARK_MISSING'],
      [4, 'jurisdiction', 'JURISDICTION_UNKNOWN'],
      [5, 'token_paid_to', 'DATE_INVALID'],
      [6, 'token_paid_to', 'DATE_INVALID'],
    ]);
  });

  it('names the jurisdictions that there are', async () => {
    expect((await rows('BCS-036,XX,,,,,,')).faults[0]?.message).toMatch(/PB, SD, IS, KP, BA/);
  });

  it('is the second one of a vehicle, naming the first', async () => {
    const { records, faults } = await rows('LEC-13-8447,PB,car,Suzuki,,,,', 'RIA-4521,PB,,,,,,', 'LEC138447,PB,car,Honda,,,,');
    expect(records).toHaveLength(2);
    expect(faults).toMatchObject([{ line: 4, column: 'mark', code: 'VEHICLE_REPEATED', message: expect.stringContaining('line 2') }]);
  });

  it('is not a Sindh motorcycle beside a car of the same mark', async () => {
    expect((await rows('KDG-7781,SD,motorcycle,,,,,', 'KDG-7781,SD,car,,,,,')).faults).toEqual([]);
  });

  it('is one whose mark says another jurisdiction than its column', async () => {
    expect((await rows('PB:LEC-13-8447,SD,,,,,,')).faults).toMatchObject([{ line: 2, column: 'jurisdiction', code: 'JURISDICTION_CONTRADICTS' }]);
  });

  it('is one with a wildcard or an overlong value', async () => {
    expect((await rows('LEC-13-84*,PB,,,,,,', `LEC-13-8447,PB,${'x'.repeat(101)},,,,,`)).faults.map((f) => f.code)).toEqual([
      'MARK_PATTERN',
      'VALUE_TOO_LONG',
    ]);
  });
});

describe('a file without the right header', () => {
  it('is refused whole, naming the missing columns and the expected header', async () => {
    const { records, faults } = await parsed('mark,make\nLEC-13-8447,Suzuki');
    expect(records).toEqual([]);
    expect(faults).toMatchObject([{ line: 1, message: expect.stringMatching(/"jurisdiction".*Expected: mark,jurisdiction,/) }]);
  });
});
