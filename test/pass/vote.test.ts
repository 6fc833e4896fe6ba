import type { PlateParse } from '../../src/plate/mark.ts';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { PlateRead } from '../../src/pass/observation.ts';
import { voteReads, type Vote } from '../../src/pass/vote.ts';
import { read } from './reads.ts';

function vote(...reads: PlateRead[]): Vote {
  const result = voteReads(reads);
  if (result === null) throw new Error('no vote');
  return result;
}

/** ABC12 and a last character that could as well be another. */
function unsure(char: string, other: string): PlateRead {
  const base = read(`ABC12${char}`);
  return {
    ...base,
    characters: base.characters.map((c, i) => (i === 5 ? { char, confidence: 0.4, alternatives: [{ char: other, confidence: 0.35 }] } : c)),
  };
}

describe('a vote', () => {
  it('over nothing is none', () => {
    expect(voteReads([])).toBeNull();
  });

  it('over one read is that read', () => {
    const single = read('LEC138447', { confidence: [0.99, 0.9, 0.8, 0.7, 0.6, 0.95, 0.95, 0.95, 0.5] });
    const { text, confidence, characters, parse, best } = vote(single);
    expect([text, confidence, best]).toEqual(['LEC138447', 0.5, 0]);
    expect(characters).toEqual(single.characters.map(({ char, confidence: c }) => ({ char, confidence: c })));
    expect(parse).toEqual(single.parse);
  });

  it('lets the majority correct one misread character', () => {
    expect(vote(read('LEC138447'), read('LEC138441'), read('LEC138447')).text).toBe('LEC138447');
  });

  it('is won by the larger and surer plates, not by their number', () => {
    const far = read('LEC138441', { confidence: 0.4, width: 40 }),
      near = read('LEC138447', { width: 160 });
    expect(vote(far, far, far, near).text).toBe('LEC138447');
  });

  it('is won by the sharper of two plates of one size; a plate whose sharpness nobody measured counts as a usual one', () => {
    const blurred = { ...read('LEC138441'), sharpness: 0.1 }, sharp = { ...read('LEC138447'), sharpness: 0.9 }, usual = { ...read('LEC138447'), sharpness: 0.5 };
    expect(vote(blurred, blurred, sharp).text).toBe('LEC138447');
    expect(vote(usual)).toEqual(vote(read('LEC138447')));
    expect(vote(blurred, blurred, usual).characters).toEqual(vote(blurred, blurred, read('LEC138447')).characters);
  });

  it('counts every read, however weak: only the answer may be too weak', () => {
    const weak = read('LEC138447', { confidence: 0.05, width: 20 });
    expect(vote(weak, weak, weak)).toMatchObject({ text: 'LEC138447', parse: { kind: 'mark' } });
    expect(vote(...Array.from({ length: 12 }, () => read('LEC138447', { confidence: 0.3 })), read('LEC138441', { confidence: 0.9 })).text).toBe('LEC138447');
  });

  it('puts together what no single read has whole', () => {
    const a = read('XBC123', { confidence: [0.3, 0.9, 0.9, 0.9, 0.9, 0.9] }),
      b = read('AXC123', { confidence: [0.9, 0.3, 0.9, 0.9, 0.9, 0.9] });
    const c = read('ABC12X', { confidence: [0.9, 0.9, 0.9, 0.9, 0.9, 0.3] });
    const result = vote(a, b, c);
    expect(result.text).toBe('ABC123');
    expect(result.confidence).toBeGreaterThan(0);
    expect(result.confidence).toBeLessThan(0.9);
  });

  it('does not let a missed character shift the others', () => {
    expect(vote(read('LEC138447'), read('LC138447'), read('LEC138447')).text).toBe('LEC138447');
    expect(vote(read('LEC138447'), read('LEC13844'), read('LEC38447'), read('LEC138447')).text).toBe('LEC138447');
  });

  it('takes no character that only one read saw beside the plate', () => {
    expect(vote(read('LEC138447'), read('1LEC138447'), read('LEC138447I')).text).toBe('LEC138447');
  });

  it('takes the length that most weight stands behind', () => {
    expect(vote(read('LEA1234'), read('LEA071234', { width: 150 }), read('LEA071234', { width: 150 })).text).toBe('LEA071234');
  });

  it('takes a mark of which a line was cut off for the same mark, and says nothing of the missing part', () => {
    const cut = read('LEA07', { width: 140, confidence: 0.97 });
    expect(vote(read('LEA071234'), cut).text).toBe('LEA071234');
    expect(vote(cut, read('LEA071234'), read('1234', { width: 100 })).text).toBe('LEA071234');
    expect(vote(read('LEA071234', { confidence: 0.9 }), cut).characters[8]?.confidence).toBe(0.9);
    expect(vote(read('LEA071234'), cut).alternatives).toEqual([]);
  });

  it('does not lengthen a mark by what one read among many saw beside it', () => {
    expect(vote(read('LEC138447'), read('LEC138447'), read('11LEC138447'), read('LEC138447')).text).toBe('LEC138447');
  });

  it('uses what a reader held possible beside its first choice', () => {
    // 8 is never the single first choice of most, but everyone's first or second.
    expect(vote(unsure('3', '8'), unsure('8', '6'), unsure('6', '8')).text).toBe('ABC128');
  });

  it('ignores reads that say nothing when others say something', () => {
    expect(vote(read('', { width: 400 }), read('ABC123', { width: 60 })).text).toBe('ABC123');
    expect(vote(read('')).parse.kind).toBe('unreadable');
  });
});

