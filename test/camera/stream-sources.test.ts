import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { describeSource, loadSources, readSources, withoutLogin, type CameraSource } from '../../src/camera/stream-sources.ts';
import { makeCertificate } from '../support/certificates.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'darwaza-sources-'));
  await mkdir(join(folder, 'secrets'));
  for (const name of ['baleli-in-1', 'baleli-out-1', 'spezand-in-1', 'spezand-out-1', 'mqtt']) await writeFile(join(folder, 'secrets', name), `geheim-${name}\n`);
});
afterAll(() => rm(folder, { recursive: true }));

const noFiles = (): Promise<string> => Promise.reject(Object.assign(new Error('none'), { code: 'ENOENT' }));
const read = async (...sources: unknown[]): Promise<readonly CameraSource[]> => {
  const reading = await readSources(sources, noFiles, '/etc/darwaza');
  if (reading.kind === 'faults') throw new Error(JSON.stringify(reading.faults));
  return reading.sources;
};
const faults = async (...sources: unknown[]): Promise<string[]> => {
  const reading = await readSources(sources, noFiles);
  return reading.kind === 'faults' ? reading.faults.map((f) => `${f.path}: ${f.message}`) : [];
};
const rtsp = { camera: 'a', kind: 'rtsp', url: 'rtsp://10.0.0.1/live' };

describe('the file of sources', () => {
  it('is that of the guide, with its logins from their files', async () => {
    const guide = await readFile(new URL('../../docs/cameras.md', import.meta.url), 'utf8'), example = /## Sources[\s\S]*?```json\n([\s\S]*?)```/.exec(guide)?.[1] ?? '';
    await writeFile(join(folder, 'sources.json'), example);
    const sources = await loadSources(join(folder, 'sources.json'));
    expect(sources.map((s) => s.kind)).toEqual(['rtsp', 'rtsp', 'hikvision', 'dahua', 'onvif-mqtt', 'folder', 'video']);
    expect(sources.flatMap((s) => ('login' in s ? [s.login?.password()] : []))).toEqual(['geheim-baleli-in-1', 'geheim-baleli-out-1', 'geheim-spezand-in-1', 'geheim-spezand-out-1', 'geheim-mqtt']);
    expect(sources[0]).toMatchObject({ fps: 5, keyFramesOnly: false, scale: 1, region: { x: 0, y: 0.3, width: 1, height: 0.7 } });
    expect(sources.at(-1)).toMatchObject({ path: join(folder, 'clips/2026-11-03.mp4'), startsAt: Date.parse('2026-11-03T06:00:00+05:00'), pace: 'free' });
  });

  it('that is not there or no JSON is a fault that names it, and quotes nothing of it', async () => {
    await expect(loadSources(join(folder, 'none.json'))).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' });
    await writeFile(join(folder, 'broken.json'), '[{"password": "geheim" oh}]');
    await expect(loadSources(join(folder, 'broken.json'))).rejects.toMatchObject({ code: 'SOURCES_INVALID', message: expect.not.stringContaining('geheim') });
  });

  it('has every fault named at once, with its place and never its value', async () => {
    const found = await faults({ ...rtsp, url: 'http://u:geheim@10.0.0.1/', password: 12, fps: 0 }, { camera: 'b c', kind: 'folder', path: '' }, { camera: 'd', kind: 'usb' }, { ...rtsp, extra: 1 }, 'geheim');
    expect(found.map((f) => f.split(':')[0])).toEqual(['0.url', '0.password', '0.fps', '1.camera', '1.path', '2.kind', '3', '4']);
    expect(found.join('\n')).not.toContain('geheim');
    expect(await faults()).toEqual([]);
    expect(await readSources({ camera: 'a' }, noFiles)).toMatchObject({ faults: [{ path: '(file)' }] });
  });

  it.each([
    [{ ...rtsp, region: [0.5, 0, 0.6, 1] }, '0.region'], [{ ...rtsp, region: [0, 0, 0, 1] }, '0.region'], [{ ...rtsp, region: [0, 0, 1] }, '0.region'], [{ ...rtsp, scale: 2 }, '0.scale'],
    [{ ...rtsp, url: 'rtsp:///live' }, '0.url'], [{ ...rtsp, url: 'rtsp://10.0.0.1/a b' }, '0.url'], [{ ...rtsp, url: 'rtsp://10.0.0.1/\nfile /etc/passwd' }, '0.url'], [{ ...rtsp, password: 'x' }, '0.username'],
    [{ ...rtsp, username: 'u', password: 'x', passwordFile: 'y' }, '0.passwordFile'], [{ ...rtsp, username: 'u', passwordFile: 'gone' }, '0.passwordFile'],
    [{ camera: 'a', kind: 'video', path: 'x.mp4', startsAt: '2026-11-03T06:00:00' }, '0.startsAt'],
  ])('%j is refused', async (source, path) => expect((await faults(source)).map((f) => f.split(':')[0])).toEqual([path]));

  it('names a camera once for each way in which it is read', async () => {
    expect(await faults(rtsp, rtsp)).toEqual(['1.camera: a source of this kind is named for a already']);
    expect(await faults(rtsp, { camera: 'a', kind: 'dahua', url: 'http://10.0.0.1' }, { kind: 'folder', path: 'x' }, { kind: 'folder', path: 'y' })).toEqual([]);
  });

  it('is read or refused with faults, whatever is in it', async () => {
    await fc.assert(fc.asyncProperty(fc.jsonValue(), async (json) => {
      expect(['ok', 'faults']).toContain((await readSources(json, noFiles)).kind);
    }));
  });
});

