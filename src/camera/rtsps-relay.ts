import { createServer, type AddressInfo, type Socket } from 'node:net';
import { pipeline } from 'node:stream';
import { CertificateFault, connectTrusted } from './certificate-trust.ts';
import type { RtspSource } from './stream-sources.ts';

/** How a refused certificate is told in RTSP; no RFC has this status, so nothing else says it. */
export const NOT_KNOWN = 495;
const CONNECT_MS = 10_000, RTSPS_PORT = 322;

export interface RtspsRelay { /** The address for ffmpeg, without the login. */ readonly url: string; close(): void }

/**
 * The way to a camera over TLS. ffmpeg looks at no certificate of `rtsps` (5.1 gives `tls_verify` not even on to its TLS), so it speaks plain RTSP to this end on the
 * loopback, and this end speaks TLS to the camera once that is known. One connection is taken: the first. What it sends waits until then.
 * A camera that is not known is told as RTSP status 495.
 */
export function openRtspsRelay(source: RtspSource): Promise<RtspsRelay> {
  const url = new URL(source.url), stop = new AbortController();
  const server = createServer({ pauseOnConnect: true }, (near) => {
    server.close();
    stop.signal.addEventListener('abort', () => near.destroy(), { once: true });
    near.on('error', () => undefined);
    connectTrusted({ url, port: Number(url.port || RTSPS_PORT), timeoutMs: CONNECT_MS, signal: stop.signal }, source.certificate).then((far) => void pipeline(near, far, near, () => undefined), (error: unknown) => (error instanceof CertificateFault ? refuse(near, error) : near.destroy()));
  });
  return new Promise((resolve, reject) => {
    server.once('error', reject).listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo, tail = source.url.replace(/^rtsps:\/\/[^/?]*/i, '');
      resolve({
        url: `rtsp://127.0.0.1:${port}${tail}`,
        close() {
          stop.abort();
          server.close();
        },
      });
    });
  });
}

/** An answer to the first request, whose number (CSeq) has to be in it. */
function refuse(near: Socket, fault: CertificateFault): void {
  near.once('data', (request: Buffer) => {
    const number = /^CSeq: *(\d{1,9})/im.exec(request.toString('latin1'))?.[1] ?? '1';
    near.end(`RTSP/1.0 ${NOT_KNOWN} ${fault.short}\r\nCSeq: ${number}\r\n\r\n`);
  }).resume();
}
