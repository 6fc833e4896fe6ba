import { PassThrough } from 'node:stream';
import type { IncomingMessage } from 'node:http';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { purposeOf, type Caller } from '../../src/http/access.ts';
import { checkCaptureTime } from '../../src/core/capture-time.ts';
import { asDarwazaError, errorAnswer } from '../../src/http/error-answer.ts';
import { instantField, limitField, listNameField, markPatternField } from '../../src/http/query-fields.ts';
import { limitedChunks, parseJson, readForm, readText } from '../../src/http/request-body.ts';
import { check } from '../../src/http/request-check.ts';
import { parseQuery } from '../../src/http/request-query.ts';
import { traceOf } from '../../src/core/trace.ts';
import { DarwazaError } from '../../src/core/errors.ts';

/** A request whose body comes in the given pieces. */
function requestOf(pieces: readonly Uint8Array[], headers: Record<string, string> = {}): IncomingMessage {
  const stream = new PassThrough();
  for (const piece of pieces) stream.write(piece);
  stream.end();
  return Object.assign(stream, { headers }) as unknown as IncomingMessage;
}

/** Cut anywhere: a network keeps no boundary that a client meant. */
function cut(bytes: Uint8Array, at: readonly number[]): Uint8Array[] {
  const ends = [...new Set(at.map((n) => n % (bytes.length + 1)))].toSorted((a, b) => a - b);
  return [0, ...ends].map((start, i) => bytes.subarray(start, ends[i] ?? bytes.length)).filter((piece) => piece.length > 0);
}

