import { request as requestHttp, type ClientRequest, type IncomingMessage } from 'node:http';
import { request as requestHttps } from 'node:https';
import type { Clock } from '../core/clock.ts';
import { DarwazaError } from '../core/errors.ts';
import type { Log } from '../core/log.ts';
import { traceOf } from '../core/trace.ts';
import { CertificateFault, connectTrusted } from './certificate-trust.ts';
import { authorizationFor } from './digest-login.ts';
import { createMessageQueue } from './message-queue.ts';
import { boundaryOf, PartsReader, type MessagePart } from './parts.ts';
import { createBackOff } from './reconnect.ts';
import { describeSource, type EventStreamSource } from './stream-sources.ts';
import { pictureIn } from './vendors/message-parts.ts';
import type { VendorMessage } from './vendor-event.ts';

/** What a source of messages is doing. Counts rise for as long as it is open. */
export interface MessageSourceState {
  readonly state: 'connecting' | 'running' | 'waiting' | 'closed';
  /** Epoch milliseconds of anything that came; null: nothing yet. */
  readonly lastAt: number | null;
  readonly messages: number;
  readonly waiting: number;
  readonly dropped: number;
  readonly reconnects: number;
  /** Why it waits, without secrets; null while it runs. */
  readonly fault: string | null;
}

/** A camera that sends messages for as long as it is open. It reconnects by itself. */
export interface MessageSource {
  readonly cameras: readonly string[];
  state(): MessageSourceState;
  close(): Promise<void>;
}

export interface AttachParts {
  readonly clock: Clock;
  readonly log: Log;
  /** 0..1. */
  readonly random: () => number;
  /** Durable once resolved. */
  readonly deliver: (message: VendorMessage, mediaType: string) => Promise<void>;
  readonly partBytes: number;
  /** Milliseconds without a byte after which a camera counts as gone; they send something every 5 to 30 s. Default: a minute. */
  readonly silentMs?: number;
  /** Pictures follow their text; when nothing has followed for so long, the message is whole. Default: half a second. */
  readonly quietMs?: number;
}

/** Where the events of a vendor's cameras are, for an address that names the camera alone. */
const PATHS: Readonly<Record<EventStreamSource['kind'], string>> = {
  hikvision: '/ISAPI/Event/notification/alertStream',
  dahua: '/cgi-bin/snapManager.cgi?action=attachFileProc&Flags[0]=Event&Events=[TrafficJunction%2CTrafficSnap%2CTrafficGate]&heartbeat=5',
};
/** A message has a text and a few pictures. */
const MOST_PARTS = 16;

/** Reads a camera's own stream of events (`multipart/x-mixed-replace`). Nothing ever throws out of it; `state` tells. */
export function createAttachStream(source: EventStreamSource, parts: AttachParts): MessageSource {
  return new AttachStream(source, parts);
}

class AttachStream implements MessageSource {
  readonly cameras: readonly string[];
  readonly #source: EventStreamSource;
  readonly #parts: AttachParts;
  readonly #url: URL;
  readonly #queue;
  readonly #ended: Promise<void>;
  #state: MessageSourceState['state'] = 'connecting';
  #lastAt: number | null = null;
  #messages = 0;
  #reconnects = 0;
  #fault: string | null = null;
  #request: ClientRequest | null = null;
  #silence: StreamFault | null = null;
  #wake: (() => void) | null = null;
  readonly #stop = new AbortController();

