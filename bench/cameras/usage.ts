import { readdirSync, readFileSync } from 'node:fs';

/** The kernel counts CPU time in hundredths of a second (sysconf _SC_CLK_TCK on Linux). */
const TICK_MS = 10;

interface Process { readonly pid: number; readonly parent: number; readonly name: string; readonly cpuMs: number }

function processes(): Process[] {
  return readdirSync('/proc').filter((name) => /^\d+$/.test(name)).flatMap((pid) => {
    try {
      // proc(5): the name in brackets, then state, parent, …; 14 and 15 are user and system time.
      const text = readFileSync(`/proc/${pid}/stat`, 'utf8'), fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
      return [{ pid: Number(pid), parent: Number(fields[1]), name: text.slice(text.indexOf('(') + 1, text.lastIndexOf(')')), cpuMs: (Number(fields[11]) + Number(fields[12])) * TICK_MS }];
    } catch {
      return [];
    }
  });
}

const counted = (of: number) => ({ pid, parent, name }: Process): boolean => pid === of || (parent === of && name.startsWith('ff'));

/** CPU time so far of a process with all its threads, and of the ffmpegs that it started. */
export function cpuMs(pid: number): number {
  return processes().filter(counted(pid)).reduce((sum, p) => sum + p.cpuMs, 0);
}

/** Memory of the same processes, pages that several share counted once among them (proportional set size), megabytes. */
export function memoryMb(pid: number): { readonly own: number; readonly ffmpegs: number } {
  const sizes = processes().filter(counted(pid)).map((one) => ({ pid: one.pid, mb: proportionalMb(one.pid) }));
  return { own: sizes.find((s) => s.pid === pid)?.mb ?? 0, ffmpegs: sizes.reduce((sum, s) => sum + (s.pid === pid ? 0 : s.mb), 0) };
}

function proportionalMb(pid: number): number {
  try {
    return (Number(/^Pss: +(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1] ?? 0) * 1024) / 1e6;
  } catch {
    return 0;
  }
}

/** Least squares: by how much a value grows in an hour. `samples`: milliseconds, value. */
export function slopePerHour(samples: readonly (readonly [number, number])[]): number {
  const n = samples.length, meanX = samples.reduce((sum, [x]) => sum + x, 0) / n, meanY = samples.reduce((sum, [, y]) => sum + y, 0) / n;
  const over = samples.reduce((sum, [x, y]) => sum + (x - meanX) * (y - meanY), 0), under = samples.reduce((sum, [x]) => sum + (x - meanX) ** 2, 0);
  return (over / under) * 3_600_000;
}
