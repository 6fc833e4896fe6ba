import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Mark, MarkCandidate, PlateCues } from '../../src/plate/mark.ts';
import { parsePlate } from '../../src/plate/parse.ts';
import { anyText, civilSeries, markOfSeries } from './any-mark.ts';

function candidates(text: string, cues: PlateCues = {}): readonly [MarkCandidate, ...MarkCandidate[]] {
  const parse = parsePlate(text, cues);
  if (parse.kind !== 'mark') throw new Error(`${text} is ${JSON.stringify(parse)}`);
  return parse.candidates;
}
const best = (text: string, cues: PlateCues = {}): Mark => candidates(text, cues)[0].mark;
const jurisdictions = (text: string, cues: PlateCues = {}): (string | null)[] => [...new Set(candidates(text, cues).map((one) => one.mark.jurisdiction))];

describe('the same letters and digits in several jurisdictions', () => {
  it.each(['ACD-714', 'AAD-908', 'ABH 041'])('%s is Sindh, Islamabad or Punjab: without a cue the first candidate names none', (text) => {
    expect(best(text)).toMatchObject({ jurisdiction: null, series: null, class: null });
    expect(jurisdictions(text)).toEqual(expect.arrayContaining([null, 'SD', 'IS', 'PB']));
  });

  it.each(['C-8649', 'B 3237', 'A-1214'])('%s is old Karachi, old Islamabad or a district of KP', (text) => {
    expect(jurisdictions(text)).toEqual(expect.arrayContaining([null, 'SD', 'IS', 'KP']));
    expect(best(text).jurisdiction).toBeNull();
  });

  it.each([['SINDH', 'SD'], ['KARACHI', 'SD'], ['ICT-ISLAMABAD', 'IS'], ['PUNJAB', 'PB'], ['GOVT OF BALOCHISTAN', 'BA'], ['PESHAWAR', 'KP'], ['سندھ', 'SD']])(
    'the word %s names %s', (word, jurisdiction) => {
      expect(best('AAD908', { words: [word] }).jurisdiction).toBe(jurisdiction);
    });

  it('understands a caption with one character misread, and ignores other words', () => {
    expect(best('AAD908', { words: ['KARACH1'] }).jurisdiction).toBe('SD');
    expect(best('AAD908', { words: ['ISLAMABAO'] }).jurisdiction).toBe('IS');
    expect(best('AAD908', { words: ['TOYOTA MOTORS', 'MUGHAL', 'CITY'] }).jurisdiction).toBeNull();
  });

  it.each<[PlateCues, string]>([
    [{ ground: 'yellow', lines: 1 }, 'SD'], [{ leftBand: 'blue' }, 'IS'], [{ leftBand: 'green', lines: 2 }, 'PB'],
  ])('%j points to %s', (cues, jurisdiction) => {
    expect(best('BCS412', cues).jurisdiction).toBe(jurisdiction);
  });

  it('takes colour as a hint only: a black owner-made plate stays what its letters say', () => {
    expect(best('LZF 7675', { ground: 'black' })).toMatchObject({ jurisdiction: 'PB', letters: 'LZF', number: '7675' });
  });

  it('takes the jurisdiction from a caller who knows it', () => {
    for (const jurisdiction of ['SD', 'IS', 'PB', 'BA']) expect(best('AAD908', { jurisdiction }).jurisdiction).toBe(jurisdiction);
  });

  it('reads the district of KP and Balochistan as part of the mark', () => {
    expect(best('A-1214', { words: ['SWAT'] })).toMatchObject({ jurisdiction: 'KP', district: 'SWAT', letters: 'A', number: '1214' });
    expect(best('AB 1234', { words: ['BALOCHISTAN', 'QUETTA'] })).toMatchObject({ jurisdiction: 'BA', district: 'QUETTA' });
    expect(best('AB 1234', { words: ['LAHORE'] }).district).toBeNull();
  });

  it('trusts the place in a dealer\'s name less', () => {
    expect(best('LEB 1234', { words: ['QUETTA'] }).jurisdiction).toBe('BA');
    expect(best('LEB 1234', { words: ['TOYOTA QUETTA MOTORS'] }).jurisdiction).not.toBe('BA');
  });
});

