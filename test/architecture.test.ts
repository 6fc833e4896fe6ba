import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

/** The house from the top down: a room may use the rooms named for it, and nothing else (docs/architecture.md). */
const MAY_USE: Record<string, readonly string[]> = {
  plate: [],
  geo: [],
  core: [],
  vision: ['plate', 'core'],
  pass: ['plate'],
  list: ['plate'],
  journey: ['plate', 'geo'],
  simulate: ['plate', 'geo', 'pass'],
  accuracy: ['plate', 'list'],
  store: ['plate', 'geo', 'pass', 'list', 'journey', 'core'],
  camera: ['plate', 'pass', 'vision', 'core'],
  hit: ['list', 'store', 'plate', 'geo', 'pass', 'core', 'accuracy'],
  pipeline: ['plate', 'geo', 'core', 'vision', 'pass', 'list', 'journey', 'store', 'camera', 'hit'],
  labelling: ['plate', 'list', 'accuracy', 'core', 'vision', 'camera'],
  http: ['plate', 'geo', 'core', 'vision', 'pass', 'list', 'journey', 'store', 'camera', 'hit', 'pipeline'],
  cli: ['plate', 'geo', 'core', 'vision', 'pass', 'list', 'journey', 'store', 'camera', 'hit', 'pipeline', 'http', 'accuracy', 'labelling', 'simulate'],
};
const PURE = ['plate', 'geo', 'pass', 'list', 'journey', 'simulate', 'accuracy'];
/** Packages with pixels in them stay in one room, SQL in another. */
const ONLY_IN: Record<string, readonly string[]> = {
  vision: ['sharp', 'opencv-wasm', 'onnxruntime-node', 'tesseract.js', 'piscina', 'exif-reader'],
  store: ['pg', '@electric-sql/pglite', 'drizzle-orm'],
  http: ['express', 'helmet', 'busboy', 'express-rate-limit', 'swagger-ui-dist', 'prom-client'],
  cli: ['commander', 'cli-progress'],
  geo: ['@turf/turf'],
  camera: ['fast-xml-parser', 'mqtt'],
};
const IMPURE = /^(?:node:(?!crypto$|buffer$|util$|string_decoder$|assert$).*|pino|pg|express)$/;

const source = resolve(import.meta.dirname, '../src');
const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((f) => f.endsWith('.ts') && !f.endsWith('.d.ts'));

interface Import { readonly file: string; readonly room: string; readonly from: string; readonly typeOnly: boolean }

const imports: Import[] = files.flatMap((file) => {
  const text = readFileSync(join(source, file), 'utf8').replaceAll(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '');
  const room = file.split('/')[0] as string;
  const statements = text.matchAll(/^\s*(import|export)\s+(type\s)?[^;'"]*?from\s*['"]([^'"]+)['"]|import\s*\(\s*['"]([^'"]+)['"]\s*\)|^\s*import\s+['"]([^'"]+)['"]/gm);
  return [...statements].map((m) => ({ file, room, from: (m[3] ?? m[4] ?? m[5]) as string, typeOnly: m[2] !== undefined || m[0].startsWith('import(') }));
});

const roomOf = (file: string, from: string): string => relative(source, resolve(source, dirname(file), from)).split('/')[0] as string;
const packageOf = (from: string): string => from.split('/').slice(0, from.startsWith('@') ? 2 : 1).join('/');

describe('the house', () => {
  it('has just the rooms that are named here', () => expect([...new Set(files.map((f) => f.split('/')[0]))].filter((r) => !(r as string in MAY_USE))).toEqual([]));

  it('is seen whole by this test: it finds the imports of every file but the few that have none', () => {
    expect(imports.length).toBeGreaterThan(files.length);
  });

  it.each(Object.keys(MAY_USE))('%s imports only from the rooms above it', (room) => {
    const wrong = imports.filter((i) => i.room === room && i.from.startsWith('.'))
      .map((i) => ({ file: i.file, uses: roomOf(i.file, i.from) }))
      .filter(({ uses }) => uses !== room && uses !== '..' && !MAY_USE[room]?.includes(uses));
    expect(wrong).toEqual([]);
  });

  it.each(PURE)('%s is pure: no files, network, processes, clock or randomness', (room) => {
    expect(imports.filter((i) => i.room === room && IMPURE.test(i.from))).toEqual([]);
    const impure = files.filter((f) => f.startsWith(`${room}/`)).filter((f) => /\bDate\.now\(|new Date\(\)|Math\.random\(|randomUUID|randomBytes|process\.|performance\./.test(readFileSync(join(source, f), 'utf8')));
    expect(impure).toEqual([]);
  });

  it.each(Object.entries(ONLY_IN))('%s alone imports its packages', (room, packages) => {
    expect(imports.filter((i) => i.room !== room && packages.includes(packageOf(i.from))).map((i) => `${i.file}: ${i.from}`)).toEqual([]);
  });

  it('reads the environment in one file', () => {
    expect(files.filter((f) => readFileSync(join(source, f), 'utf8').includes('process.env'))).toEqual(['cli/main.ts']);
  });

  it('has no circle of files', () => {
    const graph = new Map(files.map((f) => [f, imports.filter((i) => i.file === f && i.from.startsWith('.') && !i.typeOnly).map((i) => relative(source, resolve(source, dirname(f), i.from)))]));
    const done = new Set<string>();
    const circleFrom = (file: string, path: readonly string[]): readonly string[] | null => {
      if (path.includes(file)) return [...path.slice(path.indexOf(file)), file];
      if (done.has(file)) return null;
      for (const next of graph.get(file) ?? []) {
        const circle = circleFrom(next, [...path, file]);
        if (circle) return circle;
      }
      done.add(file);
      return null;
    };
    expect(files.map((f) => circleFrom(f, [])).filter(Boolean)).toEqual([]);
  });
});
