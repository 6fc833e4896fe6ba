import { parse } from 'csv-parse/sync';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readCsv, type CsvItem, type CsvShape } from '../../src/list/csv.ts';
import { all, chunksOf, quoted } from './chunks.ts';

const AB: CsvShape = { required: ['a', 'b'] };

const items = (content: string | Uint8Array, shape = AB, cuts: readonly number[] = []): Promise<CsvItem[]> =>
  all(readCsv(chunksOf(content, cuts), shape));

/** An item in one line: `2: 1|x` for a row, `3! CODE` for a fault, `# …` for a note. */
function told(item: CsvItem): string {
  if (item.kind === 'row') return `${item.line}: ${Object.values(item.values).join('|')}`;
  return item.kind === 'fault' ? `${item.fault.line}! ${item.fault.code}` : `# ${item.message}`;
}

const tell = async (content: string | Uint8Array, shape = AB): Promise<string[]> => (await items(content, shape)).map(told);

async function faultMessage(content: string | Uint8Array, shape = AB): Promise<string> {
  const fault = (await items(content, shape)).find((i) => i.kind === 'fault');
  return fault?.kind === 'fault' ? fault.fault.message : '';
}

function bytes(...parts: readonly (string | readonly number[])[]): Uint8Array {
  return Buffer.concat(parts.map((p) => (typeof p === 'string' ? Buffer.from(p) : Buffer.from(p))));
}

describe('a CSV file', () => {
  it('gives its rows by column with the line that each starts on', async () => {
    expect(await items('a,b\n1,2\n3,4\n')).toEqual([
      { kind: 'row', line: 2, values: { a: '1', b: '2' } },
      { kind: 'row', line: 3, values: { a: '3', b: '4' } },
    ]);
  });

  it('may begin with a byte order mark, end its lines with CR LF, and lack the last line end', async () => {
    expect(await tell('\uFEFFa,b\r\n1,2\r\n3,4')).toEqual(['2: 1|2', '3: 3|4']);
  });

  it('may quote the first name after a byte order mark', async () => {
    expect(await tell('\uFEFF"a","b"\n1,2\n')).toEqual(['2: 1|2']);
  });

  it('may hold commas, quotes and line ends in quoted values', async () => {
    expect(await tell('a,b\n"x, y","he said ""no"""\n"two\nlines",2\n3,4\n')).toEqual(['2: x, y|he said "no"', '3: two\nlines|2', '5: 3|4']);
  });

  it('may have its columns in any order and case, with spaces around values', async () => {
    expect(await items(' B , A \n 1 , 2 \n')).toEqual([{ kind: 'row', line: 2, values: { b: '1', a: '2' } }]);
  });

  it('may have blank lines, also before the header; they count as lines', async () => {
    expect(await tell('\n\na,b\n\n1,2\n   \n3,4\n\n')).toEqual(['5: 1|2', '7: 3|4']);
  });

  it('may be in any script', async () => {
    expect(await tell('a,b\nکوئٹہ,بلوچستان\n')).toEqual(['2: کوئٹہ|بلوچستان']);
  });

  it('may have no rows', async () => {
    expect(await tell('a,b\n')).toEqual([]);
  });
});

describe('a header', () => {
  it('that lacks a column is refused, naming the column, what is expected and what was found', async () => {
    expect(await tell('a,c\n1,2\n')).toEqual(['1! CSV_HEADER']);
    expect(await faultMessage('a,c\n1,2\n')).toBe('The header lacks the column "b". Expected: a,b; found: a,c');
  });

  it('with semicolons is told to use commas', async () => {
    expect(await faultMessage('a;b\n1;2\n')).toContain('separated by commas');
  });

  it('that names a column twice is refused', async () => {
    expect(await faultMessage('a,b,a\n1,2,3\n')).toContain('"a" more than once');
  });

  it('may have other columns: they are named in a note and not used', async () => {
    expect(await tell('a,b,owner,cnic\n1,2,3,4\n')).toEqual(['# Columns that are not used: owner, cnic', '2: 1|2|3|4']);
  });

  it('may leave out optional columns', async () => {
    expect(await tell('a,b\n1,2\n', { required: ['a'], optional: ['b', 'c'] })).toEqual(['2: 1|2']);
  });

  it('missing altogether is said of an empty file', async () => {
    for (const empty of ['', '\n\n', '\uFEFF', '  \r\n']) expect(await tell(empty)).toEqual(['1! CSV_EMPTY']);
  });

  it('is clipped in the message when it is long', async () => {
    expect((await faultMessage(`${'x'.repeat(5000)}\n`)).length).toBeLessThan(400);
  });

  it('in UTF-16 is told to be saved as UTF-8', async () => {
    expect(await faultMessage(Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from('a,b\n1,2\n', 'utf16le')]))).toContain('UTF-16');
  });

  it('called like a property of every object is a column like any other', async () => {
    expect(await items('__proto__,b,constructor\nx,y,z\n', { required: ['__proto__', 'constructor', 'b'] })).toHaveLength(1);
    expect((await items('a,b\n1,2\n', { required: ['a', 'constructor'] }))[0]).toMatchObject({ kind: 'fault', fault: { code: 'CSV_HEADER' } });
  });
});

