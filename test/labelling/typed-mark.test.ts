import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { textsOf, typedOf } from '../../src/labelling/typed-mark.ts';

describe('a typed mark', () => {
  it.each([
    ['BCS-036', 'BCS036', ''], ['bcs 036', 'BCS036', ''], ['  BCS036 ', 'BCS036', ''],
    ['LEB-13-8147', 'LEB8147', 'LEB138147'], ['leb 13 8147', 'LEB8147', 'LEB138147'], ['LEB-17-4201-A', 'LEB4201A', 'LEB174201A'], ['LEB 17 4201A', 'LEB4201A', 'LEB174201A'],
    ['LEB138147', 'LEB138147', ''], ['LEB-138147', 'LEB138147', ''], ['AFRIDI 1', 'AFRIDI1', ''], ['MH 02 BM 5048', 'MH02BM5048', ''],
    ['LEB8147/LEB138147', 'LEB8147', 'LEB138147'], ['LEB 8147 / 13 LEB 8147', 'LEB8147', '13LEB8147'], ['', '', ''], ['--', '', ''],
  ])('%s is %s, with its year "%s"', (typed, text, textFull) => expect(textsOf(typed)).toEqual({ text, textFull }));
});

describe('a label is shown as it would be typed', () => {
  it.each([
    ['BCS036', '', 'BCS036'], ['LEB8147', 'LEB138147', 'LEB-13-8147'], ['LEB4201A', 'LEB174201A', 'LEB-17-4201A'], ['LEB8147', '13LEB8147', 'LEB8147/13LEB8147'],
  ])('%s, %s: %s', (text, textFull, typed) => expect(typedOf({ text, textFull })).toBe(typed));

  it('so that typing it gives the same label again, whatever it is', () => {
    const plain = fc.stringMatching(/^[A-Z]{0,4}[0-9]{0,5}[A-Z]{0,2}$/), year = fc.stringMatching(/^[0-9]{2}$/);
    const label = fc.oneof(
      fc.record({ text: plain, textFull: fc.oneof(fc.constant(''), plain) }),
      fc.tuple(fc.stringMatching(/^[A-Z]{1,3}$/), year, fc.stringMatching(/^[0-9]{1,4}$/)).map(([letters, yy, number]) => ({ text: letters + number, textFull: letters + yy + number })),
    );
    fc.assert(fc.property(label, (texts) => void expect(textsOf(typedOf(texts))).toEqual(texts)), { numRuns: 500 });
  });
});
