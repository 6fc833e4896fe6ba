import { expect, test } from 'vitest';
import { EvidenceWriter } from '../../src/pipeline/evidence-writer.ts';

/** A disk that keeps every file waiting until it is let go, and one that it cannot write. */
function slowDisk() {
  const open: { readonly name: string; readonly end: (error?: Error) => void }[] = [];
  let most = 0, begun = 0;
  const put = (bytes: Buffer, mediaType: string): Promise<string> => new Promise((resolve, reject) => {
    const name = `${bytes.toString()} ${mediaType}`, one = { name, end: (error?: Error) => {
      open.splice(open.indexOf(one), 1);
      if (error === undefined) resolve(name);
      else reject(error);
    } };
    open.push(one);
    begun++;
    most = Math.max(most, open.length);
  });
  const finish = async (error?: Error): Promise<void> => {
    while (open.length > 0) {
      open[0]?.end(error);
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  return { put, open, finish, most: () => most, begun: () => begun };
}

test('so many files are written at a time, and all in the end', async () => {
  const disk = slowDisk(), writer = new EvidenceWriter(disk), all = Array.from({ length: 100 }, (_, n) => writer.put(Buffer.from(`${n}`), 'text/plain'));
  await disk.finish();
  expect(await Promise.all(all)).toEqual(Array.from({ length: 100 }, (_, n) => `${n} text/plain`));
  expect([disk.most(), disk.begun()]).toEqual([16, 100]);
});

test('bytes that are being written are not written beside it; under another kind, or later, they are', async () => {
  const disk = slowDisk(), writer = new EvidenceWriter(disk), bytes = Buffer.from('picture');
  const both = [writer.put(bytes, 'image/jpeg'), writer.put(bytes, 'image/jpeg'), writer.put(bytes, 'image/png')];
  await disk.finish();
  expect(await Promise.all(both)).toEqual(['picture image/jpeg', 'picture image/jpeg', 'picture image/png']);
  expect(disk.begun()).toBe(2);
  const again = writer.put(bytes, 'image/jpeg');
  await disk.finish();
  await again;
  expect(disk.begun()).toBe(3);
});

test('a disk that fails fails those who wait for it, and holds no place: what is given again is written', async () => {
  const disk = slowDisk(), writer = new EvidenceWriter(disk), bytes = Array.from({ length: 40 }, (_, n) => Buffer.from(`${n}`)), all = bytes.map((one) => writer.put(one, 'text/plain'));
  const ended = Promise.allSettled(all);
  await disk.finish(new Error('full'));
  expect((await ended).every((one) => one.status === 'rejected')).toBe(true);
  const again = bytes.map((one) => writer.put(one, 'text/plain'));
  expect(disk.open).toHaveLength(16);
  await disk.finish();
  expect(await Promise.all(again)).toHaveLength(40);
});
