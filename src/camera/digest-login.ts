import { createHash, randomBytes } from 'node:crypto';
import type { Login } from './stream-sources.ts';

/** A request that is to be allowed. `count`: how often this nonce was used, from 1. */
export interface Asked { readonly method: string; readonly uri: string; readonly count: number; readonly cnonce?: string }

const ALGORITHMS: ReadonlyMap<string, string> = new Map([['md5', 'md5'], ['md5-sess', 'md5'], ['sha-256', 'sha256'], ['sha-256-sess', 'sha256']]);

/**
 * The `Authorization` header that answers a camera's challenges (RFC 7616; RFC 2617 where no `qop` is named), by the strongest that we know;
 * null: there is none. A password is sent as it is (Basic) only when `secure`.
 */
export function authorizationFor(challenges: readonly string[], login: Login, asked: Asked, secure: boolean): string | null {
  const digests = challenges.flatMap(splitChallenges).filter((c) => /^digest /i.test(c)).map(parametersOf).filter((p) => ALGORITHMS.has((p['algorithm'] ?? 'md5').toLowerCase()) && p['nonce'] !== undefined);
  const [best] = digests.toSorted((a, b) => strength(b) - strength(a));
  if (best !== undefined) return digestOf(best, login, asked);
  const basic = secure && challenges.flatMap(splitChallenges).some((c) => /^basic\b/i.test(c));
  return basic ? `Basic ${Buffer.from(`${login.username}:${login.password()}`).toString('base64')}` : null;
}

const strength = (p: Parameters): number => (/^sha-256/i.test(p['algorithm'] ?? '') ? 1 : 0);
type Parameters = Readonly<Record<string, string | undefined>>;

/** One header may hold several challenges. */
function splitChallenges(header: string): string[] {
  return header.split(/,\s*(?=(?:digest|basic|bearer)\s)/i).map((c) => c.trim());
}

function parametersOf(challenge: string): Parameters {
  const found = challenge.matchAll(/([\w-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))/g);
  return Object.fromEntries([...found].map(([, name = '', quoted, bare]) => [name.toLowerCase(), quoted?.replaceAll(/\\(.)/g, '$1') ?? bare]));
}

const quoted = (text: string): string => `"${text.replaceAll(/["\\]/g, String.raw`\$&`)}"`;

function digestOf(challenge: Parameters, { username, password }: Login, { method, uri, count, cnonce = randomBytes(8).toString('hex') }: Asked): string {
  const { realm = '', nonce = '', opaque, algorithm = 'MD5' } = challenge, hash = (text: string): string => createHash(ALGORITHMS.get(algorithm.toLowerCase()) ?? 'md5').update(text).digest('hex');
  const qop = challenge['qop']?.split(',').map((q) => q.trim()).includes('auth') === true ? 'auth' : null, nc = count.toString(16).padStart(8, '0');
  const own = hash(`${username}:${realm}:${password()}`), who = /-sess$/i.test(algorithm) ? hash(`${own}:${nonce}:${cnonce}`) : own, what = hash(`${method}:${uri}`);
  const response = hash(qop === null ? `${who}:${nonce}:${what}` : `${who}:${nonce}:${nc}:${cnonce}:${qop}:${what}`);
  const fields = [
    `username=${quoted(username)}`, `realm=${quoted(realm)}`, `nonce=${quoted(nonce)}`, `uri=${quoted(uri)}`, `response="${response}"`, `algorithm=${algorithm}`,
    ...(qop === null ? [] : [`qop=${qop}`, `nc=${nc}`]), ...(qop === null && !/-sess$/i.test(algorithm) ? [] : [`cnonce="${cnonce}"`]), ...(opaque === undefined ? [] : [`opaque=${quoted(opaque)}`]),
  ];
  return `Digest ${fields.join(', ')}`;
}
