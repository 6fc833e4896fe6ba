import { spawn, type ChildProcess } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { readFile, rm } from 'node:fs/promises';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface RtspServerOptions {
  /** Film that is sent over and over, in real time. */
  readonly film: string;
  readonly login?: { readonly username: string; readonly password: string; readonly scheme?: 'digest' | 'basic' };
  /** A camera that shows the time in the header Date of its answers. */
  readonly date?: () => Date;
}

/** A camera: an RTSP server (RFC 2326, RTP interleaved over TCP) with the ways in which cameras fail. */
export interface RtspServer {
  readonly port: number;
  readonly url: string;
  /** Requests so far, first lines. */
  readonly requests: readonly string[];
  /** Clients that play now. */
  playing(): number;
  /** Cuts every connection in the middle of a packet. */
  cut(): void;
  /** Takes no connection until called with false; those that there are are cut. */
  unplug(unplugged: boolean): Promise<void>;
  /** Keeps connections open and sends nothing. */
  stall(stalled: boolean): void;
  /** Share of packets in which bytes are changed, 0..1. */
  corrupt(share: number): void;
  refuse(refused: boolean): void;
  /** By how much the sender reports are ahead of this machine's clock, milliseconds. */
  shiftClock(byMs: number): void;
  /** Sends another film from now on. */
  show(film: string): Promise<void>;
  close(): Promise<void>;
}

interface Client { readonly socket: Socket; session: string; playing: boolean; buffer: Buffer; nonce: string }

export async function startRtspServer(options: RtspServerOptions): Promise<RtspServer> {
  const state = { stalled: false, corruptShare: 0, refused: false, shiftMs: 0, packets: 0 };
  const clients = new Set<Client>(), requests: string[] = [];
  let sender = await startSender(options.film, relay);
  const server = createServer((socket) => serve(socket));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  const { port } = server.address() as AddressInfo;

  function relay(channel: 0 | 1, packet: Buffer): void {
    if (state.stalled) return;
    if (channel === 1) shiftReport(packet, state.shiftMs);
    state.packets += 1;
    // The header stays: what is broken is the picture, as after a bad cable.
    if (channel === 0 && (state.packets * 7919) % 1000 < state.corruptShare * 1000) for (let i = 20; i < packet.length; i += 11) packet[i] = (packet[i] as number) ^ 0x5a;
    const framed = Buffer.concat([Buffer.from([0x24, channel, packet.length >> 8, packet.length & 255]), packet]);
    for (const client of clients) if (client.playing && client.socket.writableLength < 8_000_000) client.socket.write(framed);
  }

  function serve(socket: Socket): void {
    const client: Client = { socket, session: randomBytes(4).toString('hex'), playing: false, buffer: Buffer.alloc(0), nonce: randomBytes(8).toString('hex') };
    clients.add(client);
    socket.on('error', () => undefined).on('close', () => clients.delete(client));
    socket.on('data', (data) => {
      client.buffer = Buffer.concat([client.buffer, data]);
      for (let request = nextRequest(client); request !== null; request = nextRequest(client)) {
        requests.push(request.split('\r\n')[0] ?? '');
        socket.write(answer(client, request));
      }
    });
  }

  function answer(client: Client, request: string): string {
    const [method = '', address = ''] = request.split(' ');
    const header = (name: string): string => new RegExp(`^${name}:\\s*(.*)$`, 'im').exec(request)?.[1] ?? '';
    const reply = (status: string, lines: readonly string[] = [], body = ''): string => [`RTSP/1.0 ${status}`, `CSeq: ${header('CSeq')}`, ...(options.date ? [`Date: ${options.date().toUTCString()}`] : []), ...lines,
      ...(body === '' ? [] : [`Content-Length: ${body.length}`]), '', body].join('\r\n');
    if (method === 'OPTIONS') return reply('200 OK', ['Public: OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN, GET_PARAMETER']);
    if (state.refused || (options.login && !authorised(header('Authorization'), method, client.nonce, options.login))) {
      const scheme = options.login?.scheme === 'basic' ? 'Basic realm="camera"' : `Digest realm="camera", nonce="${client.nonce}"`;
      return reply('401 Unauthorized', [`WWW-Authenticate: ${scheme}`]);
    }
    if (method === 'DESCRIBE') return reply('200 OK', ['Content-Type: application/sdp', `Content-Base: ${address}/`], sender.sdp);
    if (method === 'SETUP') return reply('200 OK', ['Transport: RTP/AVP/TCP;unicast;interleaved=0-1', `Session: ${client.session};timeout=60`]);
    if (method === 'PLAY') setImmediate(() => { client.playing = true; });
    if (method === 'TEARDOWN') client.playing = false;
    return reply('200 OK', [`Session: ${client.session}`]);
  }

  const cut = (): void => {
    // Half of a packet: the length in its head promises more than ever comes.
    for (const { socket } of clients) socket.write(Buffer.from([0x24, 0, 4, 0, 0x80, 0x60, 1, 2, 3]), () => socket.destroy());
  };
  return {
    port, url: `rtsp://127.0.0.1:${port}/stream`, requests, cut, playing: () => [...clients].filter((c) => c.playing).length,
    unplug: (unplugged) => new Promise<void>((resolve) => {
      cut();
      if (unplugged) server.close(() => resolve());
      else server.listen(port, '127.0.0.1', () => resolve());
    }),
    stall: (stalled) => { state.stalled = stalled; },
    corrupt: (share) => { state.corruptShare = share; },
    refuse: (refused) => { state.refused = refused; },
    shiftClock: (byMs) => { state.shiftMs = byMs; },
    show: async (film) => {
      await sender.close();
      sender = await startSender(film, relay);
    },
    close: async () => {
      await sender.close();
      for (const { socket } of clients) socket.destroy();
      await new Promise((resolve) => { server.close(resolve); });
    },
  };
}

