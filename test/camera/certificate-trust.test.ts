import { createServer as createPlainServer, type AddressInfo } from 'node:net';
import { createServer, type Server, type TLSSocket } from 'node:tls';
import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { CertificateFault, connectTrusted, readCertificates, readFingerprint, TrustedStream, type CertificateTrust } from '../../src/camera/certificate-trust.ts';
import { makeCertificate, type MadeCertificate } from '../support/certificates.ts';

const DAY = 86_400_000;
const authority = makeCertificate({ name: 'Safe City', isAuthority: true }), own = makeCertificate();
const trusting = (...made: readonly MadeCertificate[]): CertificateTrust => readCertificates(made.map(({ cert }) => cert).join('\n')) as CertificateTrust;
const pinned = ({ sha256 }: MadeCertificate): CertificateTrust => ({ kind: 'pinned', sha256 });

describe('the other side of a TLS connection', () => {
  let server: Server;
  const sockets: TLSSocket[] = [], received: Buffer[] = [];
  const serve = (shown: MadeCertificate, onSocket: (socket: TLSSocket) => void = () => undefined): Promise<URL> => new Promise((done) => {
    server = createServer({ cert: shown.cert, key: shown.key }, (socket) => {
      sockets.push(socket.on('error', () => undefined).on('data', (chunk: Buffer) => received.push(chunk)));
      onSocket(socket);
    });
    server.on('tlsClientError', () => undefined).listen(0, '127.0.0.1', () => done(new URL(`https://127.0.0.1:${(server.address() as AddressInfo).port}/`)));
  });
  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.destroy();
    received.length = 0;
    await new Promise((done) => server.close(done));
  });
  const reach = async (shown: MadeCertificate, trust?: CertificateTrust): Promise<string> => {
    const url = await serve(shown);
    return connectTrusted({ url, port: Number(url.port), timeoutMs: 5000, signal: new AbortController().signal }, trust).then((socket) => {
      socket.destroy();
      return 'known';
    }, (error: unknown) => (error instanceof CertificateFault ? error.message : String(error)));
  };

  it('that signed its own certificate is refused, with its fingerprint and what to do', async () => {
    const fault = await reach(own);
    expect(fault).toContain('it has signed it itself');
    expect(fault).toContain(own.sha256);
    expect(fault).toContain('certificate.sha256');
  });

  it('is known by its fingerprint, whatever name and date its certificate has', async () => expect(await reach(makeCertificateOf({ until: Date.now() - DAY }), pinned(last))).toBe('known'));

  it('with another certificate than the fingerprint says is refused, even one that is signed well', async () => {
    const good = makeCertificate({ by: authority, hosts: ['127.0.0.1'] });
    expect(await reach(good, pinned(own))).toContain(`it shows ${good.sha256}`);
  });

  it('is known by its own certificate in a file, though that bears another name', async () => expect(await reach(own, trusting(authority, own))).toBe('known'));

  it('is known by its own certificate in a file when somebody else signed it, who is not in the file', async () => {
    const signed = makeCertificate({ by: authority });
    expect(await reach(signed, trusting(signed))).toBe('known');
  });

  it('is known by who signed its certificate, if that is made out to it', async () => {
    expect(await reach(makeCertificate({ by: authority, hosts: ['127.0.0.1'] }), trusting(authority))).toBe('known');
  });

  it.each([
    ['to another camera', { by: authority, hosts: ['10.4.2.21'] }, 'it is made out to another name or address'],
    ['until yesterday', { by: authority, hosts: ['127.0.0.1'], from: Date.now() - 2 * DAY, until: Date.now() - DAY }, 'it has expired'],
    ['from tomorrow on', { by: authority, hosts: ['127.0.0.1'], from: Date.now() + DAY, until: Date.now() + 2 * DAY }, 'it is not valid yet'],
    ['by another authority of the same name', { by: makeCertificate({ name: 'Safe City', isAuthority: true }), hosts: ['127.0.0.1'] }, 'is not trusted'],
  ])('with a certificate made out %s is refused', async (_, given, why) => expect(await reach(makeCertificate(given), trusting(authority))).toContain(why));

  it('that does not answer, or is no longer wanted, is given up', async () => {
    const url = await serve(own), ended = new AbortController();
    ended.abort();
    await expect(connectTrusted({ url, port: Number(url.port), timeoutMs: 5000, signal: ended.signal }, pinned(own))).rejects.toThrow('ended');
    const silent = createPlainServer((socket) => void socket.on('error', () => undefined).resume());
    await new Promise<void>((done) => silent.listen(0, '127.0.0.1', done));
    await expect(connectTrusted({ url, port: (silent.address() as AddressInfo).port, timeoutMs: 50, signal: new AbortController().signal }, pinned(own))).rejects.toMatchObject({ code: 'ETIMEDOUT' });
    await new Promise((done) => silent.close(done));
  });

  it('gets nothing of what a stream is told before it is known', async () => {
    const url = await serve(own), stream = new TrustedStream({ url, port: Number(url.port), timeoutMs: 5000 }, pinned(authority));
    const failed = new Promise<Error>((done) => stream.once('error', done));
    stream.write('password');
    stream.end('more');
    expect(await failed).toBeInstanceOf(CertificateFault);
    expect(received).toEqual([]);
  });

  it('gets all of it when it is known, and answers through the same stream', async () => {
    const long = Buffer.alloc(3_000_000, 'x'), url = await serve(own, (socket) => void socket.once('data', () => socket.end(long)));
    const stream = new TrustedStream({ url, port: Number(url.port), timeoutMs: 5000 }, pinned(own)), answered: Buffer[] = [];
    stream.write('one ');
    stream.write('two');
    for await (const chunk of stream as AsyncIterable<Buffer>) answered.push(chunk);
    expect(Buffer.concat(answered).equals(long)).toBe(true);
    await vi.waitFor(() => expect(Buffer.concat(received).toString()).toBe('one two'));
  });

  let last: MadeCertificate;
  const makeCertificateOf = (given: Parameters<typeof makeCertificate>[0]): MadeCertificate => last = makeCertificate({ from: Date.now() - 9 * DAY, ...given });
});

