import { spawn, type ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { residentMemory } from './resident-memory.ts';

export interface Served { readonly child: ChildProcess; readonly url: string; readonly pid: number }

/**
 * Long-lived JavaScript objects that the serving process may have, in MB. V8 lets garbage lie until it is about four times what is in use
 * (33 MB of program here); with a limit it shows what an export needs, and one that kept its rows would end with "heap out of memory".
 */
const HEAP_MB = 72;

/** Starts the compiled API in a process of its own. */
export function startExporting(databaseUrl: string): Promise<Served> {
  const register = fileURLToPath(new URL('../../fixtures/quetta.json', import.meta.url));
  return startServing([`--max-old-space-size=${HEAP_MB}`, fileURLToPath(new URL('exporting-process.mjs', import.meta.url)), databaseUrl, register]);
}

/** Starts node with these arguments; its first line on stdout must be where it answers. */
export async function startServing(args: readonly string[]): Promise<Served> {
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const url = await new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stdout }).once('line', resolve);
    child.once('exit', (code) => reject(new Error(`${args.join(' ')} ended with ${code}`)));
  });
  return { child, url, pid: child.pid ?? 0 };
}

export interface Taken {
  readonly seconds: number;
  readonly bytes: number;
  readonly sha256: string;
  /** The last 200 bytes. */
  readonly end: string;
  /** Id of the export. */
  readonly id: string;
  readonly beforeMb: number;
  readonly peakMb: number;
}

/** Takes an answer without keeping it, and watches the memory of the process that gives it. */
export async function takeAnswer(served: Served, path: string, headers: Record<string, string> = {}): Promise<Taken> {
  const hash = createHash('sha256'), { mb: beforeMb } = residentMemory(served.pid), started = performance.now();
  const response = await fetch(served.url + path, { headers });
  if (!response.ok || response.body === null) throw new Error(await response.text());
  let bytes = 0, end = '';
  for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
    hash.update(chunk);
    bytes += chunk.length;
    end = (end + Buffer.from(chunk.subarray(-200)).toString('latin1')).slice(-200);
  }
  const seconds = (performance.now() - started) / 1000;
  return { seconds, bytes, sha256: hash.digest('hex'), end, id: response.headers.get('x-export-id') ?? '', beforeMb, peakMb: residentMemory(served.pid).peakMb };
}
