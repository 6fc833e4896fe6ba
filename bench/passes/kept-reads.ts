import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { shippedModels } from '../../src/vision/model-card.ts';

/** Reads kept in a folder, so that following is measured anew in seconds. What was read by other weights, or of another rendering, is not taken. */
export class KeptReads {
  readonly #folder: string;
  readonly #made: string;

  constructor(folder: string) {
    this.#folder = folder;
    this.#made = fingerprint();
    mkdirSync(folder, { recursive: true });
  }

  /** `whole`: everything that tells what was read from others of its name, as JSON. */
  of<T>(name: string, whole: unknown): T | null {
    const file = this.#file(name, whole);
    return existsSync(file) ? (JSON.parse(gunzipSync(readFileSync(file)).toString()) as T) : null;
  }

  keep(name: string, whole: unknown, reads: unknown): void {
    const file = this.#file(name, whole);
    writeFileSync(`${file}.part`, gzipSync(JSON.stringify(reads)));
    renameSync(`${file}.part`, file);
  }

  #file(name: string, whole: unknown): string {
    const hash = createHash('sha256').update(this.#made).update(JSON.stringify(whole)).digest('hex').slice(0, 16);
    return join(this.#folder, `${name.replaceAll(/\W+/g, '-')}-${hash}.json.gz`);
  }
}

/** Of everything that pixels and reads are made by: the renderer's sources and layouts, the room that reads, what tells movement and who is known, the weights. */
function fingerprint(): string {
  const hash = createHash('sha256'), here = import.meta.dirname, src = join(here, '../../src'), training = join(here, '../../models/training/render');
  const folders = [here, join(src, 'vision'), join(src, 'plate')].flatMap((folder) => readdirSync(folder).filter((f) => /\.(ts|json)$/.test(f) && !NOT_PIXELS.has(f)).toSorted().map((f) => join(folder, f)));
  const models = readdirSync(shippedModels).filter((f) => /\.(onnx|json)$/.test(f)).toSorted().map((f) => join(shippedModels, f));
  for (const file of [...folders, ...models, join(src, 'camera/motion.ts'), join(src, 'pass/known-plates.ts'), join(training, 'layouts.json'), join(training, 'strokes.json')]) hash.update(readFileSync(file));
  return hash.digest('hex');
}
/** Files of this folder that change neither pixels nor reads; the conditions of a scene are in its own name. */
const NOT_PIXELS = new Set(['measure.ts', 'follow-scene.ts', 'conditions.ts', 'scene-truth.ts', 'write-video.ts', 'kept-reads.ts', 'clips.ts']);