describe('the year of Punjab plates', () => {
  it.each<[string, string, string, string]>([
    ['LEH075789', 'LEH', '07', '5789'], ['LE188902', 'LE', '18', '8902'], ['GA10124', 'GA', '10', '124'], ['LEA10565', 'LEA', '10', '565'], ['LEB-11-31', 'LEB', '11', '31'],
    ['LEE-08-45', 'LEE', '08', '45'], ['LEC·13 8447', 'LEC', '13', '8447'], ['LEH⁰⁷5789', 'LEH', '07', '5789'],
  ])('%s has the year where the letters end', (text, letters, year, number) => {
    expect(best(text)).toMatchObject({ letters, year, number, jurisdiction: 'PB' });
  });

  it('is part of the mark: never merged into the number', () => {
    expect(best('LE-18 8902')).toMatchObject({ letters: 'LE', year: '18', number: '8902' });
  });

  it('comes from the raised digits, whether they are in the text as well or not', () => {
    expect(best('LEC8447', { raisedYear: '14', lines: 2 })).toMatchObject({ letters: 'LEC', year: '14', number: '8447', series: 'PB-Y' });
    expect(best('LEC148447', { raisedYear: '14', lines: 2 })).toMatchObject({ letters: 'LEC', year: '14', number: '8447', series: 'PB-Y' });
    expect(best('LEB1131', { raisedYear: '11', lines: 2, lettersLength: 3 })).toMatchObject({ letters: 'LEB', year: '11', number: '31' });
    expect(best('LEE45', { raisedYear: '08', lines: 2 })).toMatchObject({ letters: 'LEE', year: '08', number: '45' });
  });

  it('stays unread when a bolt hides it: the letters and the number stand', () => {
    expect(best('LEA3679', { leftBand: 'green', lines: 2 })).toMatchObject({ jurisdiction: 'PB', letters: 'LEA', year: null, number: '3679' });
  });

  it('is told as the other reading where a number could begin with it', () => {
    const readings = candidates('LEB1131').map((one) => `${one.mark.year}/${one.mark.number}`);
    expect(readings[0]).toBe('null/1131');
    expect(readings).toContain('11/31');
  });

  it('is no part of a Sindh mark, which may have a tiny year embossed', () => {
    expect(best('BCS036', { raisedYear: '13', words: ['SINDH'], ground: 'yellow', lines: 1 })).toMatchObject({ jurisdiction: 'SD', year: null, number: '036' });
  });

  it('is refused outside 2004 to 2021', () => {
    expect(parsePlate('LEB-44-123').kind).toBe('unreadable');
    expect(parsePlate('LEB-03-1234').kind).toBe('unreadable');
    expect(candidates('LEB5123', { raisedYear: '44' }).every((one) => one.mark.year === null)).toBe(true);
  });

  it('may stand after the number on one-line plates', () => {
    expect(best('LAR 2337 20 B')).toMatchObject({ letters: 'LAR', number: '2337', year: '20', suffix: 'B' });
    expect(best('LAR233720B', { lines: 1 })).toMatchObject({ letters: 'LAR', number: '2337', year: '20', suffix: 'B' });
  });
});

describe('numbers and suffixes', () => {
  it.each([['AUH-9', '9'], ['LRO 47', '47'], ['GA-10-124', '124'], ['BF-0867', '0867'], ['BCS-036', '036']])('%s has the number as printed', (text, number) => {
    expect(best(text).number).toBe(number);
  });

  it('keeps a suffix letter', () => {
    expect(best('LEB-17-4201 A')).toMatchObject({ letters: 'LEB', year: '17', number: '4201', suffix: 'A' });
    expect(best('TD-483-C', { words: ['SINDH'] })).toMatchObject({ jurisdiction: 'SD', letters: 'TD', number: '483', suffix: 'C', series: 'SD-T' });
  });

  it('takes a suffix that a separator sets apart for one', () => {
    expect(candidates('LEB-17-420-I').every((one) => one.mark.suffix === 'I' && one.resolved.length === 0)).toBe(true);
    expect(best('ABZ-10-S')).toMatchObject({ number: '10', suffix: 'S' });
  });

  it('tells both readings of a last glyph that may be a suffix or a digit', () => {
    const readings = candidates('LEB17420I').map((one) => `${one.mark.number}/${one.mark.suffix}`);
    expect(readings).toEqual(expect.arrayContaining(['420/I', '4201/null']));
  });
});

