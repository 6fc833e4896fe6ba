import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createFrameMemory } from '../../src/camera/frame-memory.ts';

describe('memory for frames', () => {
  it('is shared between threads, and given out again whoever had it', () => {
    const memory = createFrameMemory(), first = memory.take(12);
    expect(first.buffer).toBeInstanceOf(SharedArrayBuffer);
    memory.give(first);
    expect(memory.take(12)).toBe(first);
    expect(memory.made).toBe(12);
  });

  it('is never had by two, is of the size asked for, and no more of it is made than was out at once', () => {
    fc.assert(fc.property(fc.array(fc.tuple(fc.constantFrom(30, 60, 90), fc.boolean(), fc.nat())), (steps) => {
      const memory = createFrameMemory(), out: Uint8Array[] = [], most = new Map<number, number>();
      for (const [bytes, takes, which] of steps) {
        if (!takes && out.length > 0) {
          memory.give(out.splice(which % out.length, 1)[0] as Uint8Array);
          continue;
        }
        const taken = memory.take(bytes);
        expect(taken.length).toBe(bytes);
        expect(out).not.toContain(taken);
        out.push(taken);
        most.set(bytes, Math.max(most.get(bytes) ?? 0, out.filter((b) => b.length === bytes).length));
      }
      expect(memory.made).toBe([...most].reduce((sum, [bytes, count]) => sum + bytes * count, 0));
    }));
  });

  it('of a camera that changes its size for ever is let go, but for the sizes wanted last', () => {
    const memory = createFrameMemory();
    for (let bytes = 1000; bytes < 2000; bytes++) memory.give(memory.take(bytes));
    expect(memory.made).toBe(1996 + 1997 + 1998 + 1999);
    const [a, b] = [memory.take(1999), memory.take(1996)];
    memory.give(a);
    memory.give(b);
    expect(memory.made).toBe(1996 + 1997 + 1998 + 1999);
  });

  it('of a size that was given up while a frame of it was out is let go with that frame', () => {
    const memory = createFrameMemory(), old = memory.take(7);
    for (const bytes of [1, 2, 3, 4]) memory.give(memory.take(bytes));
    memory.give(old);
    expect(memory.made).toBe(10);
  });
});
