import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { PlateLabel } from '../../src/accuracy/label.ts';
import { LABEL_COLUMNS, labelCells, readLabels, writeRows } from '../../src/accuracy/labels-csv.ts';
import { all, chunksOf } from '../list/chunks.ts';

const HEADER = `${LABEL_COLUMNS.join(',')}\n`;
const items = (content: string | Uint8Array) => all(readLabels(chunksOf(content)));

/** Each item in a few words: the file of a label, the line and code of a fault. */
async function told(content: string | Uint8Array): Promise<string[]> {
  return (await items(content)).map((item) => (item.kind === 'label' ? item.label.file : item.kind === 'fault' ? `${item.fault.line}! ${item.fault.code}` : `# ${item.message}`));
}

async function messageOf(row: string): Promise<string> {
  const fault = (await items(`${HEADER}${row}\n`)).find((item) => item.kind === 'fault');
  return fault?.kind === 'fault' ? fault.fault.message : '';
}

const good = 'gate,a/one.jpg,scene,10,20.5,100,40,LEB8147,LEB138147,PB,2,1,bolt over the year';

describe('a label file', () => {
  it('gives a label a row', async () => {
    expect(await items(`${HEADER}${good}\n`)).toEqual([expect.objectContaining({
      kind: 'label', line: 2,
      label: {
        set: 'gate', file: 'a/one.jpg', kind: 'scene', box: { x: 10, y: 20.5, width: 100, height: 40 },
        text: 'LEB8147', textFull: 'LEB138147', region: 'PB', lines: 2, legible: true, notes: 'bolt over the year',
      },
    })]);
  });

  it('may leave out set, region, lines and notes', async () => {
    const [item] = await items('file,kind,x,y,w,h,text,text_full,legible\na.jpg,crop,0,0,0,0,BCS036,,1\n');
    expect(item).toMatchObject({ kind: 'label', label: { set: 'all', region: '', lines: null, notes: '' } });
  });

  it('must have the others', async () => {
    expect(await told('file,kind,x,y,w,h,text\na.jpg,crop,0,0,0,0,BCS036\n')).toEqual(['1! CSV_HEADER']);
  });

  it('says which columns are not used, and keeps their cells', async () => {
    const found = await items('file,kind,x,y,w,h,text,text_full,legible,weather\na.jpg,crop,0,0,0,0,BCS036,,1,dust\n');
    expect(found[0]).toMatchObject({ kind: 'note', message: expect.stringContaining('weather') });
    expect(found[1]).toMatchObject({ kind: 'label', values: { weather: 'dust' } });
  });

  it('may say of a picture that no plate is in it, and of a plate that nobody can read it', async () => {
    expect(await told(`${HEADER}negatives,no.jpg,scene,0,0,0,0,,,,,0,\ngate,blur.jpg,scene,5,5,40,20,,,,,0,\nnegatives,empty.jpg,scene,,,,,,,,,,\n`)).toEqual(['no.jpg', 'blur.jpg', 'empty.jpg']);
  });

  it('may use the other slash', async () => {
    expect(await told(`${HEADER}gate,.\\a\\one.jpg,crop,,,,,BCS036,,,,1,\n`)).toEqual(['a/one.jpg']);
  });
});

