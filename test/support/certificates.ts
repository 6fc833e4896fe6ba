import { createHash, generateKeyPairSync, sign, X509Certificate, type KeyObject } from 'node:crypto';
import { isIP } from 'node:net';

/** A certificate with its key, as cameras and small authorities make them. */
export interface MadeCertificate { readonly cert: string; readonly key: string; readonly sha256: string; readonly privateKey: KeyObject; readonly name: string }

const der = (tag: number, ...content: readonly Buffer[]): Buffer => {
  const body = Buffer.concat(content), { length } = body;
  return Buffer.concat([Buffer.from(length < 128 ? [tag, length] : length < 256 ? [tag, 0x81, length] : [tag, 0x82, length >> 8, length & 255]), body]);
};
const sequence = (...content: readonly Buffer[]): Buffer => der(0x30, ...content);
const oid = (hex: string): Buffer => der(0x06, Buffer.from(hex, 'hex'));
const nameOf = (text: string): Buffer => sequence(der(0x31, sequence(oid('550403'), der(0x0c, Buffer.from(text)))));
const time = (at: number): Buffer => der(0x18, Buffer.from(`${new Date(at).toISOString().replaceAll(/[-:T]/g, '').slice(0, 14)}Z`));
const extension = (id: string, value: Buffer): Buffer => sequence(oid(id), der(0x04, value));
const ECDSA_SHA256 = sequence(oid('2a8648ce3d040302'));
const DAY = 86_400_000;

/** An X.509 certificate (RFC 5280) on P-256 with SHA-256; without `by` it is signed by itself. `hosts`: names and IPv4 addresses that it is made out to. */
export function makeCertificate({ name = 'camera', hosts = [], by, from = Date.now() - DAY, until = Date.now() + DAY, isAuthority = false }: {
  name?: string; hosts?: readonly string[]; by?: MadeCertificate; from?: number; until?: number; isAuthority?: boolean;
} = {}): MadeCertificate {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' }), spki = publicKey.export({ type: 'spki', format: 'der' });
  const names = hosts.map((host) => (isIP(host) === 4 ? der(0x87, Buffer.from(host.split('.').map(Number))) : der(0x82, Buffer.from(host))));
  const extensions = [...(isAuthority ? [extension('551d13', sequence(der(0x01, Buffer.from([255]))))] : []), ...(names.length > 0 ? [extension('551d11', sequence(...names))] : [])];
  const serial = Buffer.concat([Buffer.from([1]), createHash('sha256').update(spki).digest().subarray(0, 8)]);
  const body = sequence(
    der(0xa0, der(0x02, Buffer.from([2]))), der(0x02, serial), ECDSA_SHA256, nameOf(by?.name ?? name), sequence(time(from), time(until)), nameOf(name), spki,
    ...(extensions.length > 0 ? [der(0xa3, sequence(...extensions))] : []),
  );
  const whole = sequence(body, ECDSA_SHA256, der(0x03, Buffer.from([0]), sign('sha256', body, by?.privateKey ?? privateKey)));
  const cert = `-----BEGIN CERTIFICATE-----\n${(whole.toString('base64').match(/.{1,64}/g) ?? []).join('\n')}\n-----END CERTIFICATE-----\n`;
  return { cert, key: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string, sha256: new X509Certificate(cert).fingerprint256, privateKey, name };
}