describe('a row that cannot be used is a fault of its own line, and the rest goes on:', () => {
  it('too few or too many values', async () => {
    expect(await tell('a,b\n1\n1,2\n1,2,3\n3,4\n')).toEqual(['2! CSV_COLUMNS', '3: 1|2', '4! CSV_COLUMNS', '5: 3|4']);
  });

  it('a quote in the middle of a value', async () => {
    expect(await tell('a,b\n1,2\nx"y,2\n"x"y,2\n3,4\n')).toEqual(['2: 1|2', '3! CSV_QUOTE', '4! CSV_QUOTE', '5: 3|4']);
  });

  it('a quote that is never closed does not swallow the file', async () => {
    expect(await tell(`a,b\n1,"x\n${'3,4\n'.repeat(100)}`)).toEqual(['2! CSV_QUOTE', ...Array.from({ length: 100 }, (_, i) => `${i + 3}: 3|4`)]);
  });

  it('a quote closed by the next quoted row swallows neither', async () => {
    expect(await tell('a,b\n1,"x\n3,4\n"5","6"\n7,8\n')).toEqual(['2! CSV_QUOTE', '3: 3|4', '4: 5|6', '5: 7|8']);
  });

  it('bytes that are not UTF-8', async () => {
    expect(await tell(bytes('a,b\n1,2\nx,', [0xff, 0xc3], '\n3,4\n'))).toEqual(['2: 1|2', '3! CSV_ENCODING', '4: 3|4']);
  });

  it('a character cut in half at the end of the file', async () => {
    expect(await tell(bytes('a,b\n1,2\nx,', [0xd8]))).toEqual(['2: 1|2', '3! CSV_ENCODING']);
  });

  it('control characters, which no database stores', async () => {
    expect(await tell('a,b\nx\u0000,1\n\u001b[31m,2\n3,4\n')).toEqual(['2! CSV_CONTROL_CHARACTER', '3! CSV_CONTROL_CHARACTER', '4: 3|4']);
  });

  it('a line over the limit', async () => {
    const shape = { ...AB, maxRecordBytes: 100 };
    expect(await tell(`a,b\n1,2\n${'x'.repeat(101)},2\n3,4\n`, shape)).toEqual(['2: 1|2', '3! CSV_LINE_TOO_LONG', '4: 3|4']);
    expect(await tell(`a,b\n${'x'.repeat(98)},2\n3,4\n`, shape)).toHaveLength(2);
    expect(await tell(`a,b\n"${'x'.repeat(500)}\n3,4\n`, shape)).toEqual(['2! CSV_LINE_TOO_LONG', '3: 3|4']);
  });

  it('a last line over the limit without an end', async () => {
    expect(await tell(`a,b\n1,2\n${'x'.repeat(500)}`, { ...AB, maxRecordBytes: 100 })).toEqual(['2: 1|2', '3! CSV_LINE_TOO_LONG']);
  });
});

async function* broken(): AsyncGenerator<Uint8Array> {
  yield bytes('a,b\n1,2\n');
  throw new Error('disk gone');
}

describe('a file far larger than memory should be', () => {
  it('of one endless line is refused by its line number, holding no more than the limit', async () => {
    const chunk = new Uint8Array(1 << 20).fill(0x78);
    async function* endless(): AsyncGenerator<Uint8Array> {
      yield bytes('a,b\n1,2\n');
      // 2 GiB in all; the same chunk again and again, so that only the reader could make memory grow.
      for (let i = 0; i < 2048; i += 1) yield chunk;
      yield bytes('\n3,4\n');
    }
    const before = process.memoryUsage().arrayBuffers;
    expect((await all(readCsv(endless(), AB))).map(told)).toEqual(['2: 1|2', '3! CSV_LINE_TOO_LONG', '4: 3|4']);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(16 << 20);
  });

  it('gives rows while it is read', async () => {
    let handed = 0;
    async function* many(): AsyncGenerator<Uint8Array> {
      yield bytes('a,b\n');
      for (; handed < 1000; handed += 1) yield bytes('1,2\n'.repeat(100));
    }
    for await (const item of readCsv(many(), AB)) {
      expect(item.kind).toBe('row');
      break;
    }
    expect(handed).toBeLessThan(20);
  });

  it('may be broken off by what reads it: the error comes through', async () => {
    await expect(all(readCsv(broken(), AB))).rejects.toThrow('disk gone');
  });
});

