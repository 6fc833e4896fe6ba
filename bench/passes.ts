/**
 * One vehicle, one pass: rendered roads with traffic whose truth is known, read and followed as the streams of cameras are.
 *
 *   npm run bench -- passes [--seed N] [--scenes N] [--quick] [--only NAME] [--vehicles N] [--reads FOLDER] [--clips FOLDER] [--fresh]
 *                              [--misses]
 *
 * Each condition of bench/passes/conditions.ts is rendered (bench/passes/scene.ts) N times (default 1) with seeds that follow from --seed (default 1). Every frame in
 * which something moves goes through the program's own detector and reader, then through its follower and vote, as src/pipeline/live-lane.ts does it; frames are
 * planar YUV and come at the times of the video, so that the speed of the machine does not count. Reads are kept in --reads (default .bench/passes) and taken again while renderer, reader and
 * weights are the same, so that a change of the follower is measured in seconds: --fresh reads anew. --quick takes four conditions, --only those whose names hold the
 * text, --vehicles has at most so many come in a scene. --misses tells each vehicle that has not one right pass. --clips counts the passes of
 * the filmed roads in a folder, of which there is no truth but what one sees.
 *
 * A vehicle counts when its plate can be read and was whole, unhidden and at least 40 px wide in a frame; those without a plate, or with mud over it, are counted apart.
 *
 * The last line is a contract for scripts:
 *   passes per_vehicle=… vote_right=… best_frame_right=… first_read_right=… direction_right=… provisional_ms=… vehicles=… scenes=… missed=… doubled=… phantom=… …
 * `per_vehicle`: passes of such vehicles, and those that no plate stands behind (phantom), by vehicles. `vote_right`: of their passes those with letters, year, number and suffix right; beside it
 * the read of the best single frame and the first sure read of the same tracks. `direction_right`: towards or away, of those that moved; unknown is not right.
 * `provisional_ms`: median video time from the plate's first being wide enough to the provisional pass; below zero when it was read while smaller.
 */
import { existsSync } from 'node:fs';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { quantile } from '../src/accuracy/figures.ts';
import { columns } from '../src/cli/output.ts';
import { mixed } from '../src/simulate/random-numbers.ts';
import { createVision, type Vision } from '../src/vision/vision-pool.ts';
import { clipsIn, passesOfClip } from './passes/clips.ts';
import { CONDITIONS, type Conditions } from './passes/conditions.ts';
import { followScene, type Told } from './passes/follow-scene.ts';
import { KeptReads } from './passes/kept-reads.ts';
import { measureScene, sumOf, type Counts, type Measured } from './passes/measure.ts';
import { readScene, type SceneFrameRead } from './passes/read-scene.ts';
import { createScene, type Scene } from './passes/scene.ts';

const QUICK = new Set(['two ways', 'smallest plates', 'highway, 10 fps', 'night and rain']);

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' }, scenes: { type: 'string', default: '1' }, vehicles: { type: 'string', default: '1000' }, only: { type: 'string', default: '' }, clips: { type: 'string', default: '' },
    reads: { type: 'string', default: fileURLToPath(new URL('../.bench/passes', import.meta.url)) }, quick: { type: 'boolean', default: false }, fresh: { type: 'boolean', default: false }, misses: { type: 'boolean', default: false },
  },
});

function stop(message: string): never {
  console.error(message);
  process.exit(2);
}

function whole(name: string, text: string, least: number): number {
  return /^\d{1,8}$/.test(text) && Number(text) >= least ? Number(text) : stop(`${name} must be a whole number from ${least} on.`);
}

interface Job { readonly conditions: Conditions; readonly seed: number }

const seed = whole('--seed', values.seed, 0), scenes = whole('--scenes', values.scenes, 1), most = whole('--vehicles', values.vehicles, 1);
const wanted = CONDITIONS.filter((c) => c.name.includes(values.only) && (!values.quick || QUICK.has(c.name)));
if (wanted.length === 0) stop(`No condition has ${values.only} in its name. They are: ${CONDITIONS.map((c) => c.name).join('; ')}`);
const jobs = wanted.flatMap((conditions): Job[] => Array.from({ length: scenes }, (_, n) => ({ conditions: { ...conditions, vehicles: Math.min(most, conditions.vehicles) }, seed: mixed(mixed(seed, CONDITIONS.indexOf(conditions)), n) })));
const kept = new KeptReads(values.reads);

let vision: Promise<Vision> | null = null;
function eyes(): Promise<Vision> {
  return (vision ??= createVision());
}

async function readsOf(scene: Scene): ReturnType<typeof readScene> {
  const { conditions: { name }, seed: own } = scene, whole = [scene.conditions, own], known = values.fresh ? null : kept.of<SceneFrameRead[]>(name, whole);
  if (known !== null) return known;
  const frames = await readScene(scene, await eyes());
  kept.keep(name, whole, frames);
  return frames;
}

