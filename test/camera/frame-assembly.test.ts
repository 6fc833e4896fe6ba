import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createFrameAssembly, type FrameHeader } from '../../src/camera/frame-assembly.ts';
import { createFrameBuffers } from '../../src/camera/frame-buffers.ts';
import { createFrameMemory } from '../../src/camera/frame-memory.ts';
import { yuvBytes } from '../../src/vision/yuv-picture.ts';

const sizes = fc.array(fc.record({ width: fc.integer({ min: 1, max: 9 }), height: fc.integer({ min: 1, max: 7 }) }), { minLength: 1, maxLength: 30 });

/** Frames with bytes that tell each apart, cut into pieces anywhere, and an order in which the two pipes are read. */
const streams = fc.record({ sizes, cuts: fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1, maxLength: 20 }), order: fc.array(fc.boolean(), { minLength: 1, maxLength: 20 }) });

const bytesOf = (size: { width: number; height: number }, n: number): Uint8Array => new Uint8Array(yuvBytes(size.width, size.height)).fill((n * 37 + 1) % 251);

function pieces(bytes: Uint8Array, cuts: readonly number[]): Uint8Array[] {
  const found: Uint8Array[] = [];
  for (let at = 0, n = 0; at < bytes.length; n++) found.push(bytes.subarray(at, at += cuts[n % cuts.length] as number));
  return found;
}

describe('frames out of two pipes', () => {
  it('come whole and in order, however the pipes are cut and whichever is read first', () => {
    fc.assert(fc.property(streams, ({ sizes: frames, cuts, order }) => {
      const got: { seconds: number | null; data: number[] }[] = [];
      const assembly = createFrameAssembly({ buffer: (n) => new Uint8Array(n), ready: () => undefined, unused: () => undefined, onFrame: (header, data) => got.push({ seconds: header.seconds, data: [...(data as Uint8Array)] }) });
      const headers: FrameHeader[] = frames.map((size, n) => ({ seconds: n, ...size })), chunks = pieces(Buffer.concat(frames.map(bytesOf)), cuts);
      for (let turn = 0; headers.length + chunks.length > 0; turn++) {
        const takeHeader = chunks.length === 0 || (headers.length > 0 && order[turn % order.length] === true);
        if (takeHeader) assembly.header(headers.shift() as FrameHeader);
        else assembly.bytes(chunks.shift() as Uint8Array);
      }
      expect(got).toEqual(frames.map((size, n) => ({ seconds: n, data: [...bytesOf(size, n)] })));
    }));
  });

  it('are passed over whole when there is no buffer, and the next ones are right again', () => {
    fc.assert(fc.property(streams, fc.array(fc.boolean(), { minLength: 1, maxLength: 9 }), ({ sizes: frames, cuts }, has) => {
      let asked = 0;
      const got: (number[] | null)[] = [];
      const assembly = createFrameAssembly({ buffer: (n) => (has[asked++ % has.length] === true ? new Uint8Array(n) : null), ready: () => undefined, unused: () => undefined, onFrame: (_, data) => got.push(data && [...data]) });
      frames.forEach((size, n) => assembly.header({ seconds: n, ...size }));
      for (const chunk of pieces(Buffer.concat(frames.map(bytesOf)), cuts)) assembly.bytes(chunk);
      expect(got).toEqual(frames.map((size, n) => (has[n % has.length] === true ? [...bytesOf(size, n)] : null)));
    }));
  });

  it('wait for a buffer without losing a byte, and hold the pipe meanwhile', () => {
    let free = 1, ready = 0;
    const got: number[] = [];
    const assembly = createFrameAssembly({ buffer: (n) => (free-- > 0 ? new Uint8Array(n) : 'wait'), ready: () => { ready++; }, unused: () => undefined, onFrame: (_, data) => got.push((data as Uint8Array)[0] as number) });
    for (const n of [0, 1, 2]) assembly.header({ seconds: n, width: 1, height: 1 });
    const before = ready;
    expect(assembly.bytes(Uint8Array.from([1, 1, 1, 2, 2, 2, 3, 3, 3]))).toBe(false);
    expect([got, ready]).toEqual([[1], before]);
    free = 1;
    assembly.next();
    free = 1;
    assembly.next();
    expect(got).toEqual([1, 2, 3]);
    expect(ready).toBe(before + 1);
  });

  it('that are cut off give their buffer back: a stream that is cut every minute has as many after a day', () => {
    fc.assert(fc.property(streams, fc.nat(), ({ sizes: frames, cuts }, from) => {
      const buffers = createFrameBuffers(1, createFrameMemory(), () => undefined);
      const assembly = createFrameAssembly({ buffer: (n) => buffers.take(n), ready: () => undefined, unused: buffers.give, onFrame: (_, data) => data && buffers.give(data) });
      frames.forEach((size, n) => assembly.header({ seconds: n, ...size }));
      const chunks = pieces(Buffer.concat(frames.map(bytesOf)), cuts);
      for (const chunk of chunks.slice(0, from % (chunks.length + 1))) assembly.bytes(chunk);
      assembly.end();
      expect(buffers.take(3)).not.toBeNull();
    }));
  });

  it('hold the pipe while a frame\'s header has not been read', () => {
    const assembly = createFrameAssembly({ buffer: (n) => new Uint8Array(n), ready: () => undefined, unused: () => undefined, onFrame: () => undefined });
    expect(assembly.bytes(new Uint8Array(3))).toBe(false);
  });
});

describe('the buffers of a stream', () => {
  it('are shared memory, made once and used again', () => {
    const buffers = createFrameBuffers(2, createFrameMemory(), () => undefined), first = buffers.take(12) as Uint8Array;
    expect(first.buffer).toBeInstanceOf(SharedArrayBuffer);
    buffers.give(first);
    expect(buffers.take(12)).toBe(first);
  });

  it('are never more than allowed, also when the size of frames changes', () => {
    let freed = 0;
    const buffers = createFrameBuffers(2, createFrameMemory(), () => { freed++; }), [a, b] = [buffers.take(12), buffers.take(12)] as [Uint8Array, Uint8Array];
    expect(buffers.take(30)).toBeNull();
    buffers.give(a);
    expect(freed).toBe(1);
    expect((buffers.take(30) as Uint8Array).length).toBe(30);
    buffers.give(b);
    expect((buffers.take(30) as Uint8Array).length).toBe(30);
    expect(buffers.take(30)).toBeNull();
  });
});