describe('a file of certificates', () => {
  it('may hold several, with words between them', () => expect(readCertificates(`the camera\n${own.cert}\nand who signed\n${authority.cert}`)).toMatchObject({ kind: 'authority', certificates: [expect.anything(), expect.anything()] }));
  it.each([
    ['', 'there is no certificate in it'], [own.key, 'it holds a private key'], [`${own.cert}${own.key}`, 'it holds a private key'], [`${own.cert}${own.cert.replace(/\n[\w+/]{20}/, '\nAAAAAAAAAAAAAAAAAAAA')}`, 'certificate 2 in it cannot be read'],
    [own.cert.repeat(501), 'more than 500'],
  ])('is refused with what is wrong', (pem, why) => expect(readCertificates(pem)).toContain(why));
});

describe('a fingerprint', () => {
  it('is read as openssl, browsers and cameras write it', () => {
    const plain = own.sha256.replaceAll(':', '').toLowerCase();
    for (const spelt of [own.sha256, plain, ` ${own.sha256.toLowerCase()} `, `SHA256:${plain}`, `sha256=${own.sha256}`, `SHA-256 ${own.sha256.replaceAll(':', ' ')}`]) expect(readFingerprint(spelt)).toBe(own.sha256);
  });
  it('is 32 bytes and nothing else', () => {
    fc.assert(fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[0-9a-f]{60,68}$/)), (text) => {
      const read = readFingerprint(text);
      expect(read === null || /^(?:[0-9A-F]{2}:){31}[0-9A-F]{2}$/.test(read)).toBe(true);
      if (/^[0-9a-f]+$/.test(text)) expect(read === null).toBe(text.length !== 64);
    }));
  });
});