describe('look-alikes that the position settles', () => {
  it.each<[string, string, string | null, string, string]>([
    ['LEBI38447', 'LEB', '13', '8447', '3I1'], ['LE8138447', 'LEB', '13', '8447', '28B'], ['LEB13844Z', 'LEB', '13', '8442', '8Z2'], ['LEH07S789', 'LEH', '07', '5789', '5S5'],
  ])('%s', (text, letters, year, number, change) => {
    const all = candidates(text);
    const found = all.find((one) => one.mark.letters === letters && one.mark.year === year && one.mark.number === number);
    expect(found?.resolved).toEqual([{ index: Number(change[0]), from: change[1], to: change[2] }]);
  });

  it('keeps the raw text beside what was resolved', () => {
    expect(parsePlate('LEBI38447').raw).toBe('LEBI38447');
  });

  it('changes nothing where the text fits as it stands', () => {
    for (const text of ['BCS-036', 'LEB-17-4201A', 'SOB-105', 'IOZ-015', 'B-0551']) expect(candidates(text)[0].resolved).toEqual([]);
  });

  it.each(['BCSO36', 'ABHO41', 'ALIS12', 'BOSS1', 'SOBIA8', 'GIBSO12'])('%s has the shape of a fancy plate, and the grammar does not correct it', (text) => {
    expect(parsePlate(text)).toMatchObject({ kind: 'fancy', raw: text });
  });

  it('resolves a glyph at the edge of the letters when the layout or a separator shows the edge', () => {
    expect(candidates('BCSO36', { lettersLength: 3 })[0]).toMatchObject({ mark: { letters: 'BCS', number: '036' }, resolved: [{ index: 3, from: 'O', to: '0' }] });
    expect(candidates('BCS-O36')[0]).toMatchObject({ mark: { letters: 'BCS', number: '036' } });
  });

  it.each(['BOSS-1', 'KHAN S1', 'KHAN 786', 'ALI SOS', 'MUGHAL'])('%s stays what it is in spite of its separator', (text) => {
    expect(parsePlate(text).kind).not.toBe('mark');
  });

  it('never turns a name with a short number into a mark', () => {
    const name = fc.string({ unit: fc.constantFrom(...'ABDEGHIKLMNORSZ'), minLength: 5, maxLength: 12 });
    fc.assert(fc.property(name, fc.stringMatching(/^\d{0,3}$/), (letters, digits) => {
      expect(parsePlate(letters + digits).kind).not.toBe('mark');
      expect(parsePlate(`${letters} ${digits}`).kind).not.toBe('mark');
    }));
  });

  it('never turns letters alone into a mark', () => {
    fc.assert(fc.property(fc.stringMatching(/^[A-Z]{1,12}$/), (letters) => {
      expect(parsePlate(letters).kind).not.toBe('mark');
    }));
  });

  it('gives a name with a number a personalised mark of no jurisdiction, so that a list can name it', () => {
    expect(parsePlate('AFRIDI 1')).toEqual({
      kind: 'fancy', raw: 'AFRIDI 1', words: ['AFRIDI'],
      mark: { jurisdiction: null, district: null, letters: 'AFRIDI', year: null, number: '1', suffix: null, class: 'personalised', series: 'VIP' },
    });
    expect(parsePlate('MUGHAL')).not.toHaveProperty('mark');
  });
});

describe('AFR: a Sindh series and the "applied for" legend', () => {
  it('is a mark with three digits', () => {
    expect(best('AFR-420', { ground: 'yellow', words: ['SINDH'] })).toMatchObject({ jurisdiction: 'SD', letters: 'AFR', number: '420', series: 'SD-3' });
    expect(best('AFR-001')).toMatchObject({ letters: 'AFR', number: '001' });
  });

  it.each(['AFR2011', 'AFR-2O11', 'AFR 7121', 'AFR 11', 'afr'])('%s is no mark', (text) => {
    expect(parsePlate(text)).toEqual({ kind: 'applied-for', raw: text });
  });

  it('with two digits on a yellow Sindh plate is a mark still', () => {
    expect(best('AFR 11', { ground: 'yellow' })).toMatchObject({ letters: 'AFR', number: '11' });
  });

  it('leaves marks beginning with the shorter legends alone', () => {
    expect(best('AF-4521')).toMatchObject({ letters: 'AF', number: '4521' });
    expect(best('AF-2007', { words: ['SINDH'] })).toMatchObject({ jurisdiction: 'SD', letters: 'AF', number: '2007' });
    expect(best('APP-201')).toMatchObject({ letters: 'APP', number: '201' });
    expect(parsePlate('AF-2007').kind).toBe('applied-for');
  });

  it('counts in the words beside a plate without a number, but not beside a mark', () => {
    expect(parsePlate('HONDA', { words: ['APPLIED FOR'] }).kind).toBe('applied-for');
    expect(best('LEB-17-4201', { words: ['APPLIED FOR'] }).letters).toBe('LEB');
  });
});

