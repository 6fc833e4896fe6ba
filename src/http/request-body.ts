import type { IncomingMessage } from 'node:http';
import busboy from 'busboy';
import { DarwazaError, type ErrorCode } from '../core/errors.ts';
import type { FormBody, TextBody } from './route.ts';

export function mediaTypeOf(req: IncomingMessage): string {
  return (req.headers['content-type'] ?? '').split(';', 1)[0]!.trim().toLowerCase();
}

/** @throws MEDIA_TYPE_UNSUPPORTED for a type the route does not take, or a compressed or differently encoded body */
export function expectMediaType(req: IncomingMessage, expected: readonly string[]): string {
  const given = mediaTypeOf(req);
  const refuse = (what: string) => new DarwazaError('MEDIA_TYPE_UNSUPPORTED', { expected: expected.join(' or '), given: what });
  if (!expected.includes(given)) throw refuse(given ? `Content-Type: ${given}` : 'no Content-Type');
  const encoding = req.headers['content-encoding']?.toLowerCase() ?? 'identity';
  if (encoding !== 'identity') throw refuse(`Content-Encoding: ${encoding}; send it uncompressed`);
  const charset = /charset\s*=\s*"?([\w-]+)/i.exec(req.headers['content-type'] ?? '')?.[1];
  if (charset && !/^utf-?8$/i.test(charset)) throw refuse(`charset ${charset}; send UTF-8`);
  return given;
}

function expectSize(req: IncomingMessage, limitBytes: number, code: 'BODY_TOO_LARGE'): void {
  const length = Number(req.headers['content-length'] ?? 0);
  if (length > limitBytes) throw new DarwazaError(code, { limitBytes });
}

/**
 * The body as it arrives, at most `limitBytes` of it.
 * @throws BODY_TOO_LARGE; BODY_INVALID when the connection ends before the body does
 */
export async function* limitedChunks(req: IncomingMessage, limitBytes: number): AsyncIterable<Uint8Array> {
  expectSize(req, limitBytes, 'BODY_TOO_LARGE');
  let taken = 0;
  try {
    // An iterator that destroyed the request when left early would take the connection, and with it our answer.
    for await (const chunk of req.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      taken += chunk.length;
      if (taken > limitBytes) throw new DarwazaError('BODY_TOO_LARGE', { limitBytes });
      yield chunk;
    }
  } catch (error) {
    if (error instanceof DarwazaError || !req.errored) throw error;
    throw new DarwazaError('BODY_INVALID', { reason: `the connection ended after ${taken} bytes` }, error);
  }
}

/** @throws MEDIA_TYPE_UNSUPPORTED, BODY_TOO_LARGE, BODY_INVALID (not UTF-8) */
export async function readText(req: IncomingMessage, mediaTypes: readonly string[], limitBytes: number): Promise<TextBody> {
  const mediaType = expectMediaType(req, mediaTypes);
  const chunks: Uint8Array[] = [];
  for await (const chunk of limitedChunks(req, limitBytes)) chunks.push(chunk);
  const bytes = Buffer.concat(chunks);
  if (bytes.length === 0) throw new DarwazaError('BODY_INVALID', { reason: 'it is empty' });
  try {
    return { mediaType, text: new TextDecoder('utf-8', { fatal: true }).decode(bytes) };
  } catch (cause) {
    throw new DarwazaError('BODY_INVALID', { reason: 'it is not UTF-8' }, cause);
  }
}

/** @throws BODY_INVALID with the place where JSON ends to be JSON; the text itself is not repeated */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    // V8 names the place only in longer texts; in short ones it quotes them.
    const { message } = cause as Error, at = /position (\d+)/.exec(message)?.[1];
    const place = /Unexpected end|Unterminated/.test(message) ? ' (it ends too early)' : at ? ` (at character ${Number(at) + 1})` : '';
    throw new DarwazaError('BODY_INVALID', { reason: `it is not JSON${place}` }, cause);
  }
}

interface FormLimits { readonly fields: readonly string[]; readonly file: string; readonly limitBytes: number; readonly tooLarge: ErrorCode }

const invalid = (reason: string, cause?: unknown): DarwazaError => new DarwazaError('BODY_INVALID', { reason }, cause);

/** Room for the text fields and part headers beside the file. */
const FORM_OVERHEAD = 64 * 1024;

/**
 * Fields and the one file of a `multipart/form-data` body.
 * @throws MEDIA_TYPE_UNSUPPORTED, BODY_TOO_LARGE, PICTURE_TOO_MANY_BYTES, BODY_INVALID (cut short, a part too many, an unknown part)
 */
export function readForm(req: IncomingMessage, limits: FormLimits): Promise<FormBody> {
  expectMediaType(req, ['multipart/form-data']);
  expectSize(req, limits.limitBytes + FORM_OVERHEAD, 'BODY_TOO_LARGE');
  const parser = openForm(req, limits);
  return new Promise((resolve, reject) => {
    const fields: Record<string, string> = Object.create(null) as Record<string, string>;
    let file: FormBody['file'] | null = null;
    const fail = (error: DarwazaError) => {
      req.unpipe(parser);
      reject(error);
    };
    parser.on('field', (name, value, info) => {
      if (!limits.fields.includes(name)) return fail(invalid(`there is no form field "${name}"; known: ${[...limits.fields, limits.file].join(', ')}`));
      if (name in fields) return fail(invalid(`the form field "${name}" stands twice`));
      if (info.valueTruncated) return fail(invalid(`the form field "${name}" is too long`));
      if (value.includes('�')) return fail(invalid(`the form field "${name}" is not UTF-8`));
      fields[name] = value;
    });
    parser.on('file', (name, stream, info) => {
      stream.on('error', () => {}); // The parser reports the same fault.
      if (name !== limits.file) return fail(invalid(`there is no file field "${name}"; the picture's is "${limits.file}"`));
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('limit', () => fail(new DarwazaError(limits.tooLarge, { name: info.filename || limits.file, limitMegabytes: limits.limitBytes / 1e6 })));
      stream.on('end', () => { file = { name: info.filename || limits.file, bytes: Buffer.concat(chunks) }; });
    });
    parser.on('filesLimit', () => fail(invalid('it holds more than one file')));
    parser.on('fieldsLimit', () => fail(invalid('it holds too many fields')));
    parser.on('partsLimit', () => fail(invalid('it holds too many parts')));
    parser.on('error', (error) => fail(invalid('the multipart form is cut short or damaged', error)));
    parser.on('close', () => {
      if (file) resolve({ fields: { ...fields }, file });
      else fail(invalid(`the form has no file field "${limits.file}"`));
    });
    req.on('aborted', () => fail(invalid('the connection ended before the form did')));
    req.pipe(parser);
  });
}

function openForm(req: IncomingMessage, limits: FormLimits): busboy.Busboy {
  try {
    return busboy({
      headers: req.headers, defParamCharset: 'utf8',
      limits: { files: 1, fields: limits.fields.length, parts: limits.fields.length + 2, fieldSize: 1000, fieldNameSize: 100, fileSize: limits.limitBytes, headerPairs: 20 },
    });
  } catch (cause) {
    throw invalid('the multipart form has no boundary', cause);
  }
}