describe('a query string', () => {
  const text = fc.string({ unit: 'grapheme', maxLength: 20 }).filter((s) => !/\p{Cc}/u.test(s));

  it('gives back what was encoded, by forms and by percent-encoding alike', () => {
    fc.assert(fc.property(fc.dictionary(text, text, { maxKeys: 6, noNullPrototype: true }), (given) => {
      const bare = Object.entries(given).map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`).join('&');
      expect(parseQuery(`/x?${new URLSearchParams(given)}`)).toEqual(given);
      expect(parseQuery(`/x?${bare}`)).toEqual(given);
    }));
  });

  it('of any characters is parsed or refused with REQUEST_INVALID', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 80 }), (query) => {
      try {
        parseQuery(`/x?${query}`);
      } catch (error) {
        expect(error).toMatchObject({ code: 'REQUEST_INVALID' });
      }
    }));
  });

  it('is empty without a question mark, and after one', () => {
    expect([parseQuery('/x'), parseQuery('/x?'), parseQuery('/x?&&')]).toEqual([{}, {}, {}]);
  });

  it('may hold a parameter without a value', () => expect(parseQuery('/x?mark&limit=')).toEqual({ mark: '', limit: '' }));
  it('may hold = in a value', () => expect(parseQuery('/x?cursor=a=b==')).toEqual({ cursor: 'a=b==' }));
});

describe('a parameter', () => {
  const shape = z.strictObject({ from: instantField('from', 'x').optional(), limit: limitField, mark: markPatternField.optional() });
  const checked = (value: unknown) => check(shape, value, 'query parameter');

  it.each(['2026-11-03T06:00:00+05:00', '2026-11-03T06:00:00 05:00', '2026-11-03T06:00:00+0500', '2026-11-03T06:00:00 0500', '2026-11-03T01:00:00Z', '2026-11-03 06:00:00 05:00'])('for a time takes %s, with the plus that a query takes for a space', (from) => {
    expect(checked({ from }).from).toBe(Date.parse('2026-11-03T01:00:00Z'));
  });

  it.each(['0', '-1', '01', '1001', '99999', '1.0', ' 1', '1 ', '0x10', 'ten', ''])('for a limit refuses "%s"', (limit) => expect(() => checked({ limit })).toThrow(/"limit".*1 to 1000/));
  it.each(['1', '10', '999', '1000'])('for a limit takes %s', (limit) => expect(checked({ limit }).limit).toBe(Number(limit)));

  it('that is wrong is named, and so is each other wrong one', () => {
    expect(() => checked({ limit: '0', sort: 'up' })).toThrow(/"limit".*;.*"sort"; known: from, limit, mark|"sort"; known: from, limit, mark.*;.*"limit"/);
  });

  it('keeps the code of its own error', () => {
    expect(() => checked({ from: '2026-11-03T06:00:00' })).toThrow(expect.objectContaining({ code: 'TIME_WITHOUT_OFFSET' }));
    expect(() => checked({ mark: '***' })).toThrow(expect.objectContaining({ code: 'MARK_INVALID' }));
  });

  it.each(['Stolen', 'a b', '', '-a', 'x'.repeat(65), 'ä', '../a'])('for the name of a list refuses "%s"', (name) => expect(listNameField.safeParse(name).success).toBe(false));
  it.each(['stolen', 'excise-2026', 'a_b', '9'])('for the name of a list takes %s', (name) => expect(listNameField.safeParse(name).success).toBe(true));
});

describe('a capture time', () => {
  const now = Date.parse('2026-11-03T12:00:00Z'), hour = 3_600_000;
  const verdict = (at: number): string => {
    try {
      checkCaptureTime(at, now, 300);
      return 'taken';
    } catch (error) {
      return (error as DarwazaError).code;
    }
  };

  it('may be up to a day ahead of the clock, as with a camera in a wrong zone, and not more', () => {
    expect([verdict(now), verdict(now + 24 * hour), verdict(now + 24 * hour + 1)]).toEqual(['taken', 'taken', 'TIME_IMPLAUSIBLE']);
  });

  it('may be years old, but not of a camera that lost its clock', () => {
    expect([verdict(now - 365 * 24 * hour), verdict(0), verdict(Date.parse('2000-01-01T00:00:10Z')), verdict(-1)]).toEqual(['taken', 'TIME_IMPLAUSIBLE', 'TIME_IMPLAUSIBLE', 'TIME_IMPLAUSIBLE']);
  });
});

describe('a body', () => {
  it('is the same text wherever the network cut it, also inside a character', async () => {
    await fc.assert(fc.asyncProperty(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 60 }).filter((s) => !s.startsWith('\ufeff')), fc.array(fc.nat(500), { maxLength: 8 }), async (text, at) => {
      const request = requestOf(cut(Buffer.from(text), at), { 'content-type': 'application/json' });
      expect(await readText(request, ['application/json'], 10_000)).toEqual({ mediaType: 'application/json', text });
    }), { numRuns: 60 });
  });

  it('is taken up to its limit to the byte', async () => {
    const taken = async (size: number): Promise<number> => {
      let total = 0;
      for await (const chunk of limitedChunks(requestOf([new Uint8Array(size)]), 1000)) total += chunk.length;
      return total;
    };
    expect(await taken(1000)).toBe(1000);
    await expect(taken(1001)).rejects.toMatchObject({ code: 'BODY_TOO_LARGE', details: { limitBytes: 1000 } });
  });

  it('that breaks off is told from one that ended', async () => {
    const request = new PassThrough();
    request.write('half');
    setImmediate(() => request.destroy(new Error('aborted')));
    const whole = (async () => { for await (const _ of limitedChunks(Object.assign(request, { headers: {} }) as unknown as IncomingMessage, 1000)); })();
    await expect(whole).rejects.toMatchObject({ code: 'BODY_INVALID', message: expect.stringContaining('4 bytes') });
  });

  it.each([['{"a":}', /JSON\.$/], ['{', /JSON/], ['', /ends too early/], ['{"a":"b', /ends too early/], ['{"a":1}x', /character 8/], [`{"a":"${'x'.repeat(90)}",}`, /character 99/]])('%j that is no JSON is told where, without a word of it', (text, message) => {
    expect(() => parseJson(text)).toThrow(message);
    expect(() => parseJson('{"mark":"LEC138447')).not.toThrow(/8447/);
  });
});

describe('a form', () => {
  const limits = { fields: ['camera', 'capturedAt'], file: 'picture', limitBytes: 2000, tooLarge: 'PICTURE_TOO_MANY_BYTES' } as const;
  const encode = (parts: readonly [string, string | Uint8Array][]): Buffer => Buffer.concat([
    ...parts.flatMap(([name, value]) => [
      Buffer.from(`--XX\r\nContent-Disposition: form-data; name="${name}"${typeof value === 'string' ? '' : '; filename="g.jpg"\r\nContent-Type: image/jpeg'}\r\n\r\n`), Buffer.from(value), Buffer.from('\r\n'),
    ]), Buffer.from('--XX--\r\n'),
  ]);
  const headers = { 'content-type': 'multipart/form-data; boundary=XX' };

  it('gives the very bytes of its file, whatever they are, in whatever order its parts come and wherever the network cut it', async () => {
    const bytes = fc.uint8Array({ minLength: 1, maxLength: 2000 });
    await fc.assert(fc.asyncProperty(bytes, fc.shuffledSubarray([0, 1, 2], { minLength: 3 }), fc.array(fc.nat(3000), { maxLength: 12 }), async (file, order, at) => {
      const parts: [string, string | Uint8Array][] = [['camera', 'baleli-in-1'], ['capturedAt', '2026'], ['picture', file]];
      const form = await readForm(requestOf(cut(encode(order.map((i) => parts[i] as [string, string])), at), headers), limits);
      expect(form.fields).toEqual({ camera: 'baleli-in-1', capturedAt: '2026' });
      expect(form.file.bytes.equals(file)).toBe(true);
    }), { numRuns: 60 });
  });

  it('cut short anywhere is refused, never taken', async () => {
    const whole = encode([['camera', 'baleli-in-1'], ['capturedAt', '2026'], ['picture', new Uint8Array(300).fill(7)]]);
    await fc.assert(fc.asyncProperty(fc.integer({ min: 0, max: whole.length - 5 }), async (length) => {
      await expect(readForm(requestOf([whole.subarray(0, length)], headers), limits)).rejects.toMatchObject({ code: 'BODY_INVALID' });
    }), { numRuns: 60 });
  });

  it('with a field called like a part of every object keeps it out', async () => {
    for (const name of ['__proto__', 'constructor', 'toString']) {
      await expect(readForm(requestOf([encode([[name, 'x'], ['picture', new Uint8Array(1)]])], headers), limits)).rejects.toMatchObject({ code: 'BODY_INVALID' });
    }
  });

  it('with a file over the limit is refused, at the limit taken', async () => {
    expect((await readForm(requestOf([encode([['picture', new Uint8Array(1999)]])], headers), limits)).file.bytes).toHaveLength(1999);
    await expect(readForm(requestOf([encode([['picture', new Uint8Array(2001)]])], headers), limits)).rejects.toMatchObject({ code: 'PICTURE_TOO_MANY_BYTES' });
  });
});

describe('a purpose', () => {
  const caller = (defaultPurpose: Caller['defaultPurpose']): Caller => ({
    id: 'k_0', label: 'x', role: 'analyst', permissions: [], defaultPurpose, createdAt: 0, expiresAt: null, withdrawnAt: null,
  });

  it('of the key goes with a case that is named, and a purpose that is named goes before it', () => {
    expect(purposeOf({ 'x-case-reference': 'FIR 1' }, caller('trial'))).toEqual({ purpose: 'trial', caseReference: 'FIR 1' });
    expect(purposeOf({ 'x-purpose': 'wanted', 'x-case-reference': 'FIR 1' }, caller('trial'))).toEqual({ purpose: 'wanted', caseReference: 'FIR 1' });
  });

  it('that is empty is none', () => expect(() => purposeOf({ 'x-purpose': '', 'x-case-reference': 'x' }, caller(null))).toThrow(expect.objectContaining({ code: 'PURPOSE_MISSING' })));

  it('with invisible characters in the case is refused: two cases must not look like one', () => {
    const hidden = Buffer.from('FIR\u200b1').toString('latin1');
    expect(() => purposeOf({ 'x-purpose': 'wanted', 'x-case-reference': hidden }, caller(null))).toThrow(expect.objectContaining({ code: 'PURPOSE_INVALID' }));
  });
});

describe('what is said of an error', () => {
  it('has its details when the caller can mend it, and none when only the operator can', () => {
    expect(errorAnswer(new DarwazaError('PASS_NOT_FOUND', { id: 'x' }), 'r').error).toMatchObject({ details: { id: 'x' }, status: 404 });
    expect(errorAnswer(new DarwazaError('DATABASE_REFUSED', { sqlstate: '23505' }), 'r').error).not.toHaveProperty('details');
  });

  it('that nobody foresaw is its request id', () => {
    const error = asDarwazaError(new Error('key LEC138447 of select * from passes'), 'the-id');
    expect(error).toMatchObject({ code: 'INTERNAL', message: expect.stringContaining('the-id') });
    expect(error.message).not.toMatch(/LEC|select/);
  });

  it('in the log names the errors down to the first cause and the places, without what they quote', () => {
    const cause = Object.assign(new Error('duplicate key (LEC138447)'), { code: '23505' });
    const trace = traceOf(new DarwazaError('DATABASE_REFUSED', { sqlstate: '23505' }, cause));
    expect(trace).toMatchObject([{ name: 'DarwazaError', code: 'DATABASE_REFUSED' }, { name: 'Error', code: '23505' }]);
    expect(trace[1]?.at[0]).toMatch(/^at .*request-parts\.test\.ts/);
    expect(JSON.stringify(trace)).not.toContain('8447');
  });

  it('ends although causes go in a circle', () => {
    const one = new Error('one'), two = new Error('two', { cause: one });
    one.cause = two;
    expect(traceOf(one).length).toBeLessThan(10);
  });
});
