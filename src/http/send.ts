import { pipeline, type Readable } from 'node:stream';
import type { Request, Response } from 'express';
import type { DarwazaError } from '../core/errors.ts';
import { errorAnswer } from './error-answer.ts';
import type { Answer } from './route.ts';

/** Records of people's movements: no cache on the way may keep them. An answer may say otherwise for itself. */
export const UNCACHED = 'no-store';
const JSON_TYPE = 'application/json; charset=utf-8';

export function sendAnswer(res: Response, answer: Answer): void {
  res.status(answer.status);
  for (const [name, value] of Object.entries(answer.headers ?? {})) res.setHeader(name, value);
  if ('bytes' in answer) {
    res.setHeader('Content-Type', answer.mediaType);
    if (Buffer.isBuffer(answer.bytes)) res.setHeader('Content-Length', answer.bytes.length).end(answer.bytes);
    else sendStream(res, answer.bytes, answer.stalledAfterMs);
    return;
  }
  res.setHeader('Content-Type', JSON_TYPE);
  res.end(answer.status === 304 ? undefined : `${JSON.stringify(answer.body)}\n`);
}

const LAST_PIECE_MS = 60_000;

/** A stream ends with its client, as the client's answer is cut off with a stream that fails. */
function sendStream(res: Response, bytes: Readable, stalledAfterMs: number | undefined): void {
  if (res.req.method === 'HEAD') {
    bytes.destroy();
    res.end();
    return;
  }
  // The timeout is the connection's: none carries a further request after this.
  if (stalledAfterMs !== undefined) res.setHeader('Connection', 'close').setTimeout(stalledAfterMs, () => void res.destroy());
  // A last piece that nobody takes must not hold the connection for ever.
  bytes.once('end', () => void res.setTimeout(LAST_PIECE_MS, () => void res.destroy()));
  pipeline(bytes, res, () => undefined);
}

/** Headers that go with an error by HTTP's own rules (RFC 9110: 401, 405, 429, 503). */
function errorHeaders(error: DarwazaError): Record<string, string> {
  const { seconds, allowed } = error.details;
  return {
    ...(error.code === 'PERMISSION_MISSING' && { 'WWW-Authenticate': 'Bearer realm="darwaza", error="insufficient_scope"' }),
    ...(allowed !== undefined && error.status === 405 && { Allow: String(allowed) }),
    ...(seconds !== undefined && (error.status === 429 || error.status === 503) && { 'Retry-After': String(seconds) }),
  };
}

/** Many cameras send their password only when they are asked for it. */
function challenges({ code }: DarwazaError, password: boolean): string[] {
  return [`Bearer realm="darwaza"${code === 'KEY_INVALID' ? ', error="invalid_token"' : ''}`, ...(password ? ['Basic realm="darwaza", charset="UTF-8"'] : [])];
}

/** `password`: the route also takes a key as a password. */
export function sendError(req: Request, res: Response, error: DarwazaError, requestId: string, password = false): void {
  if (error.status === 401) res.setHeader('WWW-Authenticate', challenges(error, password));
  const answer = { status: error.status, body: errorAnswer(error, requestId), headers: errorHeaders(error) };
  if (req.complete || req.method === 'HEAD') sendAnswer(res, answer);
  else answerBeforeEnd(req, res, answer);
}

interface ErrorToSend { readonly status: number; readonly body: unknown; readonly headers: Readonly<Record<string, string>> }

/** A client that goes on sending for longer after it was answered does not read. */
const LINGER_MS = 2_000;

/**
 * Answers a client that is still sending. The answer is whole at once, but its end waits until the body is: with `Connection: close` the end closes the connection, what comes
 * after that is refused (RST), and a client that meets the refusal while it writes never gets to read why.
 */
function answerBeforeEnd(req: Request, res: Response, { status, body, headers }: ErrorToSend): void {
  const bytes = Buffer.from(`${JSON.stringify(body)}\n`), end = (): void => {
    clearTimeout(timer);
    res.end();
  };
  const timer = setTimeout(end, LINGER_MS);
  for (const [name, value] of Object.entries(headers)) res.setHeader(name, value);
  res.status(status).setHeader('Content-Type', JSON_TYPE).setHeader('Content-Length', bytes.length).write(bytes);
  req.once('end', end).once('close', end);
  // What is left of the body is read and dropped.
  req.unpipe();
  req.resume();
}
