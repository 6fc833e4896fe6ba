import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createPeriodicWriter, type PeriodicWriter } from '../../src/pipeline/periodic-writer.ts';

/** What was gathered and what was written; each write takes until it is let go. */
function gathering(): { readonly waiting: string[]; readonly written: string[][]; readonly failures: unknown[]; fails: boolean; under: number; readonly writer: PeriodicWriter } {
  const of = {
    waiting: [] as string[], written: [] as string[][], failures: [] as unknown[], fails: false, under: 0,
    writer: createPeriodicWriter({
      everyMs: 1000,
      async write() {
        expect(of.under++).toBe(0);
        const due = of.waiting.splice(0);
        await new Promise((resolve) => setTimeout(resolve, 10));
        of.under--;
        if (of.fails) {
          of.waiting.unshift(...due);
          throw new Error('the disk is full');
        }
        of.written.push(due);
      },
      failed: (cause) => void of.failures.push(cause),
    }),
  };
  return of;
}

describe('what a process gathers is written', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'] }));
  afterEach(() => void vi.useRealTimers());

  test('every so often from its start on, though it is started twice, until it is closed', async () => {
    const of = gathering();
    of.waiting.push('a');
    await vi.advanceTimersByTimeAsync(5000);
    expect(of.written).toEqual([]);
    of.writer.start();
    of.writer.start();
    await vi.advanceTimersByTimeAsync(1010);
    of.waiting.push('b');
    await vi.advanceTimersByTimeAsync(1000);
    expect(of.written).toEqual([['a'], ['b']]);
    const closed = of.writer.close();
    await vi.advanceTimersByTimeAsync(5000);
    await closed;
    expect(of.written).toEqual([['a'], ['b'], []]);
  });

  test('one after the other, however many ask at once', async () => {
    const of = gathering();
    of.waiting.push('a');
    const asked = [of.writer.flush(), of.writer.flush(), of.writer.close()];
    of.waiting.push('b');
    await vi.advanceTimersByTimeAsync(100);
    await Promise.all(asked);
    expect([of.written, of.failures]).toEqual([[['a', 'b'], [], []], []]);
  });

  test('with the next, where it could not be: who asked is told, the log of the others', async () => {
    const of = gathering();
    of.fails = true;
    of.waiting.push('a');
    const asked = of.writer.flush().catch((cause: unknown) => cause);
    await vi.advanceTimersByTimeAsync(10);
    expect(await asked).toEqual(new Error('the disk is full'));
    of.writer.start();
    await vi.advanceTimersByTimeAsync(1010);
    expect([of.waiting, of.failures]).toEqual([['a'], [new Error('the disk is full')]]);
    of.fails = false;
    const closed = of.writer.close();
    await vi.advanceTimersByTimeAsync(10);
    await closed;
    expect([of.written, of.failures.length]).toEqual([[['a']], 1]);
  });

  test('a last time when it is closed; where that fails it is closed all the same', async () => {
    const of = gathering();
    of.fails = true;
    const closed = of.writer.close();
    await vi.advanceTimersByTimeAsync(10);
    await expect(closed).resolves.toBeUndefined();
    expect(of.failures).toHaveLength(1);
  });
});
