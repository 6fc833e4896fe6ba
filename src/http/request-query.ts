import { DarwazaError } from '../core/errors.ts';

/** Longest query string taken; a filter of every kind at its longest stays well below. */
const LIMIT = 8192;

function decode(part: string): string {
  try {
    return decodeURIComponent(part.replaceAll('+', ' '));
  } catch (cause) {
    throw new DarwazaError('REQUEST_INVALID', { reason: `the query holds a percent-encoding that is not UTF-8 ("${part.slice(0, 40)}")` }, cause);
  }
}

/**
 * Parameters of a query string. Each may stand once: of two the server would have to drop one silently.
 * @throws REQUEST_INVALID
 */
export function parseQuery(url: string): Record<string, string> {
  const start = url.indexOf('?');
  if (start < 0) return {};
  const text = url.slice(start + 1);
  if (text.length > LIMIT) throw new DarwazaError('REQUEST_INVALID', { reason: `the query is longer than ${LIMIT} characters` });
  const found = new Map<string, string>();
  for (const pair of text.split('&')) {
    if (pair === '') continue;
    const cut = pair.indexOf('=');
    const name = decode(cut < 0 ? pair : pair.slice(0, cut));
    const value = cut < 0 ? '' : decode(pair.slice(cut + 1));
    if (found.has(name)) throw new DarwazaError('REQUEST_INVALID', { reason: `the query parameter "${name}" stands twice` });
    if (/\p{Cc}/u.test(name + value)) throw new DarwazaError('REQUEST_INVALID', { reason: `the query parameter "${name}" holds a control character` });
    found.set(name, value);
  }
  return Object.fromEntries(found);
}
