import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { z } from 'zod';
import { DarwazaError } from '../core/errors.ts';
import type { Labelling } from './labelling.ts';

const HOST = '127.0.0.1';
const BODY_BYTES = 256 * 1024;

export interface LabellingServer {
  /** With the token that opens the page once. */
  readonly url: string;
  readonly port: number;
  close(): Promise<void>;
}

const pixels = z.number().min(-100_000).max(100_000);
const Plate = z.strictObject({
  box: z.strictObject({ x: pixels, y: pixels, width: pixels.positive(), height: pixels.positive() }),
  typed: z.string().max(60), region: z.string().max(60), lines: z.int().min(1).max(4).nullable(), legible: z.boolean(), notes: z.string().max(1000),
});
const Said = z.strictObject({ plates: z.array(Plate).max(200), finished: z.boolean() });

/** Files of the page: nothing else of the disk is ever served, so that no path can lead out. */
const PAGE: Readonly<Record<string, { readonly file: string; readonly type: string }>> = {
  '/': { file: 'label.html', type: 'text/html; charset=utf-8' }, '/label.css': { file: 'label.css', type: 'text/css; charset=utf-8' }, '/label.js': { file: 'label.js', type: 'text/javascript; charset=utf-8' },
};
const HEADERS = {
  'Content-Security-Policy': "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'",
  'Cross-Origin-Resource-Policy': 'same-origin', 'Cross-Origin-Opener-Policy': 'same-origin', 'Referrer-Policy': 'no-referrer', 'X-Content-Type-Options': 'nosniff', 'Cache-Control': 'no-store',
};

/**
 * Serves the page on this machine alone. Who may use it: the browser that opened the URL with the token first gets a cookie, and the token
 * is spent. Requests under another host name are refused, so that no other site's page can reach it by a name that points here.
 * @throws PORT_IN_USE, PORT_NOT_ALLOWED
 */
export async function startLabellingServer(labelling: Labelling, port: number): Promise<LabellingServer> {
  const access = new Access();
  const server = createServer({ requestTimeout: 60_000, headersTimeout: 20_000 }, (req, res) => void answer(labelling, access, req, res));
  await opened(server, port);
  access.port = (server.address() as AddressInfo).port;
  return {
    url: `http://${HOST}:${access.port}/?token=${access.token}`, port: access.port,
    close: () => new Promise((resolve) => {
      server.close(() => resolve());
      server.closeIdleConnections();
      setTimeout(() => server.closeAllConnections(), 2000).unref();
    }),
  };
}

function opened(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(error.code === 'EADDRINUSE' ? new DarwazaError('PORT_IN_USE', { port, host: HOST }, error) : new DarwazaError('PORT_NOT_ALLOWED', { port, host: HOST, reason: error.code ?? 'unknown fault' }, error)));
    server.listen(port, HOST, resolve);
  });
}

class Access {
  readonly token = randomBytes(18).toString('base64url');
  readonly #session = randomBytes(18).toString('base64url');
  port = 0;
  #spent = false;

