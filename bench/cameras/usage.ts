import { readdirSync, readFileSync } from 'node:fs';

/** The kernel counts CPU time in hundredths of a second (sysconf _SC_CLK_TCK on Linux). */
const TICK_MS = 10;

interface Process { readonly parent: number; readonly cpuMs: number; readonly rssBytes: number }

/** Pages of memory are 4 KB on x86-64 and most of ARM. */
const PAGE = 4096;

/** CPU time so far and memory now of this process and the processes it started, as the kernel counts them. */
export function usage(): { readonly cpuMs: number; readonly rssMb: number } {
  const all = new Map(readdirSync('/proc').filter((name) => /^\d+$/.test(name)).flatMap((name) => {
    const read = processOf(name);
    return read === null ? [] : [[Number(name), read] as const];
  }));
  const own = [...all].filter(([pid, { parent }]) => pid === process.pid || parent === process.pid);
  return { cpuMs: own.reduce((sum, [, p]) => sum + p.cpuMs, 0), rssMb: own.reduce((sum, [, p]) => sum + p.rssBytes, 0) / 1e6 };
}

function processOf(pid: string): Process | null {
  try {
    // proc(5): after the name in brackets come state, parent, …; 14 and 15 are user and system time, 24 resident pages.
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8'), fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return { parent: Number(fields[1]), cpuMs: (Number(fields[11]) + Number(fields[12])) * TICK_MS, rssBytes: Number(fields[21]) * PAGE };
  } catch {
    return null;
  }
}

/** Least squares: what grows by so much an hour. `samples`: milliseconds, value. */
export function slopePerHour(samples: readonly (readonly [number, number])[]): number {
  const n = samples.length, meanX = samples.reduce((sum, [x]) => sum + x, 0) / n, meanY = samples.reduce((sum, [, y]) => sum + y, 0) / n;
  const over = samples.reduce((sum, [x, y]) => sum + (x - meanX) * (y - meanY), 0), under = samples.reduce((sum, [x]) => sum + (x - meanX) ** 2, 0);
  return (over / under) * 3_600_000;
}
