import { spawn, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** The program as it is shipped: compiled. `build.ts` beside this file sees that it is of today's sources. */
const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

export interface Finished { readonly code: number | null; readonly stdout: string; readonly stderr: string }

/** Starts `darwaza` as a user would; settings of the surrounding environment do not reach it, except the database when given. */
export function startDarwaza(args: readonly string[], settings: Record<string, string> = {}, cwd?: string): ChildProcess & { output: () => Finished } {
  const env = { PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? '', ...settings };
  const child = spawn(process.execPath, [main, ...args], { env, cwd, stdio: ['ignore', 'pipe', 'pipe'] });
  let stdout = '', stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => void (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => void (stderr += text));
  return Object.assign(child, { output: (): Finished => ({ code: child.exitCode, stdout, stderr }) });
}

/** Runs `darwaza` to its end. */
export async function darwaza(args: readonly string[], settings: Record<string, string> = {}, cwd?: string): Promise<Finished> {
  const child = startDarwaza(args, settings, cwd);
  await new Promise((resolve, reject) => child.once('close', resolve).once('error', reject));
  return child.output();
}
