import { frameOfFile, listPictures } from '../camera/picture-folder.ts';
import type { Frame } from '../camera/frame.ts';
import type { Config } from '../core/config.ts';
import { DarwazaError } from '../core/errors.ts';
import { formatInstant } from '../core/instant.ts';
import { knowsCamera } from '../geo/register.ts';
import type { Hit } from '../hit/hit.ts';
import type { Pass } from '../pass/pass.ts';
import { writeMark } from '../plate/written-form.ts';
import { openInstance, type Instance } from './instance.ts';
import type { Output } from './output.ts';
import { asDarwazaError } from './report.ts';

export interface RunOptions { readonly camera?: string }

/** What became of a run's pictures. */
export interface RunSummary {
  readonly pictures: number;
  /** Taken in an earlier run: nothing was done again. */
  readonly repeated: number;
  readonly passes: number;
  readonly hits: number;
  readonly faults: readonly { readonly file: string; readonly error: DarwazaError }[];
}

/** `darwaza run`. Answers 1 when a picture could not be used. */
export async function runCommand(paths: readonly string[], options: RunOptions, config: Config, output: Output): Promise<number> {
  const pictures = await listPictures(paths);
  const instance = await openInstance(config);
  try {
    const summary = await runPictures(pictures, options, instance, output);
    for (const line of summaryLines(summary)) output.line(line);
    return summary.faults.length > 0 ? 1 : 0;
  } finally {
    await instance.close();
  }
}

/** Takes pictures to the store. A picture that cannot be used is reported; the rest goes on. */
export async function runPictures(pictures: readonly string[], options: RunOptions, instance: Instance, output: Output): Promise<RunSummary> {
  const { config, register, engine } = instance;
  if (options.camera !== undefined && !knowsCamera(register, options.camera)) throw new DarwazaError('CAMERA_UNKNOWN', { camera: options.camera });
  const folder = { isCamera: (id: string) => knowsCamera(register, id), camera: options.camera, utcOffsetMinutes: config.DARWAZA_UTC_OFFSET_MINUTES, maxBytes: config.DARWAZA_MAX_FRAME_MB * 1_000_000 };
  const progress = output.progress('Pictures', pictures.length);
  const faults: { file: string; error: DarwazaError }[] = [];
  const sum = { repeated: 0, passes: 0, hits: 0 };
  const stopListening = engine.onRecorded(({ stored, hits }) => {
    sum.passes += stored.length;
    sum.hits += hits.length;
    if (output.json) for (const object of recordedObjects(stored, hits, config)) output.object(object);
  });
  const fault = (file: string, cause: unknown): null => {
    const error = asDarwazaError(cause);
    if (isLostService(error)) throw error;
    faults.push({ file, error });
    if (output.json) output.object({ file, error: { code: error.code, message: error.message } });
    progress.step();
    return null;
  };
  const submit = async (file: string, frame: Frame): Promise<void> => {
    try {
      if ((await engine.submitFrame(frame)).repeated) sum.repeated++;
      progress.step();
    } catch (cause) {
      fault(file, cause);
    }
  };
  try {
    await submitInOrder(pictures, Math.min(config.DARWAZA_THREADS * 2, config.DARWAZA_QUEUE), (file) => frameOfFile(file, folder).catch((cause: unknown) => fault(file, cause)), submit);
    await engine.drain();
  } finally {
    stopListening();
    progress.done();
  }
  return { pictures: pictures.length, ...sum, faults };
}

function recordedObjects(passes: readonly Pass[], hits: readonly Hit[], config: Config): object[] {
  const time = (at: number): string => formatInstant(at, config.DARWAZA_UTC_OFFSET_MINUTES);
  return [
    ...passes.map((p) => ({ pass: p.id, camera: p.cameraId, capturedAt: time(p.capturedAt), outcome: p.outcome, text: p.rawText, mark: p.mark && writeMark(p.mark), confidence: p.confidence })),
    ...hits.map((h) => ({ hit: h.id, pass: h.passId, list: h.list, kind: h.kind, action: h.action, match: h.matchKind })),
  ];
}

/** Without its database a run cannot go on; every further picture would fail in the same way. */
function isLostService(error: DarwazaError): boolean {
  return error.code === 'DATABASE_UNAVAILABLE' || error.code === 'DATA_FOLDER_UNWRITABLE';
}

export function summaryLines(summary: RunSummary): string[] {
  const read = summary.pictures - summary.repeated - summary.faults.length;
  return [
    `${summary.pictures} pictures: ${read} read, ${summary.repeated} known from before, ${summary.faults.length} not usable; ${summary.passes} new passes, ${summary.hits} new hits.`,
    ...summary.faults.map(({ file, error }) => `  ${file}: ${error.code}: ${error.message}`),
  ];
}

/** Submits the pictures in their order, at most `width` at once. The first lost service ends it. */
async function submitInOrder(pictures: readonly string[], width: number, load: (file: string) => Promise<Frame | null>, submit: (file: string, frame: Frame) => Promise<void>): Promise<void> {
  const running = new Set<Promise<void>>();
  for (const file of pictures) {
    if (running.size >= width) await Promise.race(running);
    const frame = await load(file);
    if (frame === null) continue;
    const one: Promise<void> = submit(file, frame).finally(() => running.delete(one));
    one.catch(() => undefined);
    running.add(one);
  }
  await Promise.all(running);
}
