import { createServer, STATUS_CODES, type Server } from 'node:http';
import { randomUUID } from 'node:crypto';
import type { AddressInfo, Socket } from 'node:net';
import { DarwazaError } from '../core/errors.ts';
import type { HitFeed } from '../hit/hit-feed.ts';
import { createApp } from './app.ts';
import { errorAnswer } from './error-answer.ts';
import type { Services } from './services.ts';

export interface RunningServer {
  /** `http://host:port`, with the port that was really opened. */
  readonly url: string;
  readonly port: number;
  /** Takes no new connection, lets running requests end for at most `graceMs`, then closes. Safe to call twice. */
  close(graceMs?: number): Promise<void>;
}

/** A list of a hundred megabytes over a slow link needs minutes; a request line does not. */
const REQUEST_SECONDS = 900;
const HEADER_SECONDS = 20;
const KEEP_ALIVE_SECONDS = 30;
const HEADER_BYTES = 16 * 1024;
const CONNECTIONS = 4096;

/** Serves the API until closed. @throws PORT_IN_USE, PORT_NOT_ALLOWED, CONFIG_INVALID (an address that is not this machine's) */
export async function startServer(services: Services, { host, port }: { readonly host: string; readonly port: number }): Promise<RunningServer> {
  const server = createServer({
    requestTimeout: REQUEST_SECONDS * 1000, headersTimeout: HEADER_SECONDS * 1000, keepAliveTimeout: KEEP_ALIVE_SECONDS * 1000,
    maxHeaderSize: HEADER_BYTES, connectionsCheckingInterval: 5000,
  }, createApp(services));
  server.maxConnections = CONNECTIONS;
  server.on('clientError', answerBrokenRequest);
  await opened(server, host, port);
  const address = server.address() as AddressInfo;
  const shown = host.includes(':') ? `[${host}]` : host;
  let closing: Promise<void> | null = null;
  return { url: `http://${shown}:${address.port}`, port: address.port, close: (graceMs = 10_000) => (closing ??= closed(server, services.feed, graceMs)) };
}

function opened(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const failed = (error: NodeJS.ErrnoException) => reject(listenError(error, host, port));
    server.once('error', failed);
    server.listen(port, host, () => {
      server.off('error', failed);
      resolve();
    });
  });
}

function listenError(error: NodeJS.ErrnoException, host: string, port: number): DarwazaError {
  switch (error.code) {
    case 'EADDRINUSE': return new DarwazaError('PORT_IN_USE', { port, host }, error);
    case 'EADDRNOTAVAIL': case 'ENOTFOUND': case 'EAI_AGAIN': case 'EINVAL':
      return new DarwazaError('CONFIG_INVALID', { name: 'DARWAZA_HOST', rule: `${host} is not an address of this machine` }, error);
    default: return new DarwazaError('PORT_NOT_ALLOWED', { port, host, reason: error.code ?? 'unknown fault' }, error);
  }
}

/** What Node refuses before there is a request: answered in the one shape all the same. */
function answerBrokenRequest(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy();
  const answer = brokenRequest(error.code);
  const body = `${JSON.stringify(errorAnswer(answer, randomUUID()))}\n`;
  socket.end(`HTTP/1.1 ${answer.status} ${STATUS_CODES[answer.status]}\r\nContent-Type: application/json; charset=utf-8\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`);
}

function brokenRequest(code: string | undefined): DarwazaError {
  if (code === 'HPE_HEADER_OVERFLOW') return new DarwazaError('HEADERS_TOO_LARGE', { limitBytes: HEADER_BYTES });
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return new DarwazaError('REQUEST_TIMEOUT', { seconds: REQUEST_SECONDS });
  return new DarwazaError('REQUEST_INVALID', { reason: 'it is not HTTP' });
}

async function closed(server: Server, feed: HitFeed, graceMs: number): Promise<void> {
  const done = new Promise<void>((resolve) => server.close(() => resolve()));
  // Streams of hits never end by themselves; their clients come back where they were.
  feed.hangUp();
  server.prependListener('request', (_req, res) => res.setHeader('Connection', 'close'));
  const cut = setTimeout(() => server.closeAllConnections(), graceMs);
  await done;
  clearTimeout(cut);
}
