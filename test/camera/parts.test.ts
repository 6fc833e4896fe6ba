import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { boundaryOf, partsOf, PartsReader, type MessagePart } from '../../src/camera/parts.ts';

const LIMITS = { partBytes: 1000, parts: 8 };
const bodyOf = (parts: readonly { name: string; bytes: Buffer; length?: boolean }[], boundary: string, end = '\r\n'): Buffer => Buffer.concat([
  ...parts.flatMap(({ name, bytes, length = false }) => [Buffer.from(`--${boundary}${end}Content-Disposition: form-data; name="${name}"; filename="${name}.jpg"${end}Content-Type: image/jpeg; x=y${end}${length ? `Content-Length: ${bytes.length}${end}` : ''}${end}`), bytes, Buffer.from(end)]),
  Buffer.from(`--${boundary}--${end}`),
]);
const plain = (parts: readonly MessagePart[]) => parts.map(({ name, bytes }) => ({ name, bytes: bytes.toString('latin1') }));
const anyPart = fc.record({ name: fc.stringMatching(/^[a-z]{1,8}$/), bytes: fc.uint8Array({ maxLength: 400 }).map((bytes) => Buffer.from(bytes)), length: fc.boolean() });
const anyBoundary = fc.constantFrom('MIME_boundary', '----WebKitFormBoundary7MA4YWxk', 'myboundary', '-');

describe('a body of several parts', () => {
  it('comes apart into what it was made of, in whatever pieces it arrives', () => {
    fc.assert(fc.property(fc.array(anyPart, { minLength: 1, maxLength: 8 }), anyBoundary, fc.constantFrom('\r\n', '\n'), fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 1 }), (parts, boundary, end, sizes) => {
      fc.pre(parts.every(({ bytes }) => !`\n${bytes.toString('latin1')}`.includes(`\n--${boundary}`)));
      const body = bodyOf(parts, boundary, end), reader = new PartsReader(boundary, LIMITS), found: MessagePart[] = [];
      for (let at = 0, i = 0; at < body.length; i++) {
        const size = sizes[i % sizes.length] as number;
        found.push(...reader.push(body.subarray(at, at + size)));
        at += size;
      }
      reader.end();
      // A line end before a boundary is the boundary's: with bare line ends a last carriage return goes with it, unless the length was told.
      const cut = ({ name, bytes, length }: (typeof parts)[number]) => ({ name, bytes: end === '\n' && !length && bytes.at(-1) === 13 ? bytes.subarray(0, -1).toString('latin1') : bytes.toString('latin1') });
      expect(plain(found)).toEqual(parts.map(cut));
      expect(found.every((part) => part.mediaType === 'image/jpeg' && part.fileName === `${part.name}.jpg`)).toBe(true);
    }));
  });

  it('that is cut anywhere, or is anything at all, gives parts or one clear fault and nothing else', () => {
    const body = bodyOf([{ name: 'a', bytes: Buffer.from('<x/>') }, { name: 'b', bytes: Buffer.alloc(200, 7) }], 'B');
    const tried = (bytes: Buffer): string => {
      try {
        return `${partsOf(bytes, 'multipart/mixed; boundary=B', LIMITS).length} parts`;
      } catch (error) {
        return (error as { code: string }).code;
      }
    };
    for (let length = 0; length < body.length - 4; length++) expect(tried(body.subarray(0, length))).toBe('BODY_INVALID');
    fc.assert(fc.property(fc.uint8Array({ maxLength: 3000 }), (bytes) => {
      expect(['BODY_INVALID', 'PART_TOO_LARGE']).toContain(tried(Buffer.from(bytes)));
    }));
    fc.assert(fc.property(fc.nat(body.length - 1), fc.integer({ min: 0, max: 255 }), (at, byte) => {
      const changed = Buffer.from(body);
      changed[at] = byte;
      expect(tried(changed)).toMatch(/^(\d parts|BODY_INVALID)$/);
    }));
  });

  it('gives a part that told its length at once, before the next begins', () => {
    const reader = new PartsReader('B', LIMITS), [whole] = [bodyOf([{ name: 'event', bytes: Buffer.from('Code=1'), length: true }], 'B')];
    const upTo = whole.indexOf('Code=1') + 6;
    expect(plain(reader.push(whole.subarray(0, upTo - 1)))).toEqual([]);
    expect(reader.inPart).toBe(true);
    expect(plain(reader.push(whole.subarray(upTo - 1, upTo)))).toEqual([{ name: 'event', bytes: 'Code=1' }]);
    expect(reader.inPart).toBe(false);
  });

  it('is not misled by a length that is too long', () => {
    const body = '--B\r\nContent-Length: 900\r\n\r\nshort\r\n--B\r\n\r\nnext\r\n--B--\r\n';
    expect(partsOf(Buffer.from(body), 'multipart/mixed; boundary="B"', LIMITS).map((part) => part.bytes.toString())).toEqual(['short', 'next']);
  });

  it('takes a boundary that was named with its dashes', () => {
    expect(partsOf(bodyOf([{ name: 'a', bytes: Buffer.from('1') }], 'myboundary'), 'multipart/x-mixed-replace; boundary=--myboundary', LIMITS)).toHaveLength(1);
  });

  it('is refused before a part is taken that says it is too large, and at the limit when it does not say', () => {
    const reader = new PartsReader('B', LIMITS);
    expect(() => reader.push(Buffer.from('--B\r\nContent-Length: 1001\r\n\r\n'))).toThrow(expect.objectContaining({ code: 'PART_TOO_LARGE' }));
    const silent = new PartsReader('B', LIMITS);
    silent.push(Buffer.from('--B\r\n\r\n'));
    silent.push(Buffer.alloc(900));
    expect(() => silent.push(Buffer.alloc(200))).toThrow(expect.objectContaining({ code: 'PART_TOO_LARGE' }));
  });

  it('keeps little of what stands before the first boundary', () => {
    const reader = new PartsReader('B', LIMITS);
    for (let i = 0; i < 100; i++) expect(reader.push(Buffer.alloc(10_000, 32))).toEqual([]);
    expect(plain(reader.push(Buffer.from('\r\n--B\r\nContent-Disposition: form-data; name=x\r\n\r\n1\r\n--B--')))).toEqual([{ name: 'x', bytes: '1' }]);
  });

  it('names its boundary in its Content-Type', () => {
    expect(boundaryOf('multipart/form-data; charset=utf-8; boundary="a b"')).toBe('a b');
    expect(boundaryOf('multipart/x-mixed-replace;boundary=xyz')).toBe('xyz');
    for (const without of ['multipart/form-data', 'multipart/form-data; boundary=', 'application/json']) expect(() => boundaryOf(without)).toThrow(expect.objectContaining({ code: 'BODY_INVALID' }));
  });
});
