import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openEvidence, type EvidenceStore } from '../../src/store/evidence.ts';

const PICTURE = Buffer.from([0xff, 0xd8, 0xff, 0, 1, 2, 3, 0xff, 0xd9]);
const SHA256 = createHash('sha256').update(PICTURE).digest('hex');
const PASS = 'a-pass';

describe('evidence pictures', () => {
  let folder: string, evidence: EvidenceStore, path: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'darwaza-evidence-'));
    evidence = await openEvidence(folder);
    path = join(folder, 'evidence', SHA256.slice(0, 2), SHA256.slice(2, 4), `${SHA256}.jpg`);
  });
  afterEach(() => rm(folder, { recursive: true }));
  const jpeg = { sha256: SHA256, mediaType: 'image/jpeg' };

  test('are kept unaltered under their SHA-256', async () => {
    expect(await evidence.put(PICTURE, 'image/jpeg')).toBe(SHA256);
    expect(await readFile(path)).toEqual(PICTURE);
    expect(await evidence.get(jpeg, PASS)).toEqual(PICTURE);
  });

  test('twice, and many times at once, are kept once and leave no draft', async () => {
    await Promise.all(Array.from({ length: 20 }, () => evidence.put(PICTURE, 'image/jpeg')));
    expect(await readdir(join(path, '..'))).toEqual([`${SHA256}.jpg`]);
    expect(await readdir(join(folder, 'evidence', 'drafts'))).toEqual([]);
  });

  test.each([['image/png', 'png'], ['image/webp', 'webp'], ['image/tiff', 'tif'], ['image/gif', 'gif'], ['application/x-unknown', 'bin'], ['../../x', 'bin']])('%s is named .%s', async (mediaType, extension) => {
    await evidence.put(PICTURE, mediaType);
    expect(await readdir(join(path, '..'))).toEqual([`${SHA256}.${extension}`]);
    expect(await evidence.get({ sha256: SHA256, mediaType }, PASS)).toEqual(PICTURE);
  });

  test('a picture that is not there says of which pass', async () => {
    await expect(evidence.get(jpeg, PASS)).rejects.toMatchObject({ code: 'EVIDENCE_NOT_FOUND', details: { id: PASS } });
  });

  test.each(['', '../../../etc/passwd', 'AB'.repeat(32), `${SHA256}/..`])('%j is no hash and leads nowhere', async (sha256) => {
    await expect(evidence.get({ sha256, mediaType: 'image/jpeg' }, PASS)).rejects.toMatchObject({ code: 'EVIDENCE_NOT_FOUND' });
  });

  test.each<[string, (bytes: Buffer) => Buffer]>([
    ['one bit changed', (b) => Buffer.from(b.map((byte, i) => (i === 4 ? byte ^ 1 : byte)))], ['cut short', (b) => b.subarray(0, -1)], ['emptied', () => Buffer.alloc(0)],
    ['longer', (b) => Buffer.concat([b, Buffer.from('x')])],
  ])('a picture that the disk has %s is never given out, and heals when it comes again', async (_, damage) => {
    await evidence.put(PICTURE, 'image/jpeg');
    await writeFile(path, damage(PICTURE));
    await expect(evidence.get(jpeg, PASS)).rejects.toMatchObject({ code: 'EVIDENCE_DAMAGED', details: { id: PASS } });
    await evidence.put(PICTURE, 'image/jpeg');
    expect(await evidence.get(jpeg, PASS)).toEqual(PICTURE);
  });

  describe('removing', () => {
    const LATER = Date.now() + 3_600_000;
    const filesIn = async (): Promise<string[]> => (await readdir(join(folder, 'evidence'), { recursive: true })).filter((name) => name.endsWith('.jpg'));

    test('tells what became free, and the second time that it was gone', async () => {
      await evidence.put(PICTURE, 'image/jpeg');
      expect(await evidence.remove(jpeg, LATER)).toEqual({ kind: 'removed', bytes: PICTURE.length });
      expect(await evidence.remove(jpeg, LATER)).toEqual({ kind: 'absent' });
      await expect(evidence.get(jpeg, PASS)).rejects.toMatchObject({ code: 'EVIDENCE_NOT_FOUND' });
    });

    test('leaves one that was written again meanwhile, though its bytes were there already', async () => {
      await evidence.put(PICTURE, 'image/jpeg');
      await utimes(path, 0, 0);
      const since = Date.now() - 1000;
      await evidence.put(PICTURE, 'image/jpeg');
      expect(await evidence.remove(jpeg, since)).toEqual({ kind: 'touched' });
      expect(await evidence.get(jpeg, PASS)).toEqual(PICTURE);
    });

    test('one that comes again afterwards is kept anew', async () => {
      await evidence.put(PICTURE, 'image/jpeg');
      await evidence.remove(jpeg, LATER);
      await evidence.put(PICTURE, 'image/jpeg');
      expect(await evidence.get(jpeg, PASS)).toEqual(PICTURE);
    });

    test('lists what lies in a folder, older than a time, and nothing that is no picture', async () => {
      await evidence.put(PICTURE, 'image/jpeg');
      await writeFile(join(path, '..', 'notes.txt'), 'x');
      await writeFile(join(path, '..', `${SHA256}.exe`), 'x');
      const listed = async (number: number, before: number) => {
        const all = [];
        for await (const some of evidence.pictures(number, before)) all.push(...some);
        return all;
      };
      const own = Number.parseInt(SHA256.slice(0, 2), 16);
      expect([await listed(own, LATER), await listed(own, 1), await listed((own + 1) % 256, LATER)]).toEqual([[jpeg], [], []]);
      expect(await filesIn()).toHaveLength(1);
    });
  });

  test('drafts of a killed process are taken away, those being written stay', async () => {
    const drafts = join(folder, 'evidence', 'drafts');
    await writeFile(join(drafts, 'old'), 'x');
    await writeFile(join(drafts, 'new'), 'x');
    await utimes(join(drafts, 'old'), 0, 0);
    await openEvidence(folder);
    expect(await readdir(drafts)).toEqual(['new']);
  });

  test('a folder that cannot be made is named', async () => {
    await writeFile(join(folder, 'file'), '');
    await expect(openEvidence(join(folder, 'file'))).rejects.toMatchObject({ code: 'DATA_FOLDER_UNWRITABLE' });
  });

  test('a picture that cannot be written leaves nothing that looks like one', async () => {
    await mkdir(join(folder, 'evidence'), { recursive: true });
    await writeFile(join(folder, 'evidence', SHA256.slice(0, 2)), 'in the way');
    await expect(evidence.put(PICTURE, 'image/jpeg')).rejects.toMatchObject({ code: 'DATA_FOLDER_UNWRITABLE' });
    expect(await readdir(join(folder, 'evidence', 'drafts'))).toEqual([]);
  });
});