/** Takes the next whole request from what a client sent; its own interleaved reports are left out. */
function nextRequest(client: Client): string | null {
  while (client.buffer[0] === 0x24 && client.buffer.length >= 4) {
    const end = 4 + client.buffer.readUInt16BE(2);
    if (client.buffer.length < end) return null;
    client.buffer = client.buffer.subarray(end);
  }
  const end = client.buffer.indexOf('\r\n\r\n');
  if (end < 0) return null;
  const request = client.buffer.subarray(0, end).toString('latin1');
  client.buffer = client.buffer.subarray(end + 4);
  return request;
}

const md5 = (text: string): string => createHash('md5').update(text).digest('hex');

function authorised(given: string, method: string, nonce: string, login: NonNullable<RtspServerOptions['login']>): boolean {
  if (login.scheme === 'basic') return given === `Basic ${Buffer.from(`${login.username}:${login.password}`).toString('base64')}`;
  const field = (name: string): string => new RegExp(`${name}="([^"]*)"`).exec(given)?.[1] ?? '';
  const expected = md5(`${md5(`${login.username}:camera:${login.password}`)}:${nonce}:${md5(`${method}:${field('uri')}`)}`);
  return field('username') === login.username && field('nonce') === nonce && field('response') === expected;
}

/** Moves the NTP time of a sender report (RFC 3550 §6.4.1: seconds since 1900 in 16.16 and 32-bit fraction). */
function shiftReport(packet: Buffer, byMs: number): void {
  if (packet.length < 28 || packet[1] !== 200 || byMs === 0) return;
  const ntp = packet.readBigUInt64BE(8) + (BigInt(Math.round(byMs)) * 0x1_0000_0000n) / 1000n;
  packet.writeBigUInt64BE(BigInt.asUintN(64, ntp), 8);
}

interface Sender { readonly sdp: string; close(): Promise<void> }

/** ffmpeg's own RTP sender towards two UDP ports of ours. */
async function startSender(film: string, relay: (channel: 0 | 1, packet: Buffer) => void): Promise<Sender> {
  const [rtp, rtcp] = await portPair();
  rtp.on('message', (packet) => relay(0, packet));
  rtcp.on('message', (packet) => relay(1, packet));
  const port = rtp.address().port, file = join(tmpdir(), `darwaza-${process.pid}-${port}.sdp`);
  const child = spawn('ffmpeg', ['-nostdin', '-loglevel', 'error', '-re', '-stream_loop', '-1', '-i', film, '-map', '0:v:0', '-c', 'copy', '-f', 'rtp', '-sdp_file', file, `rtp://127.0.0.1:${port}?rtcpport=${port + 1}&pkt_size=1400`],
    { stdio: ['ignore', 'ignore', 'inherit'] });
  const sdp = await sdpOf(file, child);
  return {
    sdp: sdp.replace(/^SDP:\s*/, '').replaceAll(/\r?\n/g, '\r\n').replace(/m=video \d+/, 'm=video 0').replace(/\r\n(?=a=rtpmap)/, '\r\na=control:trackID=0\r\n'),
    close: async () => {
      const ended = new Promise((resolve) => { child.once('exit', resolve); });
      child.kill('SIGKILL');
      await ended;
      rtp.close();
      rtcp.close();
      await rm(file, { force: true });
    },
  };
}

async function sdpOf(file: string, child: ChildProcess): Promise<string> {
  for (let tries = 0; tries < 200 && child.exitCode === null; tries++) {
    const text = await readFile(file, 'utf8').catch(() => '');
    if (text.includes('a=fmtp')) return text;
    await new Promise((resolve) => { setTimeout(resolve, 25); });
  }
  throw new Error('ffmpeg wrote no SDP');
}

/** RTP and RTCP want neighbouring ports, the first even. */
async function portPair(): Promise<[UdpSocket, UdpSocket]> {
  const bound = (port: number): Promise<UdpSocket> => new Promise((resolve, reject) => {
    const socket = createSocket({ type: 'udp4', recvBufferSize: 4_000_000 });
    socket.once('error', (cause) => { socket.close(); reject(cause); });
    socket.bind(port, '127.0.0.1', () => resolve(socket));
  });
  for (;;) {
    const first = await bound(0), { port } = first.address();
    const second = port % 2 === 0 ? await bound(port + 1).catch(() => null) : null;
    if (second !== null) return [first, second];
    first.close();
  }
}