describe('a row that is no label is one fault with its line, and the rest goes on:', () => {
  it.each([
    ['gate,a.jpg,video,0,0,0,0,BCS036,,,,1,', 'LABEL_KIND', /"video".*scene.*crop/],
    ['gate,,scene,0,0,9,9,BCS036,,,,1,', 'LABEL_FILE', /names no picture/],
    ['gate,/etc/passwd,scene,0,0,9,9,BCS036,,,,1,', 'LABEL_FILE', /below the folder/],
    ['gate,a/../../b.jpg,scene,0,0,9,9,BCS036,,,,1,', 'LABEL_FILE', /below the folder/],
    ['gate,C:\\a.jpg,scene,0,0,9,9,BCS036,,,,1,', 'LABEL_FILE', /below the folder/],
    ['gate,a.jpg,scene,ten,0,9,9,BCS036,,,,1,', 'LABEL_NUMBER', /column "x" says "ten"/],
    ['gate,a.jpg,scene,0,1e3,9,9,BCS036,,,,1,', 'LABEL_NUMBER', /column "y"/],
    ['gate,a.jpg,scene,0,0,-9,9,BCS036,,,,1,', 'LABEL_NUMBER', /no negative size/],
    ['gate,a.jpg,scene,0,0,9,NaN,BCS036,,,,1,', 'LABEL_NUMBER', /column "h"/],
    ['gate,a.jpg,scene,0,0,9,99999999,BCS036,,,,1,', 'LABEL_NUMBER', /column "h"/],
    ['gate,a.jpg,scene,0,0,9,9,BCS036,,,two,1,', 'LABEL_LINES', /"two"/],
    ['gate,a.jpg,scene,0,0,9,9,BCS036,,,,yes,', 'LABEL_LEGIBLE', /"yes"/],
    ['gate,a.jpg,scene,0,0,9,9,,,,,1,', 'LABEL_TEXT', /no text/],
    ['gate,a.jpg,crop,0,0,0,0,,,,,1,', 'LABEL_TEXT', /no text/],
    ['gate,a.jpg,scene,0,0,9,9,,LEB138147,,,1,', 'LABEL_TEXT', /without its year/],
    ['gate,a.jpg,scene,0,0,9,9,۱۲۳,,,,1,', 'LABEL_TEXT', /A–Z and digits/],
    [`gate,a.jpg,scene,0,0,9,9,${'A'.repeat(61)},,,,1,`, 'LABEL_TEXT', /over 60/],
    ['gate,a.jpg,scene,0,0,0,0,BCS036,,,,1,', 'LABEL_BOX', /x,y,w,h/],
    ['gate,a.jpg,scene,0,0', 'CSV_COLUMNS', /5 values/],
  ])('%s', async (row, code, message) => {
    expect(await told(`${HEADER}${good}\n${row}\n${good}\n`)).toEqual(['a/one.jpg', `3! ${code}`, 'a/one.jpg']);
    expect(await messageOf(row)).toMatch(message);
  });

  it('a picture that is a scene in one row and a crop in another', async () => {
    expect(await told(`${HEADER}${good}\n${good.replace('scene', 'crop')}\n`)).toEqual(['a/one.jpg', '3! LABEL_KIND']);
  });
});

const word = fc.string({ unit: 'grapheme', maxLength: 12 }).map((s) => s.replaceAll(/[\p{Cc}\p{Z}]/gu, ' ').trim());
const mark = fc.stringMatching(/^[A-Z]{2,3}[- ]?[0-9]{3,4}$/);
const pixels = fc.integer({ min: 1, max: 99_999 }).map((n) => n / 4);
const label: fc.Arbitrary<PlateLabel> = fc.record({
  set: word.map((w) => w || 'all'), file: fc.stringMatching(/^[a-z=+@-][a-z0-9 ,"';_-]{0,10}\.jpg$/), kind: fc.constantFrom('scene' as const, 'crop' as const),
  box: fc.record({ x: pixels, y: pixels, width: pixels, height: pixels }), text: mark, textFull: fc.oneof(fc.constant(''), mark), region: word,
  lines: fc.constantFrom(null, 1, 2, 3), legible: fc.boolean(), notes: word,
});

describe('whatever is labelled', () => {
  it('what is written is what is read', async () => {
    await fc.assert(fc.asyncProperty(fc.uniqueArray(label, { maxLength: 30, selector: (l) => l.file }), async (labels) => {
      const read = await items(writeRows(labels.map(labelCells)));
      expect(read.map((item) => (item.kind === 'label' ? item.label : item))).toEqual(labels);
    }), { numRuns: 100 });
  });

  it('control characters in a note do not break the file', async () => {
    await fc.assert(fc.asyncProperty(fc.string({ unit: 'binary', maxLength: 20 }), async (notes) => {
      const wellFormed = Buffer.from(notes).toString(), [one] = fc.sample(label, { numRuns: 1, seed: 1 }) as [PlateLabel];
      expect(await told(writeRows([{ ...labelCells(one), notes: wellFormed }, labelCells(one)]))).toEqual([one.file, one.file]);
    }));
  });

  const cell = fc.oneof(fc.constantFrom('', 'scene', 'crop', '0', '1', '-1', '12', 'x.jpg', '../x', '"', '""', '\n', '\r\n', '=1+1', 'NaN', '\u0000', 'کوئٹہ'), fc.string({ maxLength: 6 }));
  it('reading never throws, lines rise, and every row is a label or a fault', async () => {
    await fc.assert(fc.asyncProperty(fc.array(fc.array(cell, { maxLength: 15 }), { maxLength: 12 }), fc.boolean(), async (rows, header) => {
      const read = await items((header ? HEADER : '') + rows.map((r) => r.join(',')).join('\n'));
      const lines = read.flatMap((item) => (item.kind === 'label' ? item.line : item.kind === 'fault' ? item.fault.line : []));
      expect(lines).toEqual(lines.toSorted((a, b) => a - b));
      for (const item of read) if (item.kind === 'fault') expect(item.fault.message.length).toBeGreaterThan(20);
    }), { numRuns: 300 });
  });

  it('and whatever the bytes', async () => {
    await fc.assert(fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (bytes) => {
      await items(new Uint8Array(Buffer.concat([Buffer.from(HEADER), bytes])));
    }), { numRuns: 200 });
  });
});