describe('the confidence', () => {
  it('of a character falls with every read that says otherwise', () => {
    const agreed = vote(read('ABC123'), read('ABC123')).characters[5]?.confidence ?? 0,
      doubted = vote(read('ABC123'), read('ABC123'), read('ABC128')).characters[5]?.confidence ?? 0;
    expect(doubted).toBeLessThan(agreed);
  });

  it('of the text is at most that of the reads', () => {
    expect(vote(read('ABC123', { confidence: 0.8 }), read('ABC123', { confidence: 0.6 })).confidence).toBeLessThanOrEqual(0.8);
  });
});

describe('alternatives', () => {
  it('name the mark that was outvoted, in written form', () => {
    const { alternatives } = vote(read('LEC138447'), read('LEC138441'), read('LEC138447'));
    expect(alternatives[0]).toMatchObject({ mark: 'LEC-13-8441' });
    expect(alternatives[0]?.confidence).toBeCloseTo(0.95 / 3, 5);
  });

  it('never name the winner, and are at most five', () => {
    const { alternatives } = vote(...['ABC123', 'ABC124', 'ABC125', 'ABC126', 'ABC127', 'ABC129', 'ABC120', 'ABC123'].map((t) => read(t)));
    expect(alternatives.map((a) => a.mark)).not.toContain('ABC-123');
    expect(alternatives).toHaveLength(5);
  });
});

describe('the evidence', () => {
  it('is the strongest read that says the text', () => {
    expect(vote(read('ABC123', { width: 80 }), read('ABC128', { width: 100 }), read('ABC123', { width: 90 })).best).toBe(2);
  });

  it('is the read nearest to a text that no read says', () => {
    const a = read('XBC123', { confidence: [0.3, 0.9, 0.9, 0.9, 0.9, 0.9] }),
      b = read('AXX123', { confidence: [0.9, 0.3, 0.3, 0.9, 0.9, 0.9] });
    const c = read('ABCX2X', { confidence: [0.9, 0.9, 0.9, 0.2, 0.9, 0.3] });
    expect(vote(b, c, a)).toMatchObject({ text: 'ABC123', best: 2 });
  });
});

