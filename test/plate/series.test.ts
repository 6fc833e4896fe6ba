import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseMark, parsePlate } from '../../src/plate/parse.ts';
import { loadSeries, shippedSeries } from '../../src/plate/series.ts';
import type { SeriesTable } from '../../src/plate/series.ts';

const shippedFile = (): Record<string, unknown> => JSON.parse(readFileSync(join(import.meta.dirname, '../../src/plate/jurisdictions.json'), 'utf8')) as Record<string, unknown>;
const zhob = {
  id: 'BA-ZB', jurisdiction: 'BA', name: 'Zhob private', from: '2021', certainty: 'H', letters: ['ZBB?'], digits: '4', class: 'private',
  looks: [{ ground: 'white', lines: 1, class: 'private' }], examples: ['ZBBA-0417'],
};

function loaded(json: unknown): SeriesTable {
  const result = loadSeries(json);
  if (result.kind === 'faults') throw new Error(JSON.stringify(result.faults));
  return result.table;
}
const faults = (json: unknown): string[] => {
  const result = loadSeries(json);
  return result.kind === 'faults' ? result.faults.map((fault) => `${fault.path}: ${fault.message}`) : [];
};
const best = (text: string, table: SeriesTable) => {
  const parse = parsePlate(text, {}, table);
  return parse.kind === 'mark' ? parse.candidates[0].mark : parse.kind;
};

describe('the shipped series', () => {
  it('load, each with examples that fit it', () => {
    expect(loadSeries(shippedFile(), null).kind).toBe('loaded');
    expect([...shippedSeries().jurisdictions.keys()]).toEqual(['PB', 'SD', 'IS', 'KP', 'BA', 'AJ', 'GB', 'PK', 'AF', 'IR']);
  });

  it('mark Balochistan\'s series as the placeholders that they are', () => {
    expect(shippedSeries().series.filter((one) => one.jurisdiction === 'BA').map((one) => one.certainty)).toEqual(['L', 'L', 'L']);
  });
});

describe('a series that an operator adds', () => {
  it('is parsed, without any code', () => {
    expect(best('ZBBA 0417', shippedSeries())).toBe('fancy');
    expect(best('ZBBA 0417', loaded({ series: [zhob] }))).toMatchObject({ jurisdiction: 'BA', letters: 'ZBBA', number: '0417', class: 'private', series: 'BA-ZB' });
  });

  it('leaves all other marks as they were', () => {
    const table = loaded({ series: [zhob] });
    for (const text of ['LEH-07-5789', 'BCS-036', 'AFR-2011', 'KHAN 1']) expect(parsePlate(text, {}, table)).toEqual(parsePlate(text));
  });

  it('weighs more than a placeholder, so that its marks name Balochistan', () => {
    const certain = { ...zhob, id: 'BA-3', letters: ['QW?'], digits: '4', examples: ['QWA-1234'], from: '2015' };
    expect(best('QWA-1234', shippedSeries())).not.toMatchObject({ jurisdiction: 'BA' });
    expect(best('QWA-1234', loaded({ series: [certain] }))).toMatchObject({ jurisdiction: 'BA', series: 'BA-3' });
  });

  it('may replace a shipped one or take it away', () => {
    const replaced = loaded({ series: [{ ...zhob, id: 'BA-1' }], remove: ['BA-M', 'BA-G'] });
    expect(replaced.series.filter((one) => one.jurisdiction === 'BA').map((one) => [one.id, one.letters])).toEqual([['BA-1', ['ZBB?']]]);
  });

  it('may belong to a new jurisdiction, with its words', () => {
    const table = loaded({ jurisdictions: [{ code: 'XN', name: 'Elsewhere', words: ['NOWHERELAND'] }], series: [{ ...zhob, id: 'XN-1', jurisdiction: 'XN', letters: ['??'], examples: ['AB-1234'] }] });
    const parse = parsePlate('AB 1234', { words: ['NOWHERELAND'] }, table);
    expect(parse.kind === 'mark' && parse.candidates[0].mark.jurisdiction).toBe('XN');
    expect(parseMark('XN:AB 1234', table)).toMatchObject({ mark: { jurisdiction: 'XN', series: 'XN-1' } });
  });

  it('adds words and places to a jurisdiction and keeps the shipped ones', () => {
    const table = loaded({ jurisdictions: [{ code: 'BA', name: 'Balochistan', places: ['USTA MUHAMMAD'] }] });
    const districts = ['USTA MUHAMMAD', 'QUETTA'].map((word) => {
      const parse = parsePlate('AB 1234', { words: [word] }, table);
      return parse.kind === 'mark' ? parse.candidates[0].mark.district : null;
    });
    expect(districts).toEqual(['USTA MUHAMMAD', 'QUETTA']);
  });

  it('may weigh a jurisdiction by the traffic of the place', () => {
    const table = loaded({ jurisdictions: [{ code: 'SD', name: 'Sindh', traffic: 40 }] });
    expect(best('ACD-714', shippedSeries())).toMatchObject({ jurisdiction: null });
    expect(best('ACD-714', table)).toMatchObject({ jurisdiction: 'SD' });
  });
});

