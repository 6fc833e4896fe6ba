import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Config } from '../core/config.ts';
import { DarwazaError } from '../core/errors.ts';
import { checkPath } from './check-path.ts';
import { reportOf } from './simulation-files.ts';
import type { SimulationSink } from './simulation-sink.ts';

export interface ServerGiven { readonly api: string; readonly keyFile?: string | undefined }

/** How the sender waits for a server: `firstWaitMs` and twice as long each time where the server gives no time, `tries` times in a row. */
export interface Patience { readonly firstWaitMs: number; readonly longestWaitMs: number; readonly tries: number }

/** Four minutes in all: a server can be restarted meanwhile. */
const PATIENCE: Patience = { firstWaitMs: 1000, longestWaitMs: 60_000, tries: 10 };
/** The longest that an answer may take: a thousand passes on a slow disk. */
const ANSWER_WITHIN_MS = 120_000;
/** Reasons of refused passes that are told. */
const REASONS_TOLD = 3;
const KEY_SHAPE = /^[\x21-\x7e]{8,256}$/;

interface Answer { readonly stored: number; readonly repeated: number; readonly refused: number; readonly hits: number; readonly items: readonly { readonly error: { readonly code: string; readonly message: string } | null }[] }

/**
 * Sends passes to a running server, batch by batch in order. A server that is busy or away is waited for.
 * @throws ARGUMENT_INVALID for an address or key that cannot be used, FILE_NOT_FOUND, FILE_UNREADABLE
 */
export async function openSimulationServer(given: ServerGiven, config: Config, patience = PATIENCE): Promise<SimulationSink> {
  const url = passesUrl(given.api), key = await keyOf(given, config);
  const sum = { stored: 0, repeated: 0, refused: 0, hits: 0 }, reasons = new Set<string>();
  let ms = 0, waitedMs = 0;
  const waited = (by: number): void => void (waitedMs += by);
  return {
    async take(passes) {
      const begun = performance.now();
      const body = passes.map(({ pass }) => JSON.stringify(reportOf(pass, config.DARWAZA_UTC_OFFSET_MINUTES))).join('\n');
      const answer = await post({ url, key, body }, patience, waited);
      ms += performance.now() - begun;
      for (const name of ['stored', 'repeated', 'refused', 'hits'] as const) sum[name] += answer[name];
      for (const { error } of answer.items) if (error !== null && reasons.size < REASONS_TOLD) reasons.add(`${error.code}: ${error.message}`);
    },
    async finish() {
      const perSecond = Math.round((sum.stored + sum.repeated + sum.refused) / Math.max(0.001, ms / 1000)), waitedSeconds = Math.round(waitedMs / 1000);
      return {
        name: 'server', figures: { ...sum, perSecond, waitedSeconds, reasons: [...reasons] }, refused: sum.refused,
        lines: [
          `${url.origin} stored ${sum.stored} passes, knew ${sum.repeated}, refused ${sum.refused}; ${sum.hits} hits; ${perSecond} passes a second${waitedSeconds > 0 ? `, ${waitedSeconds} s of waiting included` : ''}.`,
          ...[...reasons].map((reason) => `  refused: ${reason}`),
        ],
      };
    },
    close: async () => undefined,
  };
}

function badAddress(reason: string): never {
  throw new DarwazaError('ARGUMENT_INVALID', { name: '--api', reason });
}

function passesUrl(api: string): URL {
  const url = URL.canParse(api) ? new URL(api) : badAddress('it is not a URL; write it as http://127.0.0.1:8080');
  if (url.protocol !== 'http:' && url.protocol !== 'https:') badAddress('it must begin with http:// or https://');
  if (url.username !== '' || url.password !== '') badAddress('it must hold no user and no password; the key has a file of its own');
  url.pathname = `${url.pathname.replace(/\/+$/, '').replace(/\/api\/v1$/, '')}/api/v1/passes`;
  url.search = url.hash = '';
  return url;
}

async function keyOf({ keyFile }: ServerGiven, config: Config): Promise<string> {
  if (keyFile !== undefined) await checkPath(keyFile, 'file');
  const key = (keyFile === undefined ? config.DARWAZA_API_KEY ?? '' : await readFile(keyFile, 'utf8')).trim();
  if (key === '') throw new DarwazaError('ARGUMENT_INVALID', { name: '--api', reason: 'it needs a key of the role camera, in the file of --key-file or in DARWAZA_API_KEY' });
  if (!KEY_SHAPE.test(key)) throw new DarwazaError('ARGUMENT_INVALID', { name: '--key-file', reason: 'what it holds is no API key; it must hold the key alone' });
  return key;
}

/** One batch, sent again until the server takes it. @throws SERVER_REFUSED, SERVER_UNREACHABLE */
async function post({ url, key, body }: { readonly url: URL; readonly key: string; readonly body: string }, patience: Patience, waited: (ms: number) => void): Promise<Answer> {
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/x-ndjson' };
  for (let tries = 1; ; tries++) {
    const tried = await attempt(url, { method: 'POST', headers, body, redirect: 'manual', signal: AbortSignal.timeout(ANSWER_WITHIN_MS) });
    if (tried.kind === 'taken') return tried.answer;
    if (tries >= patience.tries) throw new DarwazaError('SERVER_UNREACHABLE', { url: url.origin, reason: tried.reason, tries });
    const wait = Math.min(patience.longestWaitMs, tried.afterMs ?? patience.firstWaitMs * 2 ** (tries - 1));
    waited(wait);
    await sleep(wait);
  }
}

type Attempt = { readonly kind: 'taken'; readonly answer: Answer } | { readonly kind: 'later'; readonly reason: string; readonly afterMs: number | null };

async function attempt(url: URL, request: RequestInit): Promise<Attempt> {
  let response: Response, text: string;
  try {
    response = await fetch(url, request);
    text = await response.text();
  } catch (cause) {
    return { kind: 'later', reason: reasonOf(cause), afterMs: null };
  }
  if (response.status === 429 || response.status === 503) return { kind: 'later', reason: `it answers ${response.status}`, afterMs: retryAfterMs(response.headers.get('retry-after')) };
  const json = parsed(text) as (Answer & { readonly error?: { readonly code: string; readonly message: string } }) | null;
  if (response.status === 200 && json !== null && Array.isArray(json.items)) return { kind: 'taken', answer: json };
  const said = json?.error === undefined ? 'it is no server of Darwaza' : `${json.error.code}: ${json.error.message}`;
  throw new DarwazaError('SERVER_REFUSED', { url: url.origin, status: response.status, said });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** The code that names the fault lies in the cause of what fetch throws. */
function reasonOf(cause: unknown): string {
  const { name, cause: inner } = cause as Error, { code } = (inner ?? {}) as NodeJS.ErrnoException;
  return code ?? (name === 'TimeoutError' ? 'no answer in time' : 'the connection broke');
}

/** Seconds or a date, as RFC 9110 has it. */
function retryAfterMs(header: string | null): number | null {
  if (header === null) return null;
  const seconds = Number(header), at = Date.parse(header);
  if (Number.isFinite(seconds) && seconds >= 0) return seconds * 1000;
  return Number.isNaN(at) ? null : Math.max(0, at - Date.now());
}
