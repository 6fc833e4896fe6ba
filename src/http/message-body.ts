import type { IncomingMessage } from 'node:http';
import { bareType, boundaryOf, PartsReader, type MessagePart } from '../camera/parts.ts';
import type { VendorMessage } from '../camera/vendor-event.ts';
import { DarwazaError } from '../core/errors.ts';
import { expectMediaType, limitedChunks } from './request-body.ts';

/** What cameras say that they send; what it really is, the format of the vendor finds out. */
export const MESSAGE_TYPES = [
  'multipart/form-data', 'multipart/mixed', 'multipart/x-mixed-replace', 'multipart/related', 'application/json', 'application/ld+json', 'application/xml', 'text/xml', 'text/plain', 'text/json',
] as const;

export interface MessageLimits {
  readonly partBytes: number;
  readonly bodyBytes: number;
  readonly parts: number;
  /** A client that sends nothing for so long, or is not done by the second, is given up. Milliseconds. */
  readonly silentMs: number;
  readonly wholeMs: number;
}

/** A message of another camera: whole, or as it came with what is wrong with it. */
export type MessageBody =
  | { readonly kind: 'whole'; readonly mediaType: string; readonly message: VendorMessage }
  | { readonly kind: 'broken'; readonly mediaType: string; readonly bytes: Buffer; readonly error: DarwazaError };

const MEGABYTE = 1e6, RETRY_AFTER_S = 2;

/** Bytes of messages in memory, of all requests together: two hundred cameras that push at once fit, a thousand with large pictures wait outside. */
export class MessageRoom {
  readonly #limitBytes: number;
  #bytes = 0;

  constructor(limitBytes = 256 * MEGABYTE) {
    this.#limitBytes = limitBytes;
  }

  /** What is taken is given back all at once. */
  open(): { take(bytes: number): void; close(): void } {
    let own = 0;
    return {
      take: (bytes) => {
        if (this.#bytes + bytes > this.#limitBytes) throw new DarwazaError('MESSAGES_TOO_MANY', { waitingMegabytes: Math.round(this.#bytes / MEGABYTE), seconds: RETRY_AFTER_S });
        this.#bytes += bytes;
        own += bytes;
      },
      close: () => {
        this.#bytes -= own;
        own = 0;
      },
    };
  }
}

/**
 * Reads a message into memory, its parts as they arrive: one that is too large, or too much, is refused before the rest is taken.
 * @throws MEDIA_TYPE_UNSUPPORTED, BODY_TOO_LARGE, PART_TOO_LARGE, BODY_INVALID (no boundary, empty, connection lost), REQUEST_TIMEOUT, MESSAGES_TOO_MANY
 */
export async function readMessage(req: IncomingMessage, limits: MessageLimits, room: { take(bytes: number): void }): Promise<MessageBody> {
  const bare = expectMediaType(req, MESSAGE_TYPES), mediaType = req.headers['content-type'] ?? bare;
  const reader = bare.startsWith('multipart/') ? new PartsReader(boundaryOf(mediaType), limits) : null;
  const chunks: Uint8Array[] = [], parts: MessagePart[] = [];
  try {
    for await (const chunk of inTime(req, limits)) {
      room.take(chunk.length);
      chunks.push(chunk);
      if (reader !== null) parts.push(...reader.push(chunk));
    }
    if (chunks.length === 0) throw new DarwazaError('BODY_INVALID', { reason: 'it is empty' });
    reader?.end();
  } catch (error) {
    // What came whole and cannot be taken to pieces is worth looking at; what is too large, or did not come whole, is not.
    if (!(error instanceof DarwazaError) || error.code !== 'BODY_INVALID' || !req.complete || chunks.length === 0) throw error;
    return { kind: 'broken', mediaType, bytes: Buffer.concat(chunks), error };
  }
  const message = { topic: null, parts: reader === null ? [{ name: null, fileName: null, mediaType: bareType(mediaType), bytes: Buffer.concat(chunks) }] : parts };
  return { kind: 'whole', mediaType, message };
}

/** The body's pieces, as long as they keep coming. @throws REQUEST_TIMEOUT, BODY_TOO_LARGE, BODY_INVALID */
async function* inTime(req: IncomingMessage, { bodyBytes, partBytes, silentMs, wholeMs }: MessageLimits): AsyncIterable<Uint8Array> {
  const length = Number(req.headers['content-length'] ?? 0);
  if (length > bodyBytes) throw new DarwazaError('BODY_TOO_LARGE', { limitBytes: Math.min(bodyBytes, partBytes) });
  const pieces = limitedChunks(req, bodyBytes)[Symbol.asyncIterator](), endsAt = Date.now() + wholeMs;
  try {
    for (;;) {
      const waitMs = Math.min(silentMs, endsAt - Date.now()), piece = await before(pieces.next(), waitMs, () => tooSlow(req, waitMs < silentMs ? wholeMs : silentMs));
      if (piece.done === true) return;
      yield piece.value;
    }
  } finally {
    // Lets go of the request, so that the rest can be read and dropped; not waited for, because a piece that does not come would be waited for before it.
    pieces.return?.(undefined).catch(() => undefined);
  }
}

function tooSlow(req: IncomingMessage, ms: number): DarwazaError {
  // What is left of the body would come as slowly: the answer is the last on this connection.
  req.socket.setTimeout(2_000, () => req.socket.destroy());
  return new DarwazaError('REQUEST_TIMEOUT', { seconds: Math.round(ms / 1000) });
}

async function before<T>(work: Promise<T>, ms: number, late: () => DarwazaError): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  work.catch(() => undefined);
  try {
    return await Promise.race([work, new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => reject(late()), Math.max(0, ms));
    })]);
  } finally {
    clearTimeout(timer);
  }
}