describe('the jurisdiction', () => {
  it('rests on what all reads saw around the mark', () => {
    const sindh = { words: ['SINDH'], ground: 'yellow' } as const;
    const { parse } = vote(read('BCS036', { cues: sindh }), read('BCS036', { cues: { words: [] }, width: 130 }), read('BCS036', { cues: sindh }));
    expect(parse.kind === 'mark' && parse.candidates[0].mark.jurisdiction).toBe('SD');
  });

  it('is not settled by a word that one weak read alone saw', () => {
    const bare = read('BCS036', { cues: { words: [] } }),
      wrong = read('BCS036', { cues: { words: ['SINDH'] }, width: 40, confidence: 0.5 });
    const { parse } = vote(bare, bare, bare, wrong);
    expect(parse.kind === 'mark' && parse.candidates[0].mark.jurisdiction).toBeNull();
  });

  it('takes a raised year that was seen in some frames, and no digits of the number for one that was seen in none', () => {
    const band = { ground: 'white', leftBand: 'green', lines: 2 } as const, yearOf = (parse: PlateParse) => (parse.kind === 'mark' ? parse.candidates[0].mark.year : undefined);
    const unseen = read('LXH1050', { cues: { ...band, raisedYear: null } });
    expect(yearOf(vote(unseen, unseen).parse)).toBeNull();
    const seen = read('LEB118147', { cues: { ...band, raisedYear: '11' } });
    expect(yearOf(vote(seen, read('LEB118147', { cues: { ...band, raisedYear: null } })).parse)).toBe('11');
  });

  it('keeps the parse of the reads where they carry no cues', () => {
    const placed = { ...read('BCS036'), parse: read('BCS036', { cues: { words: ['SINDH'] } }).parse };
    const { parse } = vote(placed, placed);
    expect(parse.kind === 'mark' && parse.candidates[0].mark.jurisdiction).toBe('SD');
  });
});

const glyph = fc.constantFrom(...'ABDEHLO01238');
const plateText = fc.array(glyph, { minLength: 1, maxLength: 9 }).map((g) => g.join(''));
const confidence = fc.double({ min: 0.05, max: 1, noNaN: true });
const anyRead = fc
  .tuple(plateText, fc.array(confidence, { minLength: 9, maxLength: 9 }), fc.integer({ min: 10, max: 300 }))
  .map(([text, c, width]) => read(text, { confidence: c, width }));

describe('whatever is read', () => {
  it('copies of one read vote to that read', () => {
    fc.assert(
      fc.property(anyRead, fc.integer({ min: 1, max: 7 }), (one, n) => {
        const result = vote(...Array.from({ length: n }, () => one));
        expect(result.text).toBe(one.text);
        expect(result.confidence).toBeCloseTo(one.confidence, 5);
        result.characters.forEach((c, i) => expect(c.confidence).toBeCloseTo(one.characters[i]?.confidence ?? -1, 5));
      }),
      { numRuns: 60 },
    );
  });

  it('the order of the reads changes nothing', () => {
    const shuffled = fc
      .array(anyRead, { minLength: 1, maxLength: 5 })
      .chain((list) => fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length })));
    fc.assert(
      fc.property(shuffled, ([list, other]) => {
        const { best: a, ...one } = vote(...list),
          { best: b, ...two } = vote(...other);
        expect(two).toEqual(one);
        expect(other[b]).toEqual(list[a]);
      }),
      { numRuns: 60 },
    );
  });

  it('confidences are probabilities, characters are those of the text, the evidence is one of the reads', () => {
    fc.assert(
      fc.property(fc.array(anyRead, { minLength: 1, maxLength: 5 }), (list) => {
        const result = vote(...list);
        expect(result.characters.map((c) => c.char).join('')).toBe(result.text);
        for (const c of [result, ...result.characters, ...result.alternatives]) {
          expect(c.confidence).toBeGreaterThanOrEqual(0);
          expect(c.confidence).toBeLessThanOrEqual(1);
        }
        expect(list[result.best]).toBeDefined();
      }),
      { numRuns: 60 },
    );
  });

  it('a unanimous character stays', () => {
    fc.assert(
      fc.property(
        fc.array(
          plateText.filter((t) => t.length === 6),
          { minLength: 2, maxLength: 5 },
        ),
        (texts) => {
          const result = vote(...texts.map((t) => read(`Q${t.slice(1)}`)));
          expect(result.text[0]).toBe('Q');
        },
      ),
      { numRuns: 60 },
    );
  });
});
