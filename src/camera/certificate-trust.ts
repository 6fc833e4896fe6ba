import { X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { Duplex } from 'node:stream';
import { checkServerIdentity, connect, type ConnectionOptions, type TLSSocket } from 'node:tls';

/**
 * By what a camera or broker is known over TLS. `authority`: certificates of those who signed its own, or its own; `pinned`: the SHA-256 fingerprint of its own
 * (`AB:CD:…`, 32 bytes), whatever name, date and signature it has. Not given: by the authorities that this machine trusts.
 */
export type CertificateTrust =
  | { readonly kind: 'authority'; readonly certificates: readonly string[] }
  | { readonly kind: 'pinned'; readonly sha256: string };

/** The other side is not who it should be. In words for the person who set the source up: nothing in it is secret. */
export class CertificateFault extends Error {
  /** Without what to do, at most 200 characters: for where there is little room. */
  readonly short: string;

  constructor(short: string, remedy: string) {
    super(`${short}. ${remedy}`);
    this.short = short;
  }
}

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[\w+/=\s]{1,20000}-----END CERTIFICATE-----/g;
/** A company's bundle has some hundred. */
const MOST_CERTIFICATES = 500;

/** The certificates of a PEM file, or what is wrong with it. */
export function readCertificates(pem: string): CertificateTrust | string {
  if (/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(pem)) return 'it holds a private key: take that out, the certificate alone is needed';
  const certificates = pem.match(CERTIFICATE) ?? [];
  if (certificates.length === 0) return 'there is no certificate in it (PEM, -----BEGIN CERTIFICATE-----)';
  if (certificates.length > MOST_CERTIFICATES) return `there are more than ${MOST_CERTIFICATES} certificates in it`;
  const broken = certificates.findIndex((one) => fingerprintOf(one) === null);
  return broken === -1 ? { kind: 'authority', certificates } : `certificate ${broken + 1} in it cannot be read`;
}

/** `AB:CD:…` of 64 hexadecimal digits, with colons or without, in either case; null: it is none. */
export function readFingerprint(text: string): string | null {
  const digits = text.trim().replace(/^sha-?256[:=\s]\s*/i, '').replaceAll(/[:\s]/g, '').toUpperCase();
  return /^[0-9A-F]{64}$/.test(digits) ? (digits.match(/../g) ?? []).join(':') : null;
}

function fingerprintOf(certificate: string): string | null {
  try {
    return new X509Certificate(certificate).fingerprint256;
  } catch {
    return null;
  }
}

/** Where to connect; `signal` ends the trial, and so do `timeoutMs` milliseconds. */
export interface SecureAddress { readonly url: URL; readonly port: number; readonly timeoutMs: number; readonly signal: AbortSignal }

/**
 * A TLS connection on which nothing has been sent yet and whose other side is known. It is checked here and not by node, which says nothing of a certificate that it refuses, and
 * has no check for one that is known by its fingerprint.
 * @throws CertificateFault with the fingerprint that was shown; what the connection failed of
 */
export function connectTrusted({ url, port, timeoutMs, signal }: SecureAddress, trust: CertificateTrust | undefined): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const host = url.hostname.replace(/^\[|\]$/g, ''), socket = connect({ host, port, ...(isIP(host) === 0 && { servername: host }), ...authorities(trust), rejectUnauthorized: false });
    const fail = (error: Error): void => {
      signal.removeEventListener('abort', stop);
      socket.destroy();
      reject(error);
    };
    const stop = (): void => fail(new Error('ended'));
    signal.addEventListener('abort', stop, { once: true });
    if (signal.aborted) stop();
    socket.setTimeout(timeoutMs, () => fail(Object.assign(new Error('no answer'), { code: 'ETIMEDOUT' })));
    socket.once('error', fail).once('secureConnect', () => {
      const fault = faultOf(socket, trust);
      if (fault !== null) return fail(fault);
      signal.removeEventListener('abort', stop);
      socket.off('error', fail).removeAllListeners('timeout').setTimeout(0);
      resolve(socket);
    });
  });
}

/** A camera's own certificate is known by itself: those that cameras make bear neither their address nor their name. */
function authorities(trust: CertificateTrust | undefined): ConnectionOptions {
  if (trust?.kind !== 'authority') return {};
  const known = new Set(trust.certificates.map(fingerprintOf));
  return { ca: [...trust.certificates], allowPartialTrustChain: true, checkServerIdentity: (host, shown) => (known.has(shown.fingerprint256) ? undefined : checkServerIdentity(host, shown)) } as ConnectionOptions;
}

function faultOf(socket: TLSSocket, trust: CertificateTrust | undefined): CertificateFault | null {
  const shown = socket.getPeerX509Certificate()?.fingerprint256;
  if (shown === undefined) return new CertificateFault('it shows no certificate', 'Without one nobody can say who it is');
  if (trust?.kind === 'pinned') {
    if (shown === trust.sha256) return null;
    return new CertificateFault(`its certificate is another than certificate.sha256 of the source says: it shows ${shown}`, 'If it was set up anew or replaced, compare this there and set it; if not, somebody is between');
  }
  if (socket.authorized) return null;
  const code = String(socket.authorizationError), why = REASONS[code] ?? `it does not hold (${code})`;
  return new CertificateFault(`its certificate is not trusted, ${why}; its SHA-256 fingerprint is ${shown}`, REMEDY);
}

const REMEDY = 'Compare that at the camera, then set certificate.sha256 of the source to it, or certificate.caFile to a PEM file of the certificate or of who signed it';
const REASONS: Readonly<Record<string, string>> = {
  DEPTH_ZERO_SELF_SIGNED_CERT: 'it has signed it itself', SELF_SIGNED_CERT_IN_CHAIN: 'who signed it is not known here', UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'who signed it is not known here',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'who signed it is not known here', CERT_HAS_EXPIRED: 'it has expired', CERT_NOT_YET_VALID: 'it is not valid yet (is its clock or ours wrong?)',
  ERR_TLS_CERT_ALTNAME_INVALID: 'it is made out to another name or address',
};

/** The same as a stream that can be written to at once: what is written waits until the other side is known, and is given up where it is not who it should be. */
export class TrustedStream extends Duplex {
  readonly #stop = new AbortController();
  #socket: TLSSocket | null = null;
  /** The one write, or the end, that a stream hands on before it is answered. */
  #waiting: (() => void) | null = null;

  constructor(address: Omit<SecureAddress, 'signal'>, trust: CertificateTrust | undefined) {
    super();
    connectTrusted({ ...address, signal: this.#stop.signal }, trust).then((socket) => this.#known(socket), (error: unknown) => this.destroy(error as Error));
  }

  #known(socket: TLSSocket): void {
    this.#socket = socket;
    socket.on('data', (chunk: Buffer) => void (this.push(chunk) || socket.pause())).once('end', () => this.push(null));
    socket.on('error', (error) => this.destroy(error)).once('close', () => this.destroy());
    this.#waiting?.();
  }

  #whenKnown(act: (socket: TLSSocket) => void): void {
    const socket = this.#socket;
    if (socket !== null) act(socket);
    else this.#waiting = () => this.#whenKnown(act);
  }

  override _read(): void {
    this.#socket?.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#whenKnown((socket) => void socket.write(chunk, done));
  }

  override _final(done: () => void): void {
    this.#whenKnown((socket) => void socket.end(done));
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#stop.abort();
    this.#socket?.destroy();
    done(error);
  }
}
