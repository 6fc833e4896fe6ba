import { execFileSync } from 'node:child_process';
import { chmod, mkdtemp, open, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openFeed, type FeedItem, type HitFeed, type HitHistory } from '../../src/hit/hit-feed.ts';
import { openLineFile } from '../../src/hit/line-file.ts';
import { startCommand } from '../../src/hit/relay-command.ts';
import { createRelay, type Relay, type RelayParts } from '../../src/hit/relay.ts';
import type { HitRecord } from '../../src/store/hit-record.ts';
import type { NewHitEvent } from '../../src/store/hit-events.ts';
import { MINUTE, MORNING } from '../support/passes.ts';
import { anEvent, hitNumber } from '../support/stored-hits.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'darwaza-relay-'));
});
afterEach(() => rm(folder, { recursive: true }));

/** A program of the department, as it would stand in the settings. */
async function program(name: string, lines: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, `#!/bin/sh\n${lines}\n`);
  await chmod(path, 0o755);
  return path;
}

const soon = { timeout: 15_000, interval: 20 };
const linesOf = async (path: string): Promise<any[]> => (await readFile(path, 'utf8').catch(() => '')).split('\n').slice(0, -1).map((line) => JSON.parse(line));

describe('a command', () => {
  test('gets the text on its stdin and no arguments, no shell between', async () => {
    const out = join(folder, 'out'), path = await program('barrier $(touch x); it.sh', `cat > '${out}'; echo "$#" >> '${out}'`);
    expect(await startCommand(path, '{"hit":"`touch y` $HOME"}', 5000).ended).toBeNull();
    expect(await readFile(out, 'utf8')).toBe('{"hit":"`touch y` $HOME"}\n0\n');
    expect((await readdir(folder)).toSorted()).toEqual(['barrier $(touch x); it.sh', 'out']);
  });

  test.each([
    ['ends with a code', 'exit 3', 'the command ended with 3'], ['is killed by somebody', 'kill -TERM $$', 'the command ended with SIGTERM'],
  ])('that %s is a fault', async (_what, lines, fault) => expect(await startCommand(await program('a', lines), 'x', 5000).ended).toBe(fault));

  test('that is not there, or may not be run, is a fault', async () => {
    await writeFile(join(folder, 'plain'), 'x', { mode: 0o644 });
    expect(await startCommand(join(folder, 'none'), 'x', 5000).ended).toBe('the command cannot be started (ENOENT)');
    expect(await startCommand(join(folder, 'plain'), 'x', 5000).ended).toBe('the command cannot be started (EACCES)');
  });

  test('that reads nothing of a large text is none', async () => {
    expect(await startCommand(await program('a', 'exit 0'), 'x'.repeat(1_000_000), 5000).ended).toBeNull();
  });

  test('that does not end is killed with all that it started', async () => {
    const pids = join(folder, 'pids'), path = await program('a', `trap '' TERM; sleep 60 & echo $! > '${pids}'; echo $$ >> '${pids}'; wait`);
    expect(await startCommand(path, 'x', 300).ended).toBe('the command did not end within 0.3 s and was killed');
    const alive = (): string[] => readPids(pids).filter((pid) => isRunning(pid));
    expect(readPids(pids)).toHaveLength(2);
    await expect.poll(alive, soon).toEqual([]);
  });
});

function readPids(path: string): string[] {
  return execFileSync('cat', [path], { encoding: 'utf8' }).trim().split('\n');
}

/** A zombie that nobody has asked for its exit code runs no more. */
function isRunning(pid: string): boolean {
  try {
    return !/^State:\s+Z/m.test(execFileSync('cat', [`/proc/${pid}/status`], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }));
  } catch {
    return false;
  }
}

