import { describe, expect, it } from 'vitest';
import { calibrationChart } from '../../src/accuracy/calibration-chart.ts';
import { confusionChart } from '../../src/accuracy/confusion-chart.ts';
import { confusionOf, mistakes } from '../../src/accuracy/confusion.ts';
import type { PlateLabel } from '../../src/accuracy/label.ts';
import { missesOf, missesPage } from '../../src/accuracy/misses-page.ts';
import { scoreReader } from '../../src/accuracy/reader-score.ts';
import { reportPage } from '../../src/accuracy/report-page.ts';
import { scorePictures } from '../../src/accuracy/score.ts';
import { answered, labelled, read } from './labelled.ts';

const texts = (pairs: readonly (readonly [truth: string, got: string])[]) => {
  const labels = pairs.map(([truth], i) => labelled({ file: `${i}.jpg`, text: truth }));
  return scorePictures(labels, new Map(pairs.map(([, got], i) => [`${i}.jpg`, answered(read(got))])));
};

describe('the confusion matrix', () => {
  it('counts what each character was read as, missed and added ones too, most frequent first', () => {
    const matrix = confusionOf(texts([['BCS036', '8CS036'], ['BCS036', '8CS036'], ['LEB147', 'LEB14'], ['AFN902', 'AFN9020'], ['AFN902', 'AFN902']]));
    expect(mistakes(matrix)).toEqual([{ truth: 'B', read: '8', n: 2 }, { truth: '7', read: null, n: 1 }, { truth: null, read: '0', n: 1 }]);
    expect(matrix.pairs.find((p) => p.truth === 'A' && p.read === 'A')?.n).toBe(2);
    expect(matrix).toMatchObject({ reads: 5, leftOut: 0 });
  });

  it('leaves out reads that are mostly wrong: nothing tells what stands for what', () => {
    expect(confusionOf(texts([['BCS036', 'XYZ999'], ['BCS036', 'BCS999'], ['BCS036', '']]))).toMatchObject({ reads: 1, leftOut: 1 });
  });

  it('is drawn with what was misread alone', () => {
    const chart = confusionChart('ppocr', confusionOf(texts([['BCS036', '8CS036']])));
    expect(chart).toContain('B read as 8 once');
    expect(chart.match(/<rect/g)).toHaveLength(1);
    expect(confusionChart('ppocr', confusionOf(texts([['BCS036', 'BCS036']])))).toContain('No character was misread');
  });
});

/** Well-formed as far as it matters: every tag that is opened is closed, in order. */
function unclosed(markup: string): string[] {
  const open: string[] = [];
  for (const [, close, name = '', self] of markup.replaceAll(/<!doctype html>|<style>[^]*?<\/style>/g, '').matchAll(/<(\/?)([a-z1-6]+)(?:\s[^>]*?)?(\/?)>/g)) {
    if (close === '/') {
      if (open.pop() !== name) return [...open, `</${name}>`];
    } else if (self !== '/' && !['meta', 'img', 'link', 'br'].includes(name)) open.push(name);
  }
  return open;
}

const hostile = '<img src=x onerror=alert(1)>&"\'.jpg';
const labels: PlateLabel[] = [
  labelled({ set: '<b>set', file: hostile, region: '<i>' }), labelled({ file: 'right.jpg' }), labelled({ file: 'gone.jpg' }),
  labelled({ file: 'crop.jpg', kind: 'crop', text: 'LEB8147', textFull: 'LEB138147' }),
];
const first = scoreReader('ppocr', labels, new Map([[hostile, answered(read('8CS036', {}, 0.7))], ['right.jpg', answered(read('BCS036'), read('<TAXI>', { x: 800 }, 0.4))], ['gone.jpg', answered()], ['crop.jpg', answered(read('LEB138147'))]]));
const second = scoreReader('tesseract', labels, new Map([[hostile, answered(read('BCS036', {}, 0.7))], ['right.jpg', answered(read('BCS036'))], ['gone.jpg', null], ['crop.jpg', answered(read('LEB8147'))]]));
const head = { folder: '/srv/<gate>', labels: 'labels.csv', made: '2026-11-03 06:15 UTC', threads: 1, fold: false };

describe('the report', () => {
  const page = reportPage(head, [first, second], [{ name: 'labels.csv line 7', message: 'The column "x" says "<ten>".' }]);

  it('is whole and safe whatever names and labels hold', () => {
    for (const markup of [page, missesPage(missesOf([first, second]), []), calibrationChart('<r>', first.calibration), confusionChart('<r>', first.confusion)]) {
      expect(unclosed(markup)).toEqual([]);
      expect(markup).not.toMatch(/<img src=x|<b>set|<i>|<gate>|<ten>|<r>|<TAXI>/);
    }
  });

  it('asks nothing of any other place and runs no script', () => {
    for (const markup of [page, missesPage(missesOf([first, second]), ['plates/0001.jpg'])]) {
      expect(markup.replaceAll('http://www.w3.org/2000/svg', '')).not.toMatch(/https?:|<script|@import|url\(/);
      expect(markup).toContain("default-src 'none'");
    }
  });

  it('has the readers side by side in every table, with captions and header cells for who cannot see it', () => {
    expect(page.match(/<caption>/g)).toHaveLength(4);
    for (const group of ['By set', 'By region', 'By lines on the plate', 'By width of the plate']) expect(page).toContain(`<caption>${group}</caption>`);
    expect(page.match(/<th scope="row">gate<\/th><td>(ppocr|tesseract)<\/td>/g)).toHaveLength(2);
    expect(page).toContain('lang="en"');
    for (const svg of page.match(/<svg[^>]*>/g) ?? []) expect(svg).toContain('role="img"');
  });

  it('lists what could not be counted', () => expect(page).toContain('labels.csv line 7'));

  it('shows a point for each tenth with reads, and their number', () => {
    const chart = calibrationChart('ppocr', first.calibration);
    expect(chart.match(/<circle/g)).toHaveLength(2);
    expect(chart).toContain('0 of 1 right at confidence 0.7 to 0.8');
    expect(calibrationChart('none', scoreReader('none', [], new Map()).calibration)).toContain('no reads');
  });
});

describe('the contact sheet', () => {
  const misses = missesOf([first, second]);

  it('has each plate that some reader missed once, with what each read; then what is extra', () => {
    expect(misses.map((m) => [m.file, m.truth, m.reads.map((r) => r.text)])).toEqual([
      [hostile, 'BCS036', ['8CS036', 'BCS036']], ['gone.jpg', 'BCS036', [null, null]], ['crop.jpg', 'LEB138147', ['LEB138147', 'LEB8147']], ['right.jpg', null, ['<TAXI>']],
    ]);
    expect(misses.map((m) => m.box === null)).toEqual([false, false, true, false]);
  });

  it('marks the characters that differ, and says how', () => {
    const page = missesPage(misses, ['plates/0001.jpg', null, null, null]);
    expect(page).toContain('<mark title="8 for B">8</mark>CS036');
    expect(page).toContain('LEB<mark title="1 missed">␣</mark><mark title="3 missed">␣</mark>8147');
    expect(page).toContain('<img src="plates/0001.jpg" alt="Plate BCS036"');
    expect(page).toContain('not found');
    expect(page.match(/no picture/g)).toHaveLength(3);
  });

  it('says so when there is nothing to show', () => expect(missesPage([], [])).toContain('every labelled plate was read right'));
});
