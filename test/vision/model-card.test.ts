import { createHash } from 'node:crypto';
import { cp, mkdir, mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { checkedModel, ownModels, shippedModels } from '../../src/vision/model-card.ts';
import { openEyes } from '../../src/vision/readers.ts';
import { createVision } from '../../src/vision/vision-pool.ts';
import { darwaza } from '../support/command-line.ts';

let folder: string;
beforeAll(async () => { folder = join(await mkdtemp(join(tmpdir(), 'darwaza-models-')), 'models'); });
beforeEach(async () => {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder);
  for (const model of ownModels) for (const ending of ['json', 'onnx']) await cp(join(shippedModels, `${model}.${ending}`), join(folder, `${model}.${ending}`));
});
afterAll(() => rm(join(folder, '..'), { recursive: true, force: true }));

const path = (name: string): string => join(folder, name);
const changeCard = async (name: string, change: object): Promise<void> => writeFile(path(name), JSON.stringify({ ...JSON.parse(await readFile(path(name), 'utf8')) as object, ...change }));

describe('the shipped models', () => {
  it.each(ownModels)('%s is the file of its card, and the card says what a user must know', async (model) => {
    const { card, bytes } = await checkedModel(shippedModels, model);
    expect(card).toMatchObject({ name: `darwaza-${model}`, bytes: bytes.length, licence: expect.any(String), data: expect.any(Array), seed: expect.any(Number), figures: expect.any(Object) });
    expect(bytes.length).toBeLessThanOrEqual(10 * 1024 * 1024);
  });
});

describe('a model that cannot be used is named at the start', () => {
  const faults: readonly [string, RegExp, () => Promise<unknown>][] = [
    ['a missing network', /reader\.onnx cannot be used: there is no such file/, () => rm(path('reader.onnx'))],
    ['a missing card', /detector\.json cannot be used: there is no such file/, () => rm(path('detector.json'))],
    ['a network cut short', /detector\.onnx cannot be used: it has 1000 bytes instead of \d+: it was cut short/, () => truncate(path('detector.onnx'), 1000)],
    ['an empty network', /reader\.onnx cannot be used: it has 0 bytes/, () => truncate(path('reader.onnx'), 0)],
    ['one damaged byte', /reader\.onnx cannot be used: its SHA-256 begins with [0-9a-f]{12} instead of/, async () => {
      const bytes = await readFile(path('reader.onnx'));
      bytes[bytes.length >> 1]! ^= 1;
      await writeFile(path('reader.onnx'), bytes);
    }],
    ['a card that is no JSON', /reader\.json cannot be used: it is not JSON/, () => writeFile(path('reader.json'), '{"name":')],
    ['a card without a hash', /reader\.json cannot be used: sha256/, () => changeCard('reader.json', { sha256: undefined })],
    ['a card that names a file elsewhere', /reader\.json cannot be used: file: must be the name of a file in the same folder/, () => changeCard('reader.json', { file: '../reader.onnx' })],
    ['a card without the shapes of its plates', /reader\.json cannot be used: input/, () => changeCard('reader.json', { input: { tall: { width: 128 } } })],
    ['a threshold that is none', /detector\.json cannot be used: threshold/, () => changeCard('detector.json', { threshold: 1.5 })],
    ['bytes that are no network', /reader\.onnx cannot be used: it is no network that can be run/, () => exchange('reader', Buffer.from('weights'))],
    ['another kind of network', /reader\.onnx cannot be used: .*another kind of network/, async () => exchange('reader', await readFile(path('detector.onnx')))],
  ];
  const exchange = async (model: string, bytes: Buffer): Promise<void> => {
    await writeFile(path(`${model}.onnx`), bytes);
    await changeCard(`${model}.json`, { bytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') });
  };

  it.each(faults)('%s', async (_, message, damage) => {
    await damage();
    await expect(openEyes('darwaza', folder)).rejects.toMatchObject({ name: 'DarwazaError', code: 'MODEL_INVALID', message: expect.stringMatching(message) as string });
  });

  it('by the pool of threads, before any picture', async () => {
    await rm(path('reader.onnx'));
    await expect(createVision({ threads: 1, models: folder })).rejects.toMatchObject({ code: 'MODEL_INVALID', message: expect.stringMatching(/reader\.onnx.*DARWAZA_MODELS/) as string });
  });

  it('by `darwaza read`, in one line, with exit code 1, every time', async () => {
    await truncate(path('detector.onnx'), 10);
    // Several, because one thread may be opening a network when another has found the fault: ended then, it aborted two runs in five.
    const runs = await Promise.all(Array.from({ length: 6 }, () => darwaza(['read', 'gate.jpg'], { DARWAZA_MODELS: folder, DARWAZA_THREADS: '2' })));
    expect(runs.map(({ code, stdout }) => [code, stdout])).toEqual(runs.map(() => [1, '']));
    for (const { stderr } of runs) expect(stderr).toMatch(/^MODEL_INVALID: The model file .*detector\.onnx cannot be used: it has 10 bytes instead of \d+: it was cut short\. Copy the folder "models"/);
  });

  it('by `darwaza doctor`, which tells of each model what it is', async () => {
    await truncate(path('reader.onnx'), 10);
    const { code, stdout } = await darwaza(['doctor', '--json'], { DARWAZA_MODELS: folder, DARWAZA_DATA_DIR: join(folder, 'data'), PORT: '0' });
    const findings = stdout.split('\n').filter(Boolean).map((line) => JSON.parse(line) as { check: string; state: string; message: string });
    expect(code).toBe(1);
    expect(findings.find((f) => f.check === 'model detector')).toMatchObject({ state: 'ok', message: expect.stringMatching(/^darwaza-detector \S+, \d+\.\d MB, SHA-256 as its card says$/) as string });
    expect(findings.find((f) => f.check === 'model reader')).toMatchObject({ state: 'fault', message: expect.stringMatching(/reader\.onnx cannot be used: it has 10 bytes/) as string });
  });

  it('not when another reader was asked for: that one brings its own', async () => {
    await rm(path('reader.onnx'));
    const eyes = await openEyes('ppocr', folder);
    expect([eyes.detector.name, eyes.reader.name]).toEqual(['ppocr', 'ppocr']);
    await Promise.all([eyes.detector.close(), eyes.reader.close()]);
  });
});
