import { stat } from 'node:fs/promises';
import { loadPicture } from '../camera/picture-file.ts';
import { partsOf } from '../camera/parts.ts';
import { VENDORS, type Vendor, type VendorMessage } from '../camera/vendor-event.ts';
import type { Config } from '../core/config.ts';
import { DarwazaError } from '../core/errors.ts';
import { parseInstant } from '../core/instant.ts';
import { MESSAGE_PARTS, type PayloadIntake, type Taken } from '../pipeline/payloads.ts';
import { payloadsInOrder, type PayloadFilter } from '../store/payloads.ts';
import type { Place } from '../store/page.ts';
import { openInstance, type Instance } from './instance.ts';
import type { Output } from './output.ts';

export interface ReplayOptions {
  readonly vendor?: string;
  readonly camera?: string;
  readonly from?: string;
  readonly to?: string;
  readonly refused?: boolean;
  readonly dryRun?: boolean;
}

/** What became of the messages that were read again. */
interface ReplaySum { messages: number; passes: number; repeated: number; other: number; refused: number }

const AT_ONCE = 200;

/**
 * `darwaza replay`: reads messages of other cameras again, those that are kept or those in files, and records what is new. The same again changes
 * nothing. Answers 1 when a message is refused.
 */
export async function replayCommand(files: readonly string[], options: ReplayOptions, config: Config, output: Output): Promise<number> {
  const vendor = vendorOf(options.vendor), filter = filterOf(options, vendor);
  if (files.length > 0 && (vendor === undefined || options.camera === undefined)) throw new DarwazaError('ARGUMENT_INVALID', { name: '--vendor and --camera', reason: 'files do not say whose they are: name both' });
  for (const file of files) await checkFile(file, config);
  // A process that only reads again listens to no camera.
  const instance = await openInstance({ ...config, DARWAZA_SOURCES: undefined });
  try {
    const sum: ReplaySum = { messages: 0, passes: 0, repeated: 0, other: 0, refused: 0 }, dryRun = options.dryRun ?? false;
    const tell = (name: string, taken: Taken): void => count(sum, name, taken, output);
    if (files.length > 0) await replayFiles(files, { vendor: vendor as Vendor, cameraId: options.camera as string, dryRun }, instance, tell);
    else await replayKept(filter, instance, dryRun, tell);
    output.line(`${sum.messages} messages read again: ${sum.passes} new passes${dryRun ? ' would be recorded' : ''}, ${sum.repeated} known before, ${sum.other} messages without a vehicle, ${sum.refused} refused`);
    return sum.refused > 0 ? 1 : 0;
  } finally {
    await instance.close();
  }
}

/** @throws ARGUMENT_INVALID */
function vendorOf(name: string | undefined): Vendor | undefined {
  const vendor = VENDORS.find((v) => v === name);
  if (name !== undefined && vendor === undefined) throw new DarwazaError('ARGUMENT_INVALID', { name: '--vendor', reason: `it must be one of ${VENDORS.join(', ')}` });
  return vendor;
}

const time = (text: string | undefined, name: string): number | undefined => (text === undefined ? undefined : parseInstant(text, name));

function filterOf({ camera, from, to, refused }: ReplayOptions, vendor: Vendor | undefined): PayloadFilter {
  return { vendor, cameraId: camera, from: time(from, '--from'), to: time(to, '--to'), outcome: refused ? 'refused' : undefined };
}

/** Before anything is opened. @throws FILE_NOT_FOUND, FILE_UNREADABLE, PICTURE_TOO_MANY_BYTES */
async function checkFile(file: string, config: Config): Promise<void> {
  if (await stat(file).then((s) => s.isDirectory(), () => false)) throw new DarwazaError('FILE_UNREADABLE', { path: file, reason: 'EISDIR' });
  await loadPicture(file, limitOf(config));
}

const limitOf = (config: Config): number => 4 * config.DARWAZA_MAX_FRAME_MB * 1_000_000;

async function replayKept(filter: PayloadFilter, { database, payloads }: Instance, dryRun: boolean, tell: (name: string, taken: Taken) => void): Promise<void> {
  for (let place: Place | null = null; ;) {
    const kept = await payloadsInOrder(database, filter, place, AT_ONCE), last = kept.at(-1);
    for (const payload of kept) tell(payload.id, await payloads.again(payload, { dryRun }));
    if (last === undefined || kept.length < AT_ONCE) return;
    place = { at: last.receivedAt, id: last.id };
  }
}

interface Named { readonly vendor: Vendor; readonly cameraId: string; readonly dryRun: boolean }

async function replayFiles(files: readonly string[], named: Named, { payloads, clock, config }: Instance, tell: (name: string, taken: Taken) => void): Promise<void> {
  for (const file of files) tell(file, await replayFile(file, named, payloads, clock(), config));
}

async function replayFile(file: string, { dryRun, ...named }: Named, payloads: PayloadIntake, receivedAt: number, config: Config): Promise<Taken> {
  const { bytes } = await loadPicture(file, limitOf(config)), mediaType = mediaTypeOf(bytes);
  try {
    return await payloads.takeFile({ ...named, mediaType, receivedAt, message: messageOf(bytes, mediaType, config) }, { dryRun });
  } catch (error) {
    if (!(error instanceof DarwazaError) || error.status >= 500 || error.code === 'CAMERA_UNKNOWN') throw error;
    return { payload: null, outcome: 'refused', what: null, passes: [], faults: [{ path: '', message: error.message }] };
  }
}

/** What a body is, by its beginning: a file has no headers beside it. */
function mediaTypeOf(bytes: Buffer): string {
  const start = bytes.subarray(0, 300).toString('latin1').trimStart(), boundary = /^--([^\s]{1,200})\r?\n/.exec(start)?.[1];
  if (boundary !== undefined) return `multipart/mixed; boundary="${boundary}"`;
  return start.startsWith('<') ? 'application/xml' : /^[[{]/.test(start) ? 'application/json' : 'text/plain';
}

function messageOf(bytes: Buffer, mediaType: string, config: Config): VendorMessage {
  const parts = mediaType.startsWith('multipart/') ? partsOf(bytes, mediaType, { parts: MESSAGE_PARTS, partBytes: config.DARWAZA_MAX_FRAME_MB * 1_000_000 }) : [{ name: null, fileName: null, mediaType, bytes }];
  return { topic: null, parts };
}

function count(sum: ReplaySum, name: string, { outcome, passes, faults, what }: Taken, output: Output): void {
  sum.messages++;
  sum.passes += passes.filter((pass) => !pass.repeated).length;
  sum.repeated += passes.filter((pass) => pass.repeated).length;
  if (outcome === 'other') sum.other++;
  if (outcome === 'refused') sum.refused++;
  if (output.json) output.object({ message: name, outcome, what, passes, faults });
  for (const { path, message } of faults) output.line(`${name}: ${path === '' ? '' : `${path}: `}${message}`);
}