async function measure(job: Job): Promise<Measured> {
  const scene = await createScene(job.conditions, job.seed), frames = await readsOf(scene);
  return measureScene(scene, followScene(scene, frames));
}

const results = new Map<Job, Measured>();
/** Two scenes at a time: while one is drawn the other is read. */
async function work(): Promise<void> {
  for (let job = jobs.find((j) => !started.has(j)); job !== undefined; job = jobs.find((j) => !started.has(j))) {
    started.add(job);
    results.set(job, await measure(job));
    if (process.stderr.isTTY) process.stderr.write(`\r${results.size} of ${jobs.length} scenes `);
  }
}
const started = new Set<Job>();
await Promise.all([work(), work()]);
const clips: string[] = [];
for (const file of values.clips !== '' && existsSync(values.clips) ? clipsIn(values.clips) : []) clips.push(clipLine(file, await passesOfClip(values.clips, file, eyes, kept, values.fresh)));
await (await (vision as Promise<Vision> | null))?.close();
if (process.stderr.isTTY) process.stderr.write('\r\u001b[K');

const share = (part: number, all: number): string => (all === 0 ? '-' : (part / all).toFixed(3));
function figures(c: Counts): Record<string, string | number> {
  return {
    per_vehicle: share(c.passes, c.vehicles), vote_right: share(c.voteRight, c.read), best_frame_right: share(c.bestRight, c.read), first_read_right: share(c.firstRight, c.read), direction_right: share(c.directionRight, c.moved),
    provisional_ms: c.provisionalMs.length === 0 ? '-' : Math.round(quantile(c.provisionalMs, 0.5) ?? 0), vehicles: c.vehicles, missed: c.missed, doubled: c.doubled, phantom: c.phantom, direction_wrong: c.directionWrong,
    provisional_p95_ms: c.provisionalMs.length === 0 ? '-' : Math.round(quantile(c.provisionalMs, 0.95) ?? 0), provisional_share: share(c.provisionals, c.vehicles),
    no_plate: c.plateless, no_plate_found: share(c.platelessFound, c.plateless), no_plate_doubled: c.platelessDoubled,
  };
}

const TABLE = ['vehicles', 'per_vehicle', 'missed', 'doubled', 'phantom', 'vote_right', 'best_frame_right', 'first_read_right', 'direction_right', 'provisional_ms', 'no_plate', 'no_plate_found', 'no_plate_doubled'];
const table = [['condition', ...TABLE.map((name) => name.replaceAll('_', ' '))]];
for (const conditions of wanted) {
  const row = figures(sumOf(jobs.filter((j) => j.conditions.name === conditions.name).flatMap((j) => results.get(j)?.counts ?? [])));
  table.push([conditions.name, ...TABLE.map((name) => String(row[name]))]);
}
console.log(`${jobs.length} scenes of ${wanted.length} conditions, seed ${seed}, ${cpus().length} x ${cpus()[0]?.model ?? 'unknown CPU'}`);
for (const line of columns(table)) console.log(line);
for (const line of clips) console.log(line);
if (values.misses) for (const job of jobs) for (const line of missesOf(job, results.get(job))) console.log(line);
const total = sumOf([...results.values()].map((r) => r.counts));
console.log(`passes ${Object.entries(figures(total)).map(([name, value]) => `${name}=${value}`).join(' ')} scenes=${jobs.length} seed=${seed}`);

/** Marks of filmed vehicles are real: only their number is told. */
function clipLine(file: string, passes: readonly Told[]): string {
  const read = passes.filter((p) => p.track.plateless === null);
  return `clip ${file}: ${passes.length} passes, ${read.length} with a plate (${read.map((p) => `${p.pass.readCount} reads, ${p.pass.movement ?? 'unknown'}`).join('; ') || 'none'})`;
}

function missesOf({ conditions }: Job, measured: Measured | undefined): string[] {
  const told = (passes: Measured['phantoms']): string => passes.map((p) => `${p.pass.rawText || p.pass.outcome} (${p.pass.readCount} reads, ${p.pass.movement ?? 'unknown'})`).join(', ') || 'none';
  const wrong = (measured?.outcomes ?? []).filter(({ truth, passes }) => (truth.plate !== 'readable' ? passes.length !== 1 : truth.seenFrom !== null && (passes.length !== 1 || passes[0]?.pass.rawText !== truth.mark?.replaceAll('-', '') || passes[0]?.pass.movement !== truth.movement)));
  const lines = wrong.map(({ truth, passes }) => `${conditions.name}: ${truth.kind} ${truth.mark ?? 'without a plate'} (${truth.plate}, ${truth.movement}, frames ${truth.firstFrame} to ${truth.lastFrame}): ${told(passes)}`);
  return [...lines, ...(measured?.phantoms ?? []).map((p) => `${conditions.name}: no vehicle, yet ${told([p])}`)];
}
