// Renders fixtures/video/gate.mp4 and its truth, fixtures/video/gate.json: the road that `npm run bench -- passes` measures on, with listed marks.
//   node --import tsx scripts/gate-video.mjs
import { mkdirSync, statSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { truthOfScene } from '../bench/passes/scene-truth.ts';
import { createScene } from '../bench/passes/scene.ts';
import { writeVideo } from '../bench/passes/write-video.ts';

const SEED = 6, SECONDS = 20, AWAY = 0, TOWARDS = 1;
const mark = (jurisdiction, series, letters, number, rest = {}) => ({ jurisdiction, series, letters, number, district: null, year: null, suffix: null, class: 'private', ...rest });
// As fixtures/lists/*.csv have them: stolen, token tax unpaid, watched; a wanted car and a stolen motorcycle leave. The rest is in no list.
const wanted = [
  { lane: TOWARDS, kind: 'car', mark: mark('PB', 'PB-Y', 'LEA', '2716', { year: '09' }) },
  { lane: TOWARDS, kind: 'van', mark: mark('SD', 'SD-3', 'CNF', '408') },
  { lane: TOWARDS, kind: 'truck', mark: mark('SD', 'SD-3', 'TLC', '563', { class: 'commercial' }) },
  { lane: TOWARDS, kind: 'jeep', mark: mark('BA', 'BA-1', 'QAC', '207', { district: 'QUETTA' }) },
  { lane: AWAY, kind: 'car', mark: mark('IS', 'IS-3', 'AVK', '316') },
  { lane: AWAY, kind: 'motorcycle', mark: mark('SD', 'SD-M', 'KHN', '6104', { class: 'motorcycle' }) },
  { lane: AWAY, kind: 'car', mark: mark('SD', 'SD-3', 'BHT', '739') },
];
const conditions = {
  name: 'gate', width: 1280, height: 720, fps: 10, nearPlatePx: 84, lanes: ['away', 'towards'], vehicles: wanted.length, gapS: 3, speedKmh: [28, 42], light: 'day', rain: false, blur: 0, shutterMs: 2,
  queue: false, parked: 0, pole: false,
};

const folder = fileURLToPath(new URL('../fixtures/video/', import.meta.url));
mkdirSync(folder, { recursive: true });
const scene = await createScene(conditions, SEED, { wanted, mostS: SECONDS });
await writeVideo(`${folder}gate.mp4`, { width: 1280, height: 720, fps: conditions.fps, frames: scene.frames, quality: 29, keyEvery: 20 }, (i) => scene.picture(i));
const vehicles = truthOfScene(scene);
const about = 'Rendered by scripts/gate-video.mjs: no real vehicle, place or person. A row of plates: frame, x, y, width and height of its box, its width in px, the share of it that is unhidden.';
const rows = vehicles.map(({ plates, ...rest }) => `  {${JSON.stringify(rest).slice(1, -1)},"plates":[\n${plates.map((p) => `   ${JSON.stringify(p)}`).join(',\n')}\n  ]}`);
writeFileSync(`${folder}gate.json`, `{\n "about": ${JSON.stringify(about)},\n "rendered": true, "width": 1280, "height": 720, "fps": ${conditions.fps}, "frames": ${scene.frames},\n "vehicles": [\n${rows.join(',\n')}\n ]\n}\n`);
for (const { plates, ...row } of vehicles) console.log(JSON.stringify({ ...row, plates: plates.length, widest: Math.max(0, ...plates.map((p) => p[5])) }));
console.log(`${scene.frames} frames, ${statSync(`${folder}gate.mp4`).size} bytes`);
