import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** Compiles the program before the tests when a source is newer, so that tests of the command line run what is shipped. */
export default function build(): void {
  const done = spawnSync(process.execPath, [fileURLToPath(new URL('../../scripts/bootstrap.mjs', import.meta.url)), 'build'], { encoding: 'utf8' });
  if (done.status !== 0) throw new Error(`The program does not compile:\n${done.stderr}`);
}