describe('a certificate', () => {
  const made = makeCertificate(), https = { camera: 'a', kind: 'hikvision', url: 'https://10.0.0.1' }, mqtts = { camera: 'a', kind: 'onvif-mqtt', url: 'mqtts://10.0.0.1', topic: 'x' };
  const readWith = (source: object, pem: string) => readSources([source], () => Promise.resolve(pem));

  it('is one that a file holds, or a fingerprint in any spelling', async () => {
    expect(await read({ ...https, certificate: { sha256: made.sha256.replaceAll(':', '').toLowerCase() } })).toMatchObject([{ certificate: { kind: 'pinned', sha256: made.sha256 } }]);
    expect(await readWith({ ...mqtts, certificate: { caFile: 'camera.pem' } }, made.cert)).toMatchObject({ sources: [{ certificate: { kind: 'authority', certificates: [made.cert.trim()] } }] });
    expect(await read({ ...rtsp, url: 'rtsps://10.0.0.1/live', certificate: { sha256: made.sha256 } })).toMatchObject([{ kind: 'rtsp', certificate: { kind: 'pinned' } }]);
    expect((await read(https))[0]).not.toHaveProperty('certificate');
  });

  it.each([
    [{ ...https, certificate: {} }, '0.certificate: must have either'], [{ ...https, certificate: { caFile: 'x', sha256: made.sha256 } }, '0.certificate: must have either'], [{ ...https, certificate: { sha256: 'AB:CD' } }, '0.certificate.sha256: must be the SHA-256'],
    [{ ...https, certificate: { any: true } }, '0.certificate: '], [{ ...https, certificate: { caFile: 'gone.pem' } }, '0.certificate.caFile: the file gone.pem cannot be read (ENOENT)'],
    [{ ...https, url: 'http://10.0.0.1', certificate: { sha256: made.sha256 } }, '0.certificate: an address that begins with http://'], [{ ...rtsp, certificate: { sha256: made.sha256 } }, '0.certificate: an address that begins with rtsp://'], [{ ...mqtts, url: 'wss://10.0.0.1', certificate: { sha256: made.sha256 } }, '0.certificate: an address that begins with wss://'],
  ])('%j is refused', async (source, fault) => expect((await faults(source)).join('\n')).toContain(fault));

  it('whose file holds a key or nothing is refused, and nothing of the file is told', async () => {
    for (const pem of [made.cert + made.key, 'geheim']) expect(await readWith({ ...https, certificate: { caFile: 'c.pem' } }, pem)).toMatchObject({ faults: [{ path: '0.certificate.caFile', message: expect.not.stringMatching(/geheim|BEGIN PRIV/) }] });
  });
});

describe('a login', () => {
  it('in an address is taken out of it', async () => {
    const [source] = await read({ ...rtsp, url: 'rtsp://admin:p%40ss@10.0.0.1:8554/live?a=1' });
    expect(source).toMatchObject({ url: 'rtsp://10.0.0.1:8554/live?a=1', login: { username: 'admin' } });
    expect(source?.kind === 'rtsp' && source.login?.password()).toBe('p@ss');
  });

  it('with a bare % is taken as it stands', () => expect(withoutLogin('rtsp://admin:100%@10.0.0.1/').login?.password()).toBe('100%'));

  it('is shown by nothing: not as JSON, not to an inspector, not in a description', async () => {
    const sources = await read({ ...rtsp, username: 'admin', password: 'geheim' }, { camera: 'b', kind: 'onvif-mqtt', url: 'mqtt://u:geheim@10.0.0.5', topic: 'plates' });
    expect(JSON.stringify(sources) + inspect(sources, { depth: 9 }) + sources.map(describeSource).join(' ')).not.toContain('geheim');
    expect(sources.map(describeSource)).toEqual(['rtsp rtsp://10.0.0.1/live', 'onvif-mqtt mqtt://10.0.0.5 plates']);
  });

  it('that a camera takes in the address is not described either', async () => {
    const [query, path] = await read({ ...rtsp, url: 'rtsp://10.0.0.1/live?user=admin&password=geheim' }, { ...rtsp, camera: 'b', url: 'rtsp://10.0.0.1:554/user=admin_password=geheim_channel=1' });
    expect(describeSource(query as CameraSource)).toBe('rtsp rtsp://10.0.0.1/live');
    expect(describeSource(path as CameraSource)).toBe('rtsp rtsp://10.0.0.1:554/…');
  });
});
