import type { IncomingHttpHeaders } from 'node:http';
import { DarwazaError } from '../core/errors.ts';
import { PURPOSES, type Permission, type Purpose } from '../core/permission.ts';
import { findApiKey, type ApiKey } from '../store/api-keys.ts';
import type { Services } from './services.ts';

/** Who asks: the key behind the request. */
export type Caller = ApiKey;

/** Why a person looks, as it goes into the audit log. `caseReference` is null only under a key with a purpose of its own. */
export interface Purposed { readonly purpose: Purpose; readonly caseReference: string | null }

const SECRET = /^dz_[\w-]{20,200}$/;
const CASE_LIMIT = 100;

/** What cameras send with. They can often give a name and password and nothing else; people's searches take no password, because a browser would send it along by itself. */
const BY_PASSWORD = new Set<Permission>(['passes:write', 'frames:write']);

export const takesPassword = (permission: Permission): boolean => BY_PASSWORD.has(permission);

/** `password`: the key may also be the password of HTTP Basic, under any name. @throws KEY_MISSING, KEY_INVALID */
export async function authenticate(headers: IncomingHttpHeaders, { database, clock }: Pick<Services, 'database' | 'clock'>, password = false): Promise<Caller> {
  const given = headers.authorization;
  if (given === undefined) throw new DarwazaError('KEY_MISSING');
  const secret = /^Bearer +(\S+) *$/i.exec(given)?.[1] ?? (password ? passwordOf(given) : undefined);
  if (secret === undefined || !SECRET.test(secret)) throw new DarwazaError('KEY_INVALID');
  const key = await findApiKey(database, secret, clock());
  if (key === null) throw new DarwazaError('KEY_INVALID');
  return key;
}

function passwordOf(authorization: string): string | undefined {
  const encoded = /^Basic +([\w+/=-]+) *$/i.exec(authorization)?.[1];
  return encoded === undefined ? undefined : Buffer.from(encoded, 'base64').toString('latin1').replace(/^[^:]*:/, '');
}

export function may(caller: Caller, permission: Permission): boolean {
  return caller.permissions.includes(permission);
}

/** Who may not see hits of covert lists is not told that there are any. */
export function seesCovert(caller: Caller | null): boolean {
  return caller !== null && may(caller, 'hits:covert');
}

/** @throws PERMISSION_MISSING */
export function demand(caller: Caller, permission: Permission): void {
  if (!may(caller, permission)) throw new DarwazaError('PERMISSION_MISSING', { permission });
}

const missing = (): DarwazaError => new DarwazaError('PURPOSE_MISSING', { purposes: PURPOSES });

/**
 * Purpose and case of a search, from the headers X-Purpose and X-Case-Reference or the key's own purpose.
 * @throws PURPOSE_MISSING, PURPOSE_INVALID
 */
export function purposeOf(headers: IncomingHttpHeaders, caller: Caller): Purposed {
  const caseReference = headerText(headers, 'x-case-reference');
  const given = headerText(headers, 'x-purpose');
  if (given === null) {
    if (caller.defaultPurpose === null) throw missing();
    return { purpose: caller.defaultPurpose, caseReference };
  }
  const purpose = PURPOSES.find((p) => p === given);
  if (purpose === undefined) throw new DarwazaError('PURPOSE_INVALID', { header: 'X-Purpose', reason: `it must be one of ${PURPOSES.join(', ')}` });
  if (caseReference === null) throw missing();
  return { purpose, caseReference };
}

/** Node hands header bytes over as Latin-1; a case reference may be in Urdu, which arrives as UTF-8. */
function headerText(headers: IncomingHttpHeaders, name: 'x-purpose' | 'x-case-reference'): string | null {
  const given = headers[name];
  if (given === undefined) return null;
  const header = name === 'x-purpose' ? 'X-Purpose' : 'X-Case-Reference';
  const invalid = (reason: string) => new DarwazaError('PURPOSE_INVALID', { header, reason });
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(String(given), 'latin1')).trim();
  } catch {
    throw invalid('it is not UTF-8');
  }
  if (text === '') return null;
  if (text.length > CASE_LIMIT) throw invalid(`it is longer than ${CASE_LIMIT} characters`);
  if (/[\p{Cc}\p{Cf}]/u.test(text)) throw invalid('it holds a control character');
  return text;
}