describe('a faulty file of series', () => {
  it.each<[string, unknown, string]>([
    ['no object', [], '(file)'],
    ['an unknown field', { serie: [] }, 'serie'],
    ['letters in lower case', { series: [{ ...zhob, letters: ['zb?'] }] }, 'series[0].letters[0]: is not a letter pattern'],
    ['a count that is none', { series: [{ ...zhob, digits: 'four' }] }, 'series[0].digits: is not a count'],
    ['a count that runs backwards', { series: [{ ...zhob, digits: '4-1' }] }, 'series[0].digits: is a range whose first number is the larger'],
    ['an unknown jurisdiction', { series: [{ ...zhob, jurisdiction: 'BX' }] }, 'series[0].jurisdiction: BX is not among the jurisdictions'],
    ['an example of another form', { series: [{ ...zhob, examples: ['ZBBA-0417', 'ZAA-12'] }] }, 'series[0].examples[1]: ZAA-12 does not fit the layout that BA-ZB gives'],
    ['no example', { series: [{ ...zhob, examples: [] }] }, 'series[0].examples'],
    ['one id twice', { series: [zhob, zhob] }, 'series[1].id: BA-ZB stands twice'],
    ['a year without its range', { series: [{ ...zhob, layout: ['letters', 'year', 'number'] }] }, 'series[0].year: is missing'],
    ['a range of years that no part uses', { series: [{ ...zhob, year: '04-21' }] }, 'series[0].year: is given'],
    ['a layout without a number', { series: [{ ...zhob, layout: ['letters', 'suffix'] }] }, 'series[0].layout: needs "number" exactly once'],
    ['an unknown colour', { series: [{ ...zhob, looks: [{ ground: 'pink' }] }] }, 'series[0].looks[0].ground'],
    ['the removal of what is not there', { remove: ['BA-77'] }, 'remove[0]: BA-77 is not a series that could be removed'],
    ['a date that is none', { series: [{ ...zhob, from: 'last year' }] }, 'series[0].from: is not a date'],
  ])('with %s is told where and what', (_, json, expected) => {
    expect(faults(json).join('\n')).toContain(expected);
  });

  it('is told all its faults at once', () => {
    expect(faults({ series: [{ ...zhob, digits: 'x', letters: ['??????'] }] }).length).toBe(2);
  });

  it('never throws, whatever the JSON', () => {
    fc.assert(fc.property(fc.jsonValue(), (json) => {
      expect(['loaded', 'faults']).toContain(loadSeries(json).kind);
    }));
    const damaged = fc.tuple(fc.constantFrom(...Object.keys(zhob)), fc.jsonValue()).map(([field, value]) => ({ series: [{ ...zhob, [field]: value }] }));
    fc.assert(fc.property(damaged, (json) => {
      expect(['loaded', 'faults']).toContain(loadSeries(json).kind);
    }));
  });
});

describe('the example that the operators\' page gives', () => {
  it('loads and parses as the page says', () => {
    const page = readFileSync(join(import.meta.dirname, '../../docs/plate-series.md'), 'utf8');
    const table = loaded(JSON.parse(/```json\n([\s\S]+?)```/.exec(page)?.[1] ?? ''));
    expect(table.series.some((one) => one.id === 'BA-1')).toBe(false);
    expect(best('QTA-036', table)).toMatchObject({ letters: 'QTA', number: '036' });
    const parse = parsePlate('QTA-036', { words: ['QUETTA'] }, table);
    expect(parse.kind === 'mark' && parse.candidates[0].mark).toMatchObject({ jurisdiction: 'BA', district: 'QUETTA', series: 'BA-QT', class: 'private' });
  });
});
