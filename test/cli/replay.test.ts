import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { payloadBody } from '../support/vendor-payloads.ts';
import { hikvisionPush } from '../support/vendor-pushes.ts';
import { darwaza } from '../support/command-line.ts';

describe('darwaza replay', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'darwaza-replay-'));
    await writeFile(join(folder, 'push.bin'), hikvisionPush({ uuid: 'file', at: '2026-11-03T06:15:02+05:00' }).body);
    await writeFile(join(folder, 'broken.bin'), payloadBody('hikvision', 'broken').body);
    await writeFile(join(folder, 'half.bin'), hikvisionPush({ uuid: 'half' }).body.subarray(0, 2000));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));
  const run = (args: string[]) => darwaza(['replay', ...args], { DARWAZA_DATA_DIR: join(folder, 'data') });
  const file = (name: string): string => join(folder, name);
  const as = ['--vendor', 'hikvision', '--camera', 'lak-pass-in-1'];

  it('tells what files would give, records it, and the same again changes nothing', async () => {
    expect((await run(['--dry-run', ...as, file('push.bin')])).stdout).toMatch(/1 messages read again: 1 new passes would be recorded, 0 known before/);
    expect((await run([...as, file('push.bin')])).stdout).toMatch(/1 new passes, 0 known before/);
    expect((await run([...as, file('push.bin')])).stdout).toMatch(/0 new passes, 1 known before/);
    const kept = await run(['--json']);
    expect(kept.code).toBe(0);
    expect(kept.stdout.trim().split('\n').map((line) => JSON.parse(line))).toEqual([{ message: expect.stringMatching(/^m_/), outcome: 'repeated', what: null, passes: [{ id: expect.any(String), repeated: true }], faults: [] }]);
  }, 120_000);

  it('tells what is wrong with a message, keeps it, and answers 1', async () => {
    const { code, stdout } = await run([...as, file('broken.bin'), file('half.bin')]);
    expect(code).toBe(1);
    expect(stdout).toMatch(/broken\.bin: dateTime: .*no time/);
    expect(stdout).toMatch(/half\.bin: .*cut short/);
    expect(stdout).toMatch(/0 new passes, 0 known before, 0 messages without a vehicle, 2 refused/);
    expect((await run(['--refused', '--vendor', 'hikvision'])).stdout).toMatch(/1 messages read again: .* 1 refused/);
  }, 120_000);

  it.each([
    [['push.bin'], /--vendor and --camera.*name both/], [['--vendor', 'acme'], /must be one of hikvision/], [['--from', 'yesterday'], /--from is not a time/], [[...as, '/nowhere/push.bin'], /no file or folder/],
  ])('says what is wrong with its arguments: %j', async (args, message) => {
    const { code, stderr } = await run(args.map((a) => (a === 'push.bin' ? file(a) : a)));
    expect(code).toBe(1);
    expect(stderr).toMatch(message);
  }, 60_000);
});
