import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/**
 * Compiles the program before the tests when a source is newer, so that tests of the command line run what is shipped. `npm test` has done so
 * already and stops when it fails; vitest run by hand on one room goes on, with a word about it.
 */
export default function build(): void {
  const done = spawnSync(process.execPath, [fileURLToPath(new URL('../../scripts/bootstrap.mjs', import.meta.url)), 'build'], { encoding: 'utf8' });
  if (done.status !== 0) console.error(`The program does not compile; tests of the command line run the last one that did.\n${done.stderr}`);
}
