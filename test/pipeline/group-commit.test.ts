import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DarwazaError } from '../../src/core/errors.ts';
import { createGroupCommit } from '../../src/pipeline/group-commit.ts';

/** Work that notes its batches and ends when it is let go. */
function heldWork() {
  const batches: number[][] = [], ends: (() => void)[] = [];
  const work = async (items: readonly number[]): Promise<number[]> => {
    batches.push([...items]);
    await new Promise<void>((resolve) => ends.push(resolve));
    return items.map((n) => n * 10);
  };
  const letGo = async (): Promise<void> => {
    while (ends.length === 0) await new Promise((resolve) => setImmediate(resolve));
    ends.shift()?.();
  };
  return { batches, work, letGo };
}

describe('what waits together', () => {
  test('is done together: what comes at once in one batch, what comes meanwhile in the next', async () => {
    const { batches, work, letGo } = heldWork(), group = createGroupCommit(work, 100), first = [1, 2, 3].map(group.add);
    while (batches.length === 0) await new Promise((resolve) => setImmediate(resolve));
    const later = [4, 5].map(group.add);
    await letGo();
    expect(await Promise.all(first)).toEqual([10, 20, 30]);
    const last = group.add(6);
    await letGo();
    await letGo();
    expect(await Promise.all([...later, last])).toEqual([40, 50, 60]);
    expect(batches).toEqual([[1, 2, 3], [4, 5], [6]]);
  });

  test('is divided where it is more than may go together', async () => {
    const { batches, work, letGo } = heldWork(), group = createGroupCommit(work, 2), all = [1, 2, 3, 4, 5].map(group.add);
    for (let i = 0; i < 3; i++) await letGo();
    expect([await Promise.all(all), batches]).toEqual([[10, 20, 30, 40, 50], [[1, 2], [3, 4], [5]]]);
  });

  test('is over when it is settled, and begins again', async () => {
    const done: number[] = [], group = createGroupCommit(async (items: readonly number[]) => {
      done.push(...items);
      return items;
    }, 10);
    await group.settled();
    void group.add(1);
    await group.settled();
    expect(done).toEqual([1]);
    expect(await group.add(2)).toBe(2);
  });
});

describe('a batch that fails', () => {
  test('fails for those alone that it fails for, whoever they are; the others are done once, in order', async () => {
    await fc.assert(fc.asyncProperty(fc.array(fc.boolean(), { minLength: 1, maxLength: 60 }), fc.integer({ min: 1, max: 70 }), async (bad, most) => {
      const done: number[] = [], group = createGroupCommit(async (items: readonly number[]) => {
        const own = items.find((n) => bad[n]);
        if (own !== undefined) throw new Error(`not ${own}`);
        done.push(...items);
        return items;
      }, most);
      const ended = await Promise.allSettled(bad.map((_, n) => group.add(n)));
      expect(ended.map((one, n) => (one.status === 'fulfilled' ? one.value === n : one.reason.message === `not ${n}`))).toEqual(bad.map(() => true));
      expect(ended.map((one) => one.status === 'rejected')).toEqual(bad);
      expect(done).toEqual(bad.flatMap((isBad, n) => (isBad ? [] : [n])));
    }));
  });

  test.each(['DATABASE_UNAVAILABLE', 'DATABASE_TIMEOUT', 'DATABASE_FULL', 'DATA_FOLDER_UNWRITABLE'] as const)('for %s fails for all at once: trying each would only hold them up', async (code) => {
    let tries = 0;
    const group = createGroupCommit<number, number>(() => Promise.reject(new DarwazaError(code, { try: ++tries })), 100);
    const ended = await Promise.allSettled(Array.from({ length: 50 }, (_, n) => group.add(n)));
    expect(ended.every((one) => one.status === 'rejected' && one.reason.code === code)).toBe(true);
    expect(tries).toBe(1);
  });

  test('does not hold up those after it', async () => {
    const group = createGroupCommit(async (items: readonly number[]) => {
      if (items.includes(1)) throw new DarwazaError('DATABASE_UNAVAILABLE');
      return items;
    }, 1);
    const ended = await Promise.allSettled([1, 2].map(group.add));
    expect(ended.map((one) => one.status)).toEqual(['rejected', 'fulfilled']);
  });
});