describe('vehicles from elsewhere', () => {
  it('knows Afghan province codes, surely with Persian digits', () => {
    expect(best('KDR-41180')).toMatchObject({ jurisdiction: 'AF', letters: 'KDR', number: '41180', class: 'foreign' });
    expect(best('KBL ۷۷۱۲')).toMatchObject({ jurisdiction: 'AF', letters: 'KBL', number: '7712' });
    expect(best('KBL 7712').jurisdiction).toBeNull();
  });

  it('reads Iranian plates with Persian letters and digits', () => {
    expect(best('۱۲ب۳۴۵۶۷')).toMatchObject({ jurisdiction: 'IR', letters: '12B', number: '34567', class: 'foreign' });
    expect(best('١٢ ب ٣٤٥-٦٧')).toMatchObject({ jurisdiction: 'IR', letters: '12B', number: '34567' });
    expect(best('12B34567').letters).toBe('12B');
  });

  it('tells a military plate from an Iranian one by where it is cut', () => {
    expect(parsePlate('97-B-22118')).toMatchObject({ kind: 'official' });
    expect(best('97 B 221-18')).toMatchObject({ jurisdiction: 'IR' });
  });

  it('takes the broad arrow as military', () => {
    expect(parsePlate('↑97B22118')).toMatchObject({ kind: 'official', series: 'MIL' });
  });

  it('knows diplomatic plates, surely on red', () => {
    expect(best('CD-27-041')).toMatchObject({ class: 'diplomatic', letters: 'CD', number: '27041', series: 'DIP' });
    expect(best('CC-14-203', { ground: 'red' })).toMatchObject({ class: 'diplomatic', number: '14203' });
  });
});

describe('class', () => {
  it.each<[string, PlateCues, Mark['class']]>([
    ['LEC148447', { leftBand: 'green', lines: 2, ground: 'white' }, 'private'], ['LET-16-1313', { leftBand: 'green', lines: 2, ground: 'yellow' }, 'commercial'],
    ['STT-07-6663', { ground: 'green', lines: 2 }, 'government'], ['BCS036', { ground: 'yellow', lines: 1, words: ['SINDH'] }, 'private'],
    ['JY-4321', { ground: 'black', lines: 1, words: ['SINDH'] }, 'commercial'], ['KDG-7781', { words: ['SINDH'] }, 'motorcycle'],
    ['D-8103', { ground: 'yellow', words: ['ABBOTTABAD'] }, 'commercial'], ['LEH075789', {}, null], ['LEG-09-1121', { words: ['POLICE'] }, 'police'],
  ])('of %s with %j is %s', (text, cues, expected) => {
    expect(best(text, cues).class).toBe(expected);
  });
});

describe('text as it comes from a plate', () => {
  it.each(['BCS 036', 'bcs-036', 'BCS·036', 'BCS.036', 'BCS•036', ' BCS\n036 ', 'B C S 0 3 6', 'ＢＣＳ０３６', 'BCS—036', '"BCS" 036', 'BCS ٠٣٦'])('%j is BCS and 036', (text) => {
    expect(best(text)).toMatchObject({ letters: 'BCS', number: '036' });
  });

  it('takes captions off and uses them', () => {
    expect(best('SINDH AVE 068')).toMatchObject({ jurisdiction: 'SD', letters: 'AVE', number: '068' });
    expect(best('ICT NF·517 ISLAMABAD')).toMatchObject({ jurisdiction: 'IS', letters: 'NF', number: '517' });
    expect(best('AJK 4410')).toMatchObject({ letters: 'AJK', number: '4410' });
    expect(best('KPK 14 254 Y')).toMatchObject({ letters: 'KPK', number: '254', suffix: 'Y' });
    expect(best('MUGHAL BEM-432')).toMatchObject({ letters: 'BEM', number: '432' });
    expect(best('کوئٹہ AB 1234')).toMatchObject({ jurisdiction: 'BA', letters: 'AB', number: '1234' });
  });

  it.each([
    ['', 'no letter and no digit'], ['---', 'no letter and no digit'], ['12345', 'no letters'], ['LE', 'no number'], ['MH02BM5048', 'fits no known series'], ['АВС 123', 'script'],
    ['A1'.repeat(100), '200 characters'], ['AB12 '.repeat(12), 'more letters and digits'],
  ])('%j is unreadable, with the reason', (text, reason) => {
    expect(parsePlate(text)).toMatchObject({ kind: 'unreadable', raw: text, reason: expect.stringContaining(reason) });
  });

  it('takes a text of no known series apart by the general shape where it can', () => {
    expect(best('ABC 123 D', { jurisdiction: 'SD' })).toMatchObject({ letters: 'ABC', number: '123', suffix: 'D' });
  });
});

