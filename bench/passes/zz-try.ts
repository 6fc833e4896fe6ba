import { createScene } from './scene.ts';
import { CONDITIONS } from './conditions.ts';
import { openEyes } from '../../src/vision/readers.ts';
import { readPicture } from '../../src/vision/read-picture.ts';
import { writeMark } from '../../src/plate/written-form.ts';
import sharp from 'sharp';
const which = process.argv.slice(2).map(Number);
const eyes = await openEyes('darwaza');
for (const w of which) {
  const c = CONDITIONS[w]!; const t0 = performance.now();
  const s = await createScene(c, 1);
  const t1 = performance.now();
  let max = 0, sum = 0, n = 0, drawn = 0;
  for (let i = 0; i < s.frames; i++) { const t = s.truth(i); max = Math.max(max, t.vehicles.length); }
  const pick = [0.3, 0.5, 0.7].map((f) => Math.floor(s.frames * f));
  console.log(w, c.name, 'setup', (t1 - t0).toFixed(0), 'frames', s.frames, 'maxInView', max);
  for (const i of pick) {
    const t2 = performance.now(); s.picture(i); const p0 = performance.now(); const p = s.picture(i); const t3 = performance.now();
    const r = await readPicture(p, eyes); const t4 = performance.now();
    console.log(' frame', i, 'render', (p0 - t2).toFixed(0), (t3 - p0).toFixed(0), 'read', (t4 - t3).toFixed(0));
    for (const v of s.truth(i).vehicles) { const sv = s.vehicles[v.vehicle]!; console.log('   truth', sv.kind, sv.plate, sv.mark ? writeMark(sv.mark) : '-', v.plate ? `${v.plate.box.x},${v.plate.box.y} w${v.plate.widthPx.toFixed(0)} vis ${v.plate.visible.toFixed(2)}` : ''); }
    for (const q of r.reads) console.log('   read ', q.text, q.confidence.toFixed(2), `${q.box.x},${q.box.y} w${q.box.width}`, (q as any).detection?.toFixed(2));
    await sharp(Buffer.from(p.data), { raw: { width: p.width, height: p.height, channels: 3 } }).png().toFile(`/tmp/h/f${w}-${i}.png`);
  }
}
process.exit(0);