  constructor(source: EventStreamSource, parts: AttachParts) {
    this.cameras = [source.camera];
    this.#source = source;
    this.#parts = parts;
    this.#url = new URL(source.url);
    if (this.#url.pathname === '/' && this.#url.search === '') this.#url = new URL(PATHS[source.kind], this.#url);
    this.#queue = createMessageQueue<{ message: VendorMessage; mediaType: string }>({
      deliver: ({ message, mediaType }) => parts.deliver(message, mediaType), backOff: createBackOff(parts.random), log: parts.log, camera: source.camera,
    });
    this.#ended = this.#run();
  }

  state(): MessageSourceState {
    return { state: this.#state, lastAt: this.#lastAt, messages: this.#messages, waiting: this.#queue.waiting, dropped: this.#queue.dropped, reconnects: this.#reconnects, fault: this.#fault };
  }

  async close(): Promise<void> {
    this.#state = 'closed';
    this.#stop.abort();
    this.#request?.destroy();
    this.#wake?.();
    await this.#ended;
    // The camera does not send them again; a database that is away must not hold up the end for ever.
    await Promise.race([this.#queue.settled(), new Promise<void>((resolve) => setTimeout(resolve, LAST_WORDS_MS).unref())]);
    this.#queue.close();
    await this.#queue.settled();
  }

  get #isClosed(): boolean {
    return this.#state === 'closed';
  }

  async #run(): Promise<void> {
    const backOff = createBackOff(this.#parts.random);
    while (!this.#isClosed) {
      const startedAt = this.#parts.clock();
      try {
        await this.#attach();
        this.#fault = 'the camera ended the stream';
      } catch (error) {
        // A connection that we ended ourselves fails as one that the camera has lost.
        const cause = this.#silence ?? error;
        this.#fault = faultOf(cause);
        if (!this.#isClosed) this.#parts.log.warn({ camera: this.#source.camera, source: describeSource(this.#source), fault: this.#fault, trace: traceOf(cause) }, 'the event stream of a camera is cut; connecting again');
      }
      if (this.#isClosed) return;
      this.#state = 'waiting';
      this.#reconnects++;
      await this.#pause(backOff.next(this.#parts.clock() - startedAt));
      if (!this.#isClosed) this.#state = 'connecting';
    }
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  /** One connection, until it ends. */
  async #attach(): Promise<void> {
    this.#silence = null;
    const response = await this.#answered(null);
    const answer = response.statusCode === 401 ? await this.#loggedIn(response) : response;
    if (answer.statusCode !== 200) {
      answer.resume();
      throw new StreamFault(`the camera answers ${answer.statusCode}`);
    }
    const mediaType = answer.headers['content-type'] ?? '';
    if (!/^multipart\//i.test(mediaType)) throw new StreamFault('the camera answers with something that is no event stream');
    this.#state = 'running';
    this.#fault = null;
    await this.#read(answer, mediaType);
  }

  async #loggedIn(refused: IncomingMessage): Promise<IncomingMessage> {
    refused.resume();
    const { login } = this.#source, uri = this.#url.pathname + this.#url.search;
    if (login === null) throw new StreamFault('the camera wants a login, and none is given');
    const authorization = authorizationFor(refused.headersDistinct['www-authenticate'] ?? [], login, { method: 'GET', uri, count: 1 }, this.#url.protocol === 'https:');
    if (authorization === null) throw new StreamFault('the camera wants a login of a kind that is not known, or its password in the clear');
    const response = await this.#answered(authorization);
    if (response.statusCode !== 401) return response;
    response.resume();
    throw new StreamFault('the camera refuses the login');
  }

  /** Nothing is sent, the login least of all, before it is known who is at the other end. */
  async #answered(authorization: string | null): Promise<IncomingMessage> {
    const { silentMs = SILENT_MS } = this.#parts, url = this.#url, isSecure = url.protocol === 'https:', request = isSecure ? requestHttps : requestHttp;
    const socket = isSecure ? await connectTrusted({ url, port: Number(url.port || 443), timeoutMs: silentMs, signal: this.#stop.signal }, this.#source.certificate) : null;
    return new Promise((resolve, reject) => {
      const headers = { accept: 'multipart/x-mixed-replace, */*', ...(authorization !== null && { authorization }) };
      const asked = request(url, { headers, timeout: silentMs, ...(socket === null ? { agent: false } : { createConnection: () => socket }) }, resolve);
      asked.once('timeout', () => {
        this.#silence = new StreamFault(`nothing came for ${Math.round(silentMs / 1000)} s`);
        asked.destroy(this.#silence);
      });
      asked.on('error', reject);
      this.#request = asked;
      if (this.#isClosed) asked.destroy();
      asked.end();
    });
  }

  async #read(stream: IncomingMessage, mediaType: string): Promise<void> {
    const reader = new PartsReader(boundaryOf(mediaType), { parts: Number.POSITIVE_INFINITY, partBytes: this.#parts.partBytes });
    const { quietMs = QUIET_MS } = this.#parts;
    let held: MessagePart[] = [], timer: NodeJS.Timeout | undefined;
    const flush = (): void => {
      if (held.length > 0) this.#hand(held, mediaType);
      held = [];
    };
    const flushInTime = (): void => {
      clearTimeout(timer);
      if (held.length > 0) timer = setTimeout(() => (reader.inPart ? flushInTime() : flush()), quietMs);
    };
    try {
      for await (const chunk of stream as AsyncIterable<Buffer>) {
        this.#lastAt = this.#parts.clock();
        for (const part of reader.push(chunk)) {
          // A text begins a message; pictures belong to the text before them.
          if (pictureIn(part.bytes) === null || held.length >= MOST_PARTS) flush();
          held.push(part);
        }
        flushInTime();
      }
    } finally {
      clearTimeout(timer);
      flush();
    }
  }

  #hand(parts: readonly MessagePart[], mediaType: string): void {
    this.#messages++;
    this.#queue.add({ message: { parts, topic: null }, mediaType }, parts.reduce((sum, part) => sum + part.bytes.length, 0));
  }
}

const SILENT_MS = 60_000, QUIET_MS = 500, LAST_WORDS_MS = 5_000;

/** In our own words, without an address in it. */
class StreamFault extends Error {}

function faultOf(cause: unknown): string {
  if (cause instanceof CertificateFault) return `the camera is not known: ${cause.message}`;
  if (cause instanceof StreamFault || cause instanceof DarwazaError) return cause.message;
  const { code } = cause as NodeJS.ErrnoException;
  return typeof code === 'string' ? `the connection failed (${code})` : 'the stream cannot be read';
}
