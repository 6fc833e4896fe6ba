import type { Clock } from '../core/clock.ts';
import { DarwazaError } from '../core/errors.ts';
import type { Log } from '../core/log.ts';
import { traceOf } from '../core/trace.ts';
import type { Database } from '../store/database.ts';
import { claimDueFeeds, feedFailed, feedSucceeded, feedUnchanged, type DueFeed } from '../store/list-feeds.ts';
import type { Imports } from './imports.ts';

export interface ListFeedParts {
  readonly database: Database;
  readonly imports: Pick<Imports, 'importList'>;
  readonly clock: Clock;
  readonly log: Log;
  /** Longest file taken, in bytes. */
  readonly limitBytes: number;
  /** How long a server may stay silent before it begins or goes on to answer; milliseconds. Default 30 s. */
  readonly silenceMs?: number;
}

/** Fetches the files of lists whose settings name a feed. */
export interface ListFeeds {
  /** Fetches every feed that is due now. Resolves when all of them are done; never rejects. */
  tick(): Promise<void>;
  /** Ticks by itself every `everyMs` milliseconds (default 10 s). */
  start(everyMs?: number): void;
  /** Gives up what is under way: the lists in force stay. */
  close(): Promise<void>;
}

const SILENCE_MS = 30_000, TICK_MS = 10_000;
const ACCEPT = { csv: 'text/csv', json: 'application/json', ndjson: 'application/x-ndjson' } as const;

export function createListFeeds(parts: ListFeedParts): ListFeeds {
  return new Feeds(parts);
}

class Feeds implements ListFeeds {
  readonly #parts: ListFeedParts;
  readonly #ending = new AbortController();
  #under: Promise<void> | null = null;
  #timer: NodeJS.Timeout | undefined;

  constructor(parts: ListFeedParts) {
    this.#parts = parts;
  }

  /** One tick at a time: a slow server must not have a second request waiting behind the first. */
  tick(): Promise<void> {
    return (this.#under ??= this.#fetchDue().finally(() => {
      this.#under = null;
    }));
  }

  start(everyMs = TICK_MS): void {
    this.#timer ??= setInterval(() => void this.tick(), everyMs).unref();
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    this.#ending.abort();
    await this.#under;
  }

  async #fetchDue(): Promise<void> {
    const { database, clock, log } = this.#parts;
    try {
      await Promise.all((await claimDueFeeds(database, clock())).map((due) => this.#take(due)));
    } catch (cause) {
      log.error({ trace: traceOf(cause) }, 'feeds of lists cannot be looked up');
    }
  }

  async #take(due: DueFeed): Promise<void> {
    const { database, clock, log } = this.#parts;
    try {
      await this.#fetch(due);
    } catch (cause) {
      if (this.#ending.signal.aborted) return;
      const fault = faultOf(cause);
      log.warn({ list: due.list, code: cause instanceof DarwazaError ? cause.code : undefined, trace: traceOf(cause) }, 'the feed of a list failed');
      await feedFailed(database, due.list, fault, clock()).catch((again: unknown) => log.error({ list: due.list, trace: traceOf(again) }, 'the fault of a feed cannot be noted'));
    }
  }

  async #fetch({ list, feed, etag }: DueFeed): Promise<void> {
    const { database, imports, clock, limitBytes, silenceMs = SILENCE_MS } = this.#parts;
    const silence = new Silence(silenceMs, this.#ending.signal);
    try {
      const response = await fetch(feed.url, { signal: silence.signal, headers: { accept: ACCEPT[feed.format], ...(etag !== null && { 'if-none-match': etag }) } });
      if (response.status === 304 && etag !== null) return await feedUnchanged(database, list, clock());
      if (!response.ok || response.body === null) {
        await response.body?.cancel();
        throw new FeedFault(`the server answers ${response.status}`);
      }
      const chunks = limited(response.body, limitBytes, silence);
      const report = await imports.importList(list, fileNameOf(feed.url), chunks, { format: feed.format, mode: feed.mode, feed: true });
      if (report.refusedCount > 0) this.#parts.log.warn({ list, refused: report.refusedCount, version: report.version }, 'rows of a feed were refused');
      await feedSucceeded(database, list, response.headers.get('etag'), clock());
    } finally {
      silence.end();
    }
  }
}

/** What a person can do something about; its text is shown to the operator. */
class FeedFault extends Error {}

/** Ends a request whose server says nothing for too long while it is waited for. */
class Silence {
  readonly #own = new AbortController();
  readonly #ms: number;
  #timer: NodeJS.Timeout;
  readonly signal: AbortSignal;

  constructor(ms: number, ending: AbortSignal) {
    this.#ms = ms;
    this.signal = AbortSignal.any([this.#own.signal, ending]);
    this.#timer = this.#wait();
  }

  begin(): void {
    this.end();
    this.#timer = this.#wait();
  }

  end(): void {
    clearTimeout(this.#timer);
  }

  #wait(): NodeJS.Timeout {
    return setTimeout(() => this.#own.abort(new FeedFault(`the server says nothing for ${this.#ms / 1000} s`)), this.#ms);
  }
}

async function* limited(body: ReadableStream<Uint8Array>, limitBytes: number, silence: Silence): AsyncGenerator<Uint8Array> {
  let taken = 0;
  for await (const chunk of body as unknown as AsyncIterable<Uint8Array>) {
    // What we do with it, and what follows the last, is our own time: a large list takes longer than a server may be silent.
    silence.end();
    taken += chunk.length;
    if (taken > limitBytes) throw new FeedFault(`the file is larger than ${Math.round(limitBytes / 1e6)} MB`);
    yield chunk;
    silence.begin();
  }
  silence.end();
}

const NETWORK: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'the server refuses the connection', ENOTFOUND: 'there is no such host', EAI_AGAIN: 'the name of the host cannot be resolved', ECONNRESET: 'the connection was lost',
  ETIMEDOUT: 'the server does not answer', UND_ERR_SOCKET: 'the connection was lost', UND_ERR_CONNECT_TIMEOUT: 'the server does not answer', EHOSTUNREACH: 'there is no route to the host',
};

/** Why a feed failed, in words that an operator may see who may not see marks. */
function faultOf(cause: unknown): string {
  // Its message quotes rows.
  if (cause instanceof DarwazaError && cause.code === 'IMPORT_UNUSABLE') return 'the file holds no usable row. Fetch it yourself and import it with --dry-run: that tells what is wrong with its rows.';
  if (cause instanceof DarwazaError) return cause.message;
  for (let error: unknown = cause; error instanceof Error; error = error.cause) {
    if (error instanceof FeedFault) return `${error.message}.`;
    const code = 'code' in error ? String(error.code) : '', known = NETWORK[code];
    if (known !== undefined) return `${known}.`;
    if (/^(CERT_|ERR_TLS|UNABLE_TO|SELF_SIGNED|DEPTH_ZERO)/.test(code)) return `the certificate of the server is not accepted (${code}).`;
  }
  return 'it could not be fetched; the log has the place.';
}

function fileNameOf(url: string): string {
  const { hostname, pathname } = new URL(url);
  return (pathname.split('/').findLast((part) => part !== '') ?? hostname).slice(0, 200);
}