const piece = fc
  .oneof(
    fc.constantFrom('a,b\n', '1,2\n', '"', '""', '\n', '\r\n', ',', '\uFEFF', 'x', '"x,y",2\r\n', '"open\n', '3,4', 'کوئٹہ'),
    fc.string({ maxLength: 6 }),
  )
  .map((s) => Buffer.from(s));
const pieces = fc.array(fc.oneof(piece, fc.uint8Array({ maxLength: 5 })), { maxLength: 30 }).map((parts) => new Uint8Array(Buffer.concat(parts)));
const files = fc.tuple(fc.boolean(), pieces).map(([header, content]) => (header ? bytes('a,b\n', [...content]) : content));

describe('whatever the bytes', () => {
  it('reading never throws, and lines rise', async () => {
    await fc.assert(
      fc.asyncProperty(files, fc.constantFrom(16, 64, 65_536), async (content, maxRecordBytes) => {
        const lines = (await items(content, { ...AB, maxRecordBytes })).flatMap((i) =>
          i.kind === 'row' ? i.line : i.kind === 'fault' ? i.fault.line : [],
        );
        expect(lines).toEqual(lines.toSorted((x, y) => x - y));
        expect(Math.max(0, ...lines)).toBeLessThanOrEqual(content.filter((b) => b === 0x0a).length + 1);
      }),
      { numRuns: 250 },
    );
  });

  it('where the chunks are cut changes nothing', async () => {
    await fc.assert(
      fc.asyncProperty(files, fc.array(fc.nat(200)), fc.constantFrom(16, 65_536), async (content, cuts, maxRecordBytes) => {
        const shape = { ...AB, maxRecordBytes };
        expect(await items(content, shape, cuts)).toEqual(await items(content, shape));
      }),
      { numRuns: 250 },
    );
  });

  it('what is written is what is read', async () => {
    const value = fc.string({ unit: 'grapheme', maxLength: 12 }).map((s) => s.replaceAll(/\p{Cc}/gu, '').trim());
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(value, value), { maxLength: 600 }), fc.constantFrom('\n', '\r\n'), async (rows, end) => {
        const content = ['a,b', ...rows.map((r) => r.map(quoted).join(','))].join(end);
        expect(await tell(content)).toEqual(rows.map(([a, b], i) => `${i + 2}: ${a}|${b}`));
      }),
      { numRuns: 60 },
    );
  });

  it('one bad row among good ones costs only itself', async () => {
    const bad = fc.constantFrom('x', 'x,y,z', 'x"y,z', '"x"y,z', '"x', 'x,"', '\u0000,1', '"a,b');
    await fc.assert(
      fc.asyncProperty(fc.nat(300), fc.nat(300), bad, async (before, after, row) => {
        const content = `a,b\n${'1,2\n'.repeat(before)}${row}\n${'3,4\n'.repeat(after)}`;
        const found = await items(content);
        expect(found.filter((i) => i.kind === 'row')).toHaveLength(before + after);
        expect(
          found
            .filter((i) => i.kind === 'fault')
            .map(told)
            .map((t) => t.split('!')[0]),
        ).toEqual([String(before + 2)]);
      }),
      { numRuns: 100 },
    );
  });
});

describe('a record', () => {
  it('of any values and quotes is cut as csv-parse cuts it, or refused where csv-parse refuses it', async () => {
    const text = fc.array(fc.constantFrom('a', 'b', '"', '""', ',', ' ', '","', ',"', '",', '\t', 'é'), { minLength: 1, maxLength: 14 }).map((parts) => parts.join('')).filter((t) => t.trim() !== '');
    await fc.assert(fc.asyncProperty(text, async (record) => {
      let expected: string[] | null;
      try {
        expected = (parse(record, { relax_column_count: true, record_delimiter: ['\r\n', '\n'] })[0] ?? []).map((cell) => cell.trim());
      } catch {
        expected = null;
      }
      const columns = Array.from({ length: expected?.length ?? 1 }, (_, i) => `c${i}`), [item] = await items(`${columns.join(',')}\n${record}`, { required: columns });
      expect(item?.kind === 'row' ? Object.values(item.values) : null).toEqual(expected);
    }), { numRuns: 1000 });
  });
});
