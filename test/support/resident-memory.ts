import { readFileSync } from 'node:fs';

/** Memory of another process in megabytes: now, and the most that it ever had (Linux; VmRSS and VmHWM). */
export function residentMemory(pid: number): { readonly mb: number; readonly peakMb: number } {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const mb = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1] ?? Number.NaN) * 1024 / 1e6;
  return { mb: mb('VmRSS'), peakMb: mb('VmHWM') };
}
