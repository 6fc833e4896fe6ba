import { fork } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { cpuMs, memoryMb } from './usage.ts';

export interface Measured { readonly wallMs: number; readonly cpuMs: number; readonly offered: number; readonly dropped: number; readonly read: number; readonly provisionalMs: readonly number[]; readonly passes: number; readonly ownMb: number; readonly ffmpegsMb: number; readonly jsMb: number }

/** The program in a process of its own, as a site runs it: cameras can be added and taken away. */
export interface Site {
  readonly pid: number;
  count(): number;
  addCamera(): Promise<void>;
  removeCamera(): Promise<void>;
  measure(ms: number): Promise<Measured>;
  close(): Promise<void>;
}

type Asked = { readonly kind: 'add'; readonly camera: string; readonly clip: string } | { readonly kind: 'remove'; readonly camera: string } | { readonly kind: 'figures' } | { readonly kind: 'close' };
interface Answer { readonly id: number; readonly answer: unknown; readonly fault: string | null }
/** Counts since the site began; latencies since the last question. */
interface Figures { readonly offered: number; readonly dropped: number; readonly read: number; readonly passes: number; readonly provisionalMs: readonly number[]; readonly jsMb: number }

/** Between looks at the memory. */
const LOOK_MS = 5000;

/** Starts the compiled program (`dist/`, which the bench task of scripts/bootstrap.mjs builds). Throws when it ends before it is ready. */
export async function openSite({ folder, clip, threads, databaseUrl }: { readonly folder: string; readonly clip: string; readonly threads: number; readonly databaseUrl: string | null }): Promise<Site> {
  const { pid, ask, ended } = await startProcess({ DARWAZA_DATA_DIR: folder, DARWAZA_THREADS: String(threads), DARWAZA_LOG: 'warn', PORT: '0', ...(databaseUrl === null ? {} : { DATABASE_URL: databaseUrl }) });
  const open: string[] = [];
  let added = 0;
  const figures = async (): Promise<Figures> => (await ask({ kind: 'figures' })) as Figures;
  return {
    pid,
    count: () => open.length,
    addCamera: async () => {
      const camera = `bench-${++added}`;
      open.push(camera);
      await ask({ kind: 'add', camera, clip });
    },
    removeCamera: async () => {
      const camera = open.pop();
      if (camera !== undefined) await ask({ kind: 'remove', camera });
    },
    measure: async (ms) => {
      const before = await figures(), cpu = cpuMs(pid), from = performance.now();
      let ownMb = 0, ffmpegsMb = 0;
      while (performance.now() - from < ms) {
        await new Promise((resolve) => setTimeout(resolve, Math.min(LOOK_MS, Math.max(0, ms - performance.now() + from))));
        const memory = memoryMb(pid);
        [ownMb, ffmpegsMb] = [Math.max(ownMb, memory.own), Math.max(ffmpegsMb, memory.ffmpegs)];
      }
      const wallMs = performance.now() - from, used = cpuMs(pid) - cpu, after = await figures();
      return { wallMs, cpuMs: used, offered: after.offered - before.offered, dropped: after.dropped - before.dropped, read: after.read - before.read, provisionalMs: after.provisionalMs, passes: after.passes - before.passes, ownMb, ffmpegsMb, jsMb: after.jsMb };
    },
    close: async () => {
      await ask({ kind: 'close' });
      await ended;
    },
  };
}

interface SiteProcess { readonly pid: number; readonly ended: Promise<unknown>; ask(asked: Asked): Promise<unknown> }

async function startProcess(settings: Readonly<Record<string, string>>): Promise<SiteProcess> {
  // The settings of whoever runs the bench are not the site's, and the loader of the bench is no part of the program.
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('DARWAZA_') && name !== 'DATABASE_URL' && name !== 'NODE_OPTIONS'));
  const command = shippedCommand(readFileSync(fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url)), 'utf8'));
  const child = fork(fileURLToPath(new URL('./site-process.mjs', import.meta.url)), { execArgv: command.flags, env: { ...env, ...command.env, ...settings } }), ended = once(child, 'exit');
  const waiting = new Map<number, { readonly resolve: (answer: unknown) => void; readonly reject: (cause: Error) => void }>();
  let count = 0;
  const asking = (id: number): Promise<unknown> => new Promise((resolve, reject) => void waiting.set(id, { resolve, reject }));
  const ready = asking(0);
  child.on('message', ({ id, answer, fault }: Answer) => {
    if (fault === null) waiting.get(id)?.resolve(answer);
    else waiting.get(id)?.reject(new Error(fault));
    waiting.delete(id);
  });
  child.on('exit', (code) => {
    for (const { reject } of waiting.values()) reject(new Error(`the site's process ended with ${code}`));
  });
  await ready;
  return {
    pid: child.pid!, ended,
    ask: (asked) => {
      const id = ++count, answer = asking(id);
      child.send({ id, ...asked });
      return answer;
    },
  };
}

/** Environment and flags of Node that the first line of a program sets: `#!/usr/bin/env -S NAME=value node --flag`. */
export function shippedCommand(program: string): { readonly env: Readonly<Record<string, string>>; readonly flags: string[] } {
  const words = /^#!\S*env (?:-S )?(.*)$/m.exec(program.split('\n', 1)[0] ?? '')?.[1]?.trim().split(/\s+/) ?? [], node = words.indexOf('node');
  if (node < 0) throw new Error('the program does not say how it is started');
  return { env: Object.fromEntries(words.slice(0, node).map((word) => [word.slice(0, word.indexOf('=')), word.slice(word.indexOf('=') + 1)])), flags: words.slice(node + 1) };
}