describe('a file of lines', () => {
  test('gets whole lines in the order given, after what stands in it', async () => {
    const path = join(folder, 'hits.jsonl');
    await writeFile(path, 'old\n');
    const file = openLineFile(path);
    expect(await Promise.all(Array.from({ length: 50 }, (_, i) => file.append(`line ${i}`)))).toEqual(Array.from({ length: 50 }, () => null));
    await file.close();
    expect(await readFile(path, 'utf8')).toBe(`old\n${Array.from({ length: 50 }, (_, i) => `line ${i}\n`).join('')}`);
  });

  test('that was rotated away is made anew', async () => {
    const path = join(folder, 'hits.jsonl'), file = openLineFile(path);
    await file.append('one');
    await rename(path, `${path}.1`);
    await file.append('two');
    await file.close();
    expect([await readFile(`${path}.1`, 'utf8'), await readFile(path, 'utf8')]).toEqual(['one\n', 'two\n']);
  });

  test('that cannot be written says why and is tried again with the next line', async () => {
    const path = join(folder, 'away', 'hits.jsonl'), file = openLineFile(path);
    expect(await file.append('lost')).toBe('the relay file cannot be written (ENOENT)');
    execFileSync('mkdir', [join(folder, 'away')]);
    expect(await file.append('kept')).toBeNull();
    await file.close();
    expect(await readFile(path, 'utf8')).toBe('kept\n');
  });

  test('that is a full disk says so', async () => {
    const file = openLineFile('/dev/full');
    expect(await file.append('x')).toBe('the relay file cannot be written (ENOSPC)');
    await file.close();
  });

  test('that is an unplugged device is not made into a file of its name', async () => {
    const file = openLineFile('/dev/darwaza-no-such-device');
    expect(await file.append('x')).toBe('the relay file cannot be written (ENOENT)');
    await file.close();
  });

  test('that is a pipe without a reader does not wait for one; with a reader it gets the lines', async () => {
    const path = join(folder, 'pipe'), file = openLineFile(path);
    execFileSync('mkfifo', [path]);
    expect(await file.append('nobody')).toBe('the relay file cannot be written (ENXIO)');
    const reader = await open(path, 0o4000 /* O_RDONLY | O_NONBLOCK */);
    expect(await file.append('somebody')).toBeNull();
    expect((await reader.read(Buffer.alloc(100), 0, 100)).bytesRead).toBe('somebody\n'.length);
    await reader.close();
    expect(await file.append('gone')).toBe('the relay file cannot be written (EPIPE)');
    await file.close();
  });

  test('that takes only a part for now gets the rest when it takes more', async () => {
    const path = join(folder, 'pipe'), file = openLineFile(path);
    execFileSync('mkfifo', [path]);
    const reader = await open(path, 0o4000), text = 'x'.repeat(200_000), chunks: string[] = [];
    const writing = file.append(text);
    while (chunks.join('').length < text.length + 1) {
      const { bytesRead, buffer } = await reader.read(Buffer.alloc(65_536), 0, 65_536).catch(() => ({ bytesRead: 0, buffer: Buffer.alloc(0) }));
      chunks.push(buffer.toString('utf8', 0, bytesRead));
      await sleep(1);
    }
    expect([await writing, chunks.join('')]).toEqual([null, `${text}\n`]);
    await file.close();
    await reader.close();
  });
});