  /** The cookie that a first request with the token gets; null: the token is wrong, or spent by another browser. */
  admit(token: string): string | null {
    if (this.#spent || !same(token, this.token)) return null;
    this.#spent = true;
    return `${this.#cookie}=${this.#session}; HttpOnly; SameSite=Strict; Path=/`;
  }

  knows(req: IncomingMessage): boolean {
    const given = (req.headers.cookie ?? '').split(';').map((pair) => pair.trim().split('=')).find(([name]) => name === this.#cookie)?.[1];
    return given !== undefined && same(given, this.#session);
  }

  isOwnName(req: IncomingMessage): boolean {
    const names = new Set([`${HOST}:${this.port}`, `localhost:${this.port}`]), { host, origin } = req.headers;
    return names.has(host ?? '') && (origin === undefined || names.has(origin.replace(/^http:\/\//, '')));
  }

  /** Cookies do not know ports: two of these servers on one machine need names of their own. */
  get #cookie(): string {
    return `darwaza-label-${this.port}`;
  }
}

function same(a: string, b: string): boolean {
  const [left, right] = [a, b].map((text) => createHash('sha256').update(text).digest()) as [Buffer, Buffer];
  return timingSafeEqual(left, right);
}

async function answer(labelling: Labelling, access: Access, req: IncomingMessage, res: ServerResponse): Promise<void> {
  for (const [name, value] of Object.entries(HEADERS)) res.setHeader(name, value);
  try {
    await route(labelling, access, req, res);
  } catch (cause) {
    const error = cause instanceof DarwazaError ? cause : new DarwazaError('INTERNAL', { requestId: `${req.method} picture` }, cause);
    // The connection may hold the rest of a body that is not wanted.
    if (!req.complete) res.setHeader('Connection', 'close');
    send(res, error.status, { error: { code: error.code, message: error.message } });
  }
}

async function route(labelling: Labelling, access: Access, req: IncomingMessage, res: ServerResponse): Promise<void> {
  const method = req.method ?? 'GET', [path = '', query] = (req.url ?? '').split('?', 2);
  if (!access.isOwnName(req)) throw refused('it came under another name than this machine\'s own address');
  const token = new URLSearchParams(query).get('token');
  if (path === '/' && token !== null && !access.knows(req)) return enter(access, token, res);
  if (!access.knows(req)) throw refused('it needs the address that "darwaza label" printed, in the browser that opened it first; start it again for a new one');
  const page = PAGE[path], picture = /^\/api\/pictures\/(\d{1,9})(\/image)?$/.exec(path);
  if (method === 'GET' && page !== undefined) return sendPage(res, page);
  if (method === 'GET' && path === '/api/pictures') return send(res, 200, listed(labelling));
  if (picture === null) throw new DarwazaError('PAGE_NOT_FOUND', { path });
  const id = Number(picture[1]);
  if (method === 'GET' && picture[2] === undefined) return send(res, 200, await labelling.picture(id));
  if (method === 'GET') return sendImage(res, await labelling.image(id));
  if (method !== 'PUT' || picture[2] !== undefined) throw new DarwazaError('METHOD_NOT_ALLOWED', { path, method, allowed: picture[2] === undefined ? 'GET, PUT' : 'GET' });
  const { plates, finished } = await body(req);
  await labelling.put(id, plates, finished);
  send(res, 200, { done: labelling.done, total: labelling.files.length });
}

const refused = (reason: string): DarwazaError => new DarwazaError('PAGE_REFUSED', { reason });

/** On to the page under an address without the token: it must not stay in the history. */
function enter(access: Access, token: string, res: ServerResponse): void {
  const cookie = access.admit(token);
  if (cookie === null) throw refused('the token is wrong or was used already; start "darwaza label" again for a new one');
  res.writeHead(303, { Location: '/', 'Set-Cookie': cookie }).end();
}

function listed(labelling: Labelling): object {
  return { labelFile: labelling.labelFile, done: labelling.done, total: labelling.files.length, pictures: labelling.list() };
}

function send(res: ServerResponse, status: number, content: object): void {
  res.writeHead(status, { 'Content-Type': 'application/json; charset=utf-8' }).end(`${JSON.stringify(content)}\n`);
}

function sendImage(res: ServerResponse, jpeg: Buffer): void {
  res.writeHead(200, { 'Content-Type': 'image/jpeg', 'Content-Length': jpeg.length }).end(jpeg);
}

function sendPage(res: ServerResponse, { file, type }: { file: string; type: string }): void {
  res.writeHead(200, { 'Content-Type': type }).end(readFileSync(new URL(`./page/${file}`, import.meta.url)));
}

/** @throws MEDIA_TYPE_UNSUPPORTED, BODY_TOO_LARGE, BODY_INVALID */
async function body(req: IncomingMessage): Promise<z.output<typeof Said>> {
  const type = req.headers['content-type'] ?? 'none';
  // A page of another site cannot send this type without being asked first.
  if (!/^application\/json\b/.test(type)) throw new DarwazaError('MEDIA_TYPE_UNSUPPORTED', { expected: 'application/json', given: type });
  const parts: Buffer[] = [];
  let length = 0;
  try {
    for await (const part of req as AsyncIterable<Buffer>) {
      length += part.length;
      if (length > BODY_BYTES) throw new DarwazaError('BODY_TOO_LARGE', { limitBytes: BODY_BYTES });
      parts.push(part);
    }
  } catch (cause) {
    throw cause instanceof DarwazaError ? cause : new DarwazaError('BODY_INVALID', { reason: 'it ended before it was complete' }, cause);
  }
  const parsed = Said.safeParse(json(Buffer.concat(parts).toString('utf8')));
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new DarwazaError('BODY_INVALID', { reason: `${issue?.path.join('.') || 'the whole'}: ${issue?.message ?? 'not as expected'}` });
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new DarwazaError('BODY_INVALID', { reason: 'it is not whole JSON' });
  }
}
