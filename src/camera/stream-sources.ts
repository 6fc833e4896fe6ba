import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { z } from 'zod';
import { DarwazaError } from '../core/errors.ts';
import { parseInstant } from '../core/instant.ts';
import { readCertificates, readFingerprint, type CertificateTrust } from './certificate-trust.ts';
import { fileError } from './picture-file.ts';

/** Who we are to a camera. The password is a function, so that neither JSON nor a log line nor an inspected object can show it. */
export interface Login { readonly username: string; readonly password: () => string }

/** How frames are taken from a stream or a video file. */
export interface FrameSettings {
  /** Most frames a second that are given on. */
  readonly fps: number;
  /** Decode key frames alone: one a second or fewer, at a tenth of the work. */
  readonly keyFramesOnly: boolean;
  /** The part that is looked at, as shares 0..1 of the picture, so that it stays right when the camera changes its size; null: all of it. */
  readonly region: { readonly x: number; readonly y: number; readonly width: number; readonly height: number } | null;
  /** Factor by which frames are made smaller, over 0 to 1. */
  readonly scale: number;
}

/** `url` never holds a login. */
export interface RtspSource extends FrameSettings { readonly kind: 'rtsp'; readonly camera: string; readonly url: string; readonly login: Login | null; readonly certificate?: CertificateTrust | undefined }

export interface VideoSource extends FrameSettings {
  readonly kind: 'video';
  readonly camera: string;
  readonly path: string;
  /** Epoch milliseconds of the first frame; null: by the file itself. */
  readonly startsAt: number | null;
  /** `real`: as fast as it was filmed; `free`: as fast as its frames are released, none is dropped. */
  readonly pace: 'real' | 'free';
}

/** A folder that a camera uploads to. `camera` null: each picture's own folder says whose it is. */
export interface FolderSource { readonly kind: 'folder'; readonly camera: string | null; readonly path: string; readonly keepDone: boolean }

/** An ANPR camera whose event stream is read (Hikvision alertStream, Dahua snapManager). */
export interface EventStreamSource { readonly kind: 'hikvision' | 'dahua'; readonly camera: string; readonly url: string; readonly login: Login | null; readonly certificate?: CertificateTrust | undefined }

export interface MqttSource { readonly kind: 'onvif-mqtt'; readonly camera: string; readonly url: string; readonly topic: string; readonly login: Login | null; readonly certificate?: CertificateTrust | undefined }

/** Where frames come from. */
export type StreamSource = RtspSource | VideoSource;
/** Everything that a settings file of sources may name. */
export type CameraSource = StreamSource | FolderSource | EventStreamSource | MqttSource;

export const FRAME_SETTINGS: FrameSettings = { fps: 5, keyFramesOnly: false, region: null, scale: 1 };

const text = z.string().trim().min(1).max(2000);
const share = z.number().min(0).max(1);
const region = z.tuple([share, share, share, share], 'must be [x, y, width, height], shares 0..1 of the picture')
  .refine(([x, y, width, height]) => width > 0 && height > 0 && x + width <= 1.000_001 && y + height <= 1.000_001, 'must lie in the picture and not be empty: [x, y, width, height] as shares 0..1');

const frames = { fps: z.number().min(0.1).max(60).default(FRAME_SETTINGS.fps), keyFramesOnly: z.boolean().default(false), region: region.optional(), scale: z.number().min(0.05).max(1).default(1) };
const login = { username: text.optional(), password: z.string().min(1).optional(), passwordFile: text.optional() };

const certificate = z.strictObject({
  caFile: text.optional(),
  sha256: z.string().transform((given, context) => readFingerprint(given) ?? (context.addIssue({ code: 'custom', message: 'must be the SHA-256 fingerprint of a certificate: 64 hexadecimal digits' }), z.NEVER)).optional(),
}).refine((given) => (given.caFile === undefined) !== (given.sha256 === undefined), 'must have either caFile or sha256').optional();

