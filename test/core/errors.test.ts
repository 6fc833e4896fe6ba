import { describe, expect, it } from 'vitest';
import { DarwazaError, ERRORS, type ErrorCode } from '../../src/core/errors.ts';

const codes = Object.keys(ERRORS) as ErrorCode[];

describe('the table of errors', () => {
  it.each(codes)('%s has an HTTP status of the error classes and a message that ends as a sentence', (code) => {
    const { status, message } = ERRORS[code];
    expect(status).toBeGreaterThanOrEqual(400);
    expect(status).toBeLessThan(600);
    expect(message).toMatch(/[.}…)]$/);
    expect(code).toMatch(/^[A-Z]+(_[A-Z]+)*$/);
  });

  it('fills the message from the details and keeps code, status and cause', () => {
    const cause = new Error('inner');
    const error = new DarwazaError('PORT_IN_USE', { port: 8080, host: '127.0.0.1' }, cause);
    expect(error.message).toBe('Port 8080 on 127.0.0.1 is in use by another program. Stop it, or choose another with PORT.');
    expect(error).toMatchObject({ code: 'PORT_IN_USE', status: 500, cause });
    expect(JSON.stringify(error)).not.toContain('inner');
  });

  it('names a detail that was forgotten instead of printing braces', () => {
    expect(new DarwazaError('PORT_IN_USE', { host: 'a' }).message).toContain('(port not given)');
  });

  it('joins lists with commas', () => {
    expect(new DarwazaError('READER_UNKNOWN', { reader: 'x', known: ['ppocr', 'tesseract'] }).message).toContain('ppocr, tesseract');
  });

  it('takes control characters out of names from outside, so that no log line can be forged, and cuts very long ones', () => {
    const error = new DarwazaError('FILE_NOT_FOUND', { path: `a\u001b[31m\r\u202e${'x'.repeat(5000)}` });
    for (const control of ['\u001b', '\r', '\u202e']) expect(error.message).not.toContain(control);
    expect(error.message.length).toBeLessThan(2200);
  });

  it('does not read details as templates', () => {
    expect(new DarwazaError('FILE_NOT_FOUND', { path: '{path}$&' }).message).toContain('{path}$&');
  });
});
