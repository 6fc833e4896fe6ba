import type { Config } from '../core/config.ts';
import { DarwazaError } from '../core/errors.ts';
import { startLabellingServer } from '../labelling/labelling-server.ts';
import { Labelling } from '../labelling/labelling.ts';
import { claimDataFolder } from '../store/data-folder.ts';
import { createVision, type Vision } from '../vision/vision-pool.ts';
import { checkPath } from './check-path.ts';
import { loadOwnSeries } from './instance.ts';
import type { Output } from './output.ts';
import { untilStopped } from './serve.ts';

export interface LabelOptions { readonly crop?: boolean; readonly reader?: string; readonly set: string; readonly port: number }

/** `darwaza label`: the labelling page of a folder until SIGINT or SIGTERM. */
export async function labelCommand(folder: string, options: LabelOptions, config: Config, output: Output): Promise<number> {
  await checkPath(folder, 'folder');
  const giveBack = await claim(folder);
  try {
    const vision = await createVision({ threads: 1, reader: options.reader ?? config.DARWAZA_READER, series: loadOwnSeries(config), models: config.DARWAZA_MODELS });
    await serve(folder, options, config, vision, output).finally(() => vision.close());
  } finally {
    await giveBack();
  }
  return 0;
}

async function serve(folder: string, options: LabelOptions, config: Config, vision: Vision, output: Output): Promise<void> {
  const labelling = await Labelling.open({ folder, crop: options.crop ?? false, set: options.set, maxBytes: config.DARWAZA_MAX_FRAME_MB * 1_000_000 }, vision);
  const server = await startLabellingServer(labelling, options.port);
  if (output.json) output.object({ url: server.url, labels: labelling.labelFile, pictures: labelling.files.length, done: labelling.done });
  output.line(`${labelling.done} of ${labelling.files.length} pictures of ${folder} are labelled. Open this address once, in the browser that you will label with:`);
  output.line(server.url);
  output.line(`Every answer is written to ${labelling.labelFile} at once. Stop with Ctrl-C and go on whenever you like.`);
  await untilStopped();
  await server.close();
  await labelling.settled();
}

/** One process writes a folder's labels. @throws LABELS_IN_USE, FOLDER_UNWRITABLE */
async function claim(folder: string): Promise<() => Promise<void>> {
  try {
    return await claimDataFolder(folder);
  } catch (cause) {
    if (!(cause instanceof DarwazaError)) throw cause;
    const { pid, reason } = cause.details;
    if (cause.code === 'DATA_FOLDER_IN_USE') throw new DarwazaError('LABELS_IN_USE', { path: folder, pid: pid ?? 'unknown' }, cause);
    throw new DarwazaError('FOLDER_UNWRITABLE', { path: folder, reason: reason ?? 'unknown fault' }, cause);
  }
}