describe('whatever is handed in', () => {
  const anyCues: fc.Arbitrary<PlateCues> = fc.record({
    words: fc.array(fc.oneof(anyText, fc.constantFrom('SINDH', 'PUNJAB', 'QUETTA', 'AZAD', 'KASHMIR', 'POLICE', 'ARMY')), { maxLength: 4 }),
    ground: fc.constantFrom('white', 'yellow', 'black', 'green', 'blue', 'red', null), leftBand: fc.constantFrom('green', 'blue', null), lines: fc.nat(3),
    raisedYear: fc.oneof(fc.constant(null), fc.stringMatching(/^\d{2}$/), fc.string()), lettersLength: fc.integer({ min: -1, max: 40 }), jurisdiction: fc.constantFrom('PB', 'SD', 'XX', null),
  }, { requiredKeys: [] });

  it('nothing throws, and the raw text comes back as it was', () => {
    fc.assert(fc.property(anyText, anyCues, (text, cues) => {
      expect(parsePlate(text, cues).raw).toBe(text);
    }), { numRuns: 400 });
  });

  it('scores fall and sum to at most one, and every candidate is told once', () => {
    const text = fc.oneof(anyText, fc.constantFrom(...civilSeries).chain(markOfSeries).map((m) => m.letters + (m.year ?? '') + m.number + (m.suffix ?? '')));
    fc.assert(fc.property(text, anyCues, (glyphs, cues) => {
      const parse = parsePlate(glyphs, cues);
      if (parse.kind !== 'mark') return;
      const scores = parse.candidates.map((one) => one.score);
      expect(scores.reduce((sum, score) => sum + score, 0)).toBeLessThanOrEqual(1 + 1e-9);
      expect(scores.every((score, i) => score > 0 && score <= (scores[i - 1] ?? 1))).toBe(true);
      const marks = parse.candidates.map((one) => JSON.stringify([one.mark.series, one.mark.letters, one.mark.year, one.mark.number, one.mark.suffix]));
      expect(new Set(marks).size).toBe(marks.length);
    }), { numRuns: 400 });
  });

  it('what was resolved leads from the text to the mark', () => {
    const blurred = fc.constantFrom(...civilSeries).chain(markOfSeries)
      .map((m) => (m.letters + (m.year ?? '') + m.number + (m.suffix ?? '')).replace(/[015826]/, (d) => ({ 0: 'O', 1: 'I', 5: 'S', 8: 'B', 2: 'Z', 6: 'G' })[d] ?? d));
    fc.assert(fc.property(blurred, (glyphs) => {
      const parse = parsePlate(glyphs);
      if (parse.kind !== 'mark') return;
      for (const one of parse.candidates) {
        const put = [...glyphs];
        for (const { index, from, to } of one.resolved) {
          expect(put[index]).toBe(from);
          put[index] = to;
        }
        // The year may stand on either side of the number.
        const { letters, year, number, suffix } = one.mark;
        const written = [`${letters}${year ?? ''}${number}${suffix ?? ''}`, `${letters}${number}${year ?? ''}${suffix ?? ''}`];
        expect(written).toContain(put.join(''));
      }
    }), { numRuns: 300 });
  });

  it('the same text and cues give the same answer', () => {
    fc.assert(fc.property(anyText, anyCues, (text, cues) => {
      expect(parsePlate(text, cues)).toEqual(parsePlate(text, cues));
    }));
  });
});