/** ffmpeg and node read an address by lines; one with a line break or a space in it would be two. */
const address = (...schemes: string[]) => z.string().max(2000).refine((url) => !/[\s\p{Cc}]/u.test(url) && URL.canParse(url) && schemes.includes(new URL(url).protocol) && new URL(url).hostname !== '',
  `must be an address that begins with ${schemes.map((s) => `${s}//`).join(' or ')}, without spaces`);

const instant = z.string().transform((value, context) => {
  try {
    return parseInstant(value, 'startsAt');
  } catch (cause) {
    context.addIssue({ code: 'custom', message: cause instanceof Error ? cause.message : 'not a time' });
    return z.NEVER;
  }
});

const camera = text.regex(/^[\w.-]+$/, 'must be a camera id of the register');
const entry = z.discriminatedUnion('kind', [
  z.strictObject({ camera, kind: z.literal('rtsp'), url: address('rtsp:', 'rtsps:'), ...login, certificate, ...frames }),
  z.strictObject({ camera, kind: z.literal('video'), path: text, startsAt: instant.optional(), pace: z.enum(['real', 'free']).default('free'), ...frames }),
  z.strictObject({ camera: camera.optional(), kind: z.literal('folder'), path: text, keepDone: z.boolean().default(true) }),
  z.strictObject({ camera, kind: z.literal('hikvision'), url: address('http:', 'https:'), ...login, certificate }),
  z.strictObject({ camera, kind: z.literal('dahua'), url: address('http:', 'https:'), ...login, certificate }),
  z.strictObject({ camera, kind: z.literal('onvif-mqtt'), url: address('mqtt:', 'mqtts:', 'ws:', 'wss:'), topic: text, ...login, certificate }),
], { error: (issue) => (issue.code === 'invalid_union' ? 'kind must be rtsp, video, folder, hikvision, dahua or onvif-mqtt' : undefined) });

type Entry = z.output<typeof entry>;
type LoginEntry = { readonly url: string; readonly username?: string | undefined; readonly password?: string | undefined; readonly passwordFile?: string | undefined };
export interface SourceFault { readonly path: string; readonly message: string }
export type SourcesReading = { readonly kind: 'ok'; readonly sources: readonly CameraSource[] } | { readonly kind: 'faults'; readonly faults: readonly SourceFault[] };

/**
 * Sources of a file that is already JSON: a list of them. Every fault is named at once, never with the value: it may be a password.
 * `secretOf` gives the content of a password file; what it throws is a fault of that entry.
 */
export async function readSources(json: unknown, secretOf: (path: string) => Promise<string>, folder = '.'): Promise<SourcesReading> {
  const list = z.array(z.unknown()).max(2000).safeParse(json);
  if (!list.success) return { kind: 'faults', faults: [{ path: '(file)', message: 'it must be a list of at most 2000 sources' }] };
  const faults: SourceFault[] = [], sources: CameraSource[] = [], seen = new Set<string>();
  for (const [at, given] of list.data.entries()) {
    const read = entry.safeParse(given);
    if (!read.success) {
      faults.push(...read.error.issues.map((i) => ({ path: [at, ...i.path].join('.'), message: i.message })));
      continue;
    }
    const name = `${read.data.kind} ${read.data.camera ?? ''} ${read.data.kind === 'folder' ? resolve(folder, read.data.path) : ''}`;
    if (seen.has(name)) faults.push({ path: `${at}.camera`, message: `a source of this kind is named for ${read.data.camera ?? 'this folder'} already` });
    seen.add(name);
    const made = await sourceOf(read.data, secretOf, folder);
    if (typeof made === 'string') faults.push({ path: `${at}.${made.split(':', 1)[0]}`, message: made.slice(made.indexOf(':') + 2) });
    else sources.push(made);
  }
  return faults.length > 0 ? { kind: 'faults', faults } : { kind: 'ok', sources };
}

/**
 * The sources of a settings file; paths in it start from its folder.
 * @throws FILE_NOT_FOUND, FILE_UNREADABLE, SOURCES_INVALID with every fault
 */
export async function loadSources(path: string): Promise<readonly CameraSource[]> {
  const folder = dirname(resolve(path));
  let json: unknown;
  try {
    json = JSON.parse(await readFile(path, 'utf8'));
  } catch (cause) {
    // The parser's own message quotes the file, and with it perhaps a password.
    if (cause instanceof SyntaxError) throw new DarwazaError('SOURCES_INVALID', { path, faults: `  it is not JSON${/ at position \d+/.exec(cause.message)?.[0] ?? ''}` });
    throw fileError(path, cause);
  }
  const reading = await readSources(json, (file) => readFile(resolve(folder, file), 'utf8'), folder);
  if (reading.kind === 'ok') return reading.sources;
  throw new DarwazaError('SOURCES_INVALID', { path, faults: reading.faults.map((f) => `  ${f.path}: ${f.message}`).join('\n') });
}

/** The source, or "field: what is wrong". */
async function sourceOf(given: Entry, secretOf: (path: string) => Promise<string>, folder: string): Promise<CameraSource | string> {
  if (given.kind === 'folder') return { kind: 'folder', camera: given.camera ?? null, path: resolve(folder, given.path), keepDone: given.keepDone };
  if (given.kind === 'video') return { kind: 'video', camera: given.camera, path: resolve(folder, given.path), startsAt: given.startsAt ?? null, pace: given.pace, ...framesOf(given) };
  const known = await loginOf(given, secretOf);
  if (typeof known === 'string') return known;
  const trust = await trustOf(given, secretOf);
  if (typeof trust === 'string') return trust;
  const { url } = withoutLogin(given.url), named = { camera: given.camera, url, login: known };
  if (given.kind === 'rtsp') return { kind: 'rtsp', ...named, ...framesOf(given), ...trust };
  if (given.kind === 'onvif-mqtt') return { kind: 'onvif-mqtt', ...named, topic: given.topic, ...trust };
  return { kind: given.kind, ...named, ...trust };
}

function framesOf(given: Extract<Entry, { kind: 'rtsp' | 'video' }>): FrameSettings {
  const [x, y, width, height] = given.region ?? [0, 0, 1, 1];
  return { fps: given.fps, keyFramesOnly: given.keyFramesOnly, scale: given.scale, region: given.region === undefined ? null : { x, y, width, height } };
}

async function loginOf(given: LoginEntry, secretOf: (path: string) => Promise<string>): Promise<Login | null | string> {
  const inUrl = withoutLogin(given.url).login;
  if (given.password !== undefined && given.passwordFile !== undefined) return 'passwordFile: either password or passwordFile, not both';
  const username = given.username ?? inUrl?.username;
  if (username === undefined) return given.password ?? given.passwordFile ? 'username: there is a password but no username' : null;
  let password = given.password ?? inUrl?.password() ?? '';
  try {
    // An editor ends the file with a line break, which no password has.
    if (given.passwordFile !== undefined) password = (await secretOf(given.passwordFile)).replace(/\r?\n$/, '');
  } catch (cause) {
    return `passwordFile: the file ${given.passwordFile} cannot be read (${(cause as NodeJS.ErrnoException).code ?? 'unknown fault'})`;
  }
  return { username, password: () => password };
}

/** Read once, at the start: a file that changes later changes nothing. */
async function trustOf(given: Exclude<Entry, { kind: 'folder' | 'video' }>, secretOf: (path: string) => Promise<string>): Promise<{ readonly certificate?: CertificateTrust } | string> {
  if (given.certificate === undefined) return {};
  const { caFile, sha256 } = given.certificate, { protocol } = new URL(given.url);
  if (!['https:', 'mqtts:', 'rtsps:'].includes(protocol)) return `certificate: an address that begins with ${protocol}// has no certificate that can be checked so; https://, mqtts:// or rtsps:// is needed`;
  if (sha256 !== undefined) return { certificate: { kind: 'pinned', sha256 } };
  let pem = '';
  try {
    pem = await secretOf(caFile ?? '');
  } catch (cause) {
    return `certificate.caFile: the file ${caFile} cannot be read (${(cause as NodeJS.ErrnoException).code ?? 'unknown fault'})`;
  }
  const read = readCertificates(pem);
  return typeof read === 'string' ? `certificate.caFile: the file ${caFile}: ${read}` : { certificate: read };
}

/** An address as people copy it from a camera's page, taken apart: the login must not travel on with the rest. */
export function withoutLogin(address: string): { url: string; login: Login | null } {
  const url = new URL(address), { username, password } = url;
  if (username === '' && password === '') return { url: address, login: null };
  url.username = '';
  url.password = '';
  const secret = decoded(password);
  return { url: url.href, login: { username: decoded(username), password: () => secret } };
}

/** A password with a bare % in it is taken as it stands. */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** What a source is, for logs, answers and faults: no login, and no query nor a path with fields, where many cameras take their password. */
export function describeSource(source: CameraSource): string {
  if ('path' in source) return `${source.kind} ${source.path}`;
  const { protocol, host, pathname } = new URL(source.url);
  return `${source.kind} ${protocol}//${host}${pathname.includes('=') ? '/…' : pathname}${source.kind === 'onvif-mqtt' ? ` ${source.topic}` : ''}`;
}