describe('the relay', () => {
  let items: FeedItem[], feed: HitFeed, now: number, relay: Relay | null, logged: string;
  const sink = new Writable({
    write(chunk: Buffer, _encoding, done) {
      logged += chunk.toString();
      done();
    },
  });
  beforeEach(async () => {
    items = [];
    logged = '';
    now = MORNING;
    relay = null;
    const history: HitHistory = { after: async (n, limit) => items.filter((i) => i.event.sequence > n).slice(0, limit), newest: async () => items.length };
    feed = await openFeed(history, pino({ level: 'silent' }), { add: () => undefined });
  });
  afterEach(async () => {
    await relay?.close();
    await feed.close();
  });

  const start = async (parts: Partial<RelayParts>): Promise<void> => {
    relay = await createRelay({ feed, describe: (hit) => ({ plate: hit.plate }), offsetMinutes: 300, clock: () => now, log: pino(sink), ...parts });
  };
  const tell = (hit: HitRecord, event: Partial<NewHitEvent> = {}): void => {
    items.push({ event: { ...anEvent(hit, event), sequence: items.length + 1 }, hit });
    feed.poke();
  };
  const plates = async (path: string): Promise<string[]> => (await linesOf(path)).map((line) => line.hit.plate);

  test('without a command or a file is none', async () => {
    await start({});
    expect(relay).toBeNull();
  });

  test('hands each ringing event to the program and to the file, one line each', async () => {
    const out = join(folder, 'out'), file = join(folder, 'file'), hit = hitNumber(0, MORNING);
    await start({ command: await program('siren', `cat >> '${out}'`), file });
    tell(hit);
    await expect.poll(() => relay?.statistics(), soon).toEqual({ relayed: 1, failed: 0, dropped: 0 });
    const line = { event: { sequence: 1, kind: 'raised', at: '2026-11-03T06:00:00.000+05:00', ring: true, detail: {} }, hit: { plate: 'LEA-1' } };
    expect([await linesOf(out), await linesOf(file)]).toEqual([[line], [line]]);
  });

  test('is silent for what does not ring, what is covert, what is over, and what is at other sites', async () => {
    const file = join(folder, 'file');
    await start({ file, sites: ['baleli'] });
    tell(hitNumber(0, MORNING), { ring: false });
    tell(hitNumber(1, MORNING, { covert: true }));
    tell(hitNumber(2, MORNING - MINUTE - 1));
    tell(hitNumber(3, MORNING, { siteId: 'kuchlak' }), { sites: ['baleli'] });
    tell(hitNumber(4, MORNING, { siteId: null }));
    tell(hitNumber(5, MORNING, { siteId: 'kuchlak' }), { kind: 'escalated', sites: ['baleli'], detail: { calledSites: ['baleli'] } });
    tell(hitNumber(7, MORNING, { siteId: 'kuchlak' }), { kind: 'escalated', sites: ['baleli', 'lak-pass'], detail: { calledSites: ['lak-pass'] } });
    tell(hitNumber(6, MORNING));
    await expect.poll(() => plates(file), soon).toEqual(['LEA-6', 'LEA-7']);
    expect(relay?.statistics()).toEqual({ relayed: 2, failed: 0, dropped: 1 });
  });

  test('begins with what happens from now on: what rang before it was started is over', async () => {
    const file = join(folder, 'file');
    tell(hitNumber(0, MORNING));
    await start({ file });
    tell(hitNumber(1, MORNING));
    await expect.poll(() => plates(file), soon).toEqual(['LEA-2']);
  });

  test('counts and logs what went wrong, without the mark, and goes on', async () => {
    await start({ command: await program('a', 'grep -q LEA-2 || exit 1') });
    tell(hitNumber(0, MORNING));
    tell(hitNumber(1, MORNING));
    await expect.poll(() => relay?.statistics(), soon).toEqual({ relayed: 1, failed: 1, dropped: 0 });
    expect(JSON.parse(logged.trim())).toMatchObject({ event: 1, fault: 'the command ended with 1', msg: 'a hit could not be relayed' });
    expect(logged).not.toContain('LEA');
  });

  test('runs four programs at once, the others in turn; of more than a hundred that wait the oldest go', async () => {
    const gate = join(folder, 'open'), begun = join(folder, 'begun');
    await start({ command: await program('a', `cat >> '${begun}'; while [ ! -e '${gate}' ]; do sleep 0.05; done`) });
    for (let n = 0; n < 112; n++) tell(hitNumber(n, MORNING));
    await expect.poll(() => plates(begun).then((all) => all.length), soon).toBe(4);
    expect(relay?.statistics()).toEqual({ relayed: 0, failed: 0, dropped: 8 });
    expect((await plates(begun)).toSorted()).toEqual(['LEA-1', 'LEA-2', 'LEA-3', 'LEA-4']);
    await writeFile(gate, '');
    await expect.poll(() => relay?.statistics().relayed, { timeout: 30_000 }).toBe(104);
    expect((await plates(begun)).slice(4)).not.toContain('LEA-5');
  });

  test('lets what waited too long for its turn go', async () => {
    const gate = join(folder, 'open');
    await start({ command: await program('a', `while [ ! -e '${gate}' ]; do sleep 0.05; done`) });
    for (let n = 0; n < 6; n++) tell(hitNumber(n, MORNING));
    await sleep(50);
    now = MORNING + MINUTE + 1;
    await writeFile(gate, '');
    await expect.poll(() => relay?.statistics(), soon).toEqual({ relayed: 4, failed: 0, dropped: 2 });
  });

  test('closing ends the programs that run and begins no other', async () => {
    const begun = join(folder, 'begun');
    await start({ command: await program('a', `cat >> '${begun}'; sleep 60`) });
    for (let n = 0; n < 6; n++) tell(hitNumber(n, MORNING));
    await expect.poll(() => plates(begun).then((all) => all.length), soon).toBe(4);
    const started = performance.now();
    await relay?.close();
    expect(performance.now() - started).toBeLessThan(5000);
    expect(await plates(begun)).toHaveLength(4);
  });

  test('hears on when events could not be read for a while', async () => {
    const file = join(folder, 'file');
    let away = true;
    const taken: (readonly FeedItem[])[] = [[{ event: { ...anEvent(hitNumber(0, MORNING)), sequence: 1 }, hit: hitNumber(0, MORNING) }]];
    const take = async (): Promise<readonly FeedItem[] | null> => {
      if (!away) return taken.shift() ?? null;
      away = false;
      throw new Error('away');
    };
    await start({ file, feed: { subscribe: async () => ({ position: 0, resumed: true, take, close: () => undefined }) } });
    await expect.poll(() => plates(file), soon).toEqual(['LEA-1']);
  });
});
