#!/usr/bin/env node
// What `npm start`, `npm test`, `npm run build` and `npm run bench` run: installs and builds what is missing or out of date, then does the work.
// Plain JavaScript without dependencies, because it must run before anything is installed.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const [task, ...args] = process.argv.slice(2);

function stop(message) {
  console.error(message);
  process.exit(1);
}

function run(command, commandArgs, env = {}) {
  // The installer's notes go to stderr: `npm start` keeps stdout for its own report.
  const done = spawnSync(command, commandArgs, { cwd: root, stdio: ['inherit', 2, 2], env: { ...process.env, ...env } });
  if (done.error) stop(`${command} could not be started: ${done.error.message}`);
  return done.status ?? 1;
}

/** Installs when node_modules is missing or belongs to another lock file. */
function install() {
  const lock = createHash('sha256').update(readFileSync(join(root, 'package-lock.json'))).digest('hex');
  const stamp = join(root, 'node_modules', '.darwaza-installed');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === lock) return;
  console.error('Installing packages (once; about a minute) …');
  // onnxruntime-node's own script would fetch GPU libraries from outside the registry.
  if (run('npm', ['ci', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error'], { ONNXRUNTIME_NODE_INSTALL: 'skip' }) !== 0) {
    stop('The packages could not be installed. Check the connection to the npm registry, then run the same command again.');
  }
  writeFileSync(stamp, lock);
}

/** Debian's ffmpeg decodes streams and video files. Installed where this may be done; elsewhere the command that needs it says what to do. */
function installFfmpeg() {
  if (spawnSync('ffmpeg', ['-version'], { stdio: 'ignore' }).status === 0) return;
  if (process.getuid?.() === 0 && spawnSync('apt-get', ['--version'], { stdio: 'ignore' }).status === 0) {
    console.error('Installing ffmpeg (once) …');
    const quiet = { cwd: root, stdio: 'ignore', env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } };
    spawnSync('apt-get', ['update', '-q'], quiet);
    if (spawnSync('apt-get', ['install', '-yq', '--no-install-recommends', 'ffmpeg'], quiet).status === 0) return;
  }
  console.error('ffmpeg is missing, which streams and video files need. Install it: apt-get install ffmpeg');
}

function newest(folder) {
  let at = 0;
  for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true })) {
    if (entry.isFile()) at = Math.max(at, statSync(join(entry.parentPath ?? entry.path, entry.name)).mtimeMs);
  }
  return at;
}

/** Compiles src/ to dist/ when a source is newer than the last build. */
function build() {
  const stamp = join(root, 'dist', '.built');
  const sources = Math.max(newest(join(root, 'src')), statSync(join(root, 'tsconfig.json')).mtimeMs, statSync(join(root, 'package-lock.json')).mtimeMs);
  if (existsSync(stamp) && statSync(stamp).mtimeMs > sources) return;
  mkdirSync(join(root, 'dist'), { recursive: true });
  if (run(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', 'tsconfig.build.json']) !== 0) stop('The build failed.');
  // The labelling page is served as it is.
  cpSync(join(root, 'src/labelling/page'), join(root, 'dist/labelling/page'), { recursive: true });
  writeFileSync(stamp, '');
}

async function bench() {
  const [name, ...rest] = args;
  const known = readdirSync(join(root, 'bench')).filter((f) => f.endsWith('.ts')).map((f) => f.slice(0, -3));
  if (!name || !known.includes(name)) stop(`Which benchmark? npm run bench -- NAME, NAME one of: ${known.join(', ')}`);
  // Benches that measure a process run the program as it ships.
  build();
  const done = spawnSync(process.execPath, ['--expose-gc', '--import', 'tsx', join('bench', `${name}.ts`), ...rest], { cwd: root, stdio: 'inherit' });
  process.exit(done.status ?? 1);
}

install();
const isPicture = (path) => /\.(jpe?g|png|webp|tiff?)$/i.test(path);
const showsFilms = process.env.DARWAZA_SOURCES !== undefined || args.some((arg) => /^rtsps?:|\.\w{2,5}$/i.test(arg) && !isPicture(arg));
if (task === 'test' || task === 'bench' || (task === 'start' && showsFilms)) installFfmpeg();
switch (task) {
  case 'build':
    build();
    break;
  case 'start':
    build();
    process.argv = [process.argv[0], 'darwaza', 'start', ...args];
    await import(pathToFileURL(join(root, 'dist/cli/main.js')).href);
    break;
  case 'test': {
    build();
    const done = spawnSync(process.execPath, [join(root, 'node_modules/vitest/vitest.mjs'), 'run', ...args], { cwd: root, stdio: 'inherit' });
    process.exit(done.status ?? 1);
    break;
  }
  case 'bench':
    await bench();
    break;
  default:
    stop('usage: bootstrap.mjs start|test|build|bench');
}
