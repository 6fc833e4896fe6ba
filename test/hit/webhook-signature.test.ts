import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { newWebhookSecret, signWebhook, verifyWebhook } from '../../src/hit/webhook-signature.ts';

const NOW = Date.parse('2026-11-03T06:00:00.900+05:00');
const SECRET = 'whsec_n5q3mQ7wXhYk2sLr8dTf0pVb4gJc6zAa1eKi9oUx_-M', BODY = '{"delivery":"17","attempt":1}';
const signature = signWebhook(SECRET, BODY, NOW);
const verify = (changes: Partial<Parameters<typeof verifyWebhook>[1]> = {}, secret = SECRET): boolean => verifyWebhook(secret, { signature, body: BODY, now: NOW, ...changes });

describe('a signature', () => {
  it('is what the documentation says, so that any language can check it', () => {
    const seconds = 1_793_667_600;
    expect(signature).toBe(`t=${seconds},v1=${createHmac('sha256', SECRET).update(`${seconds}.${BODY}`).digest('hex')}`);
  });

  it('stays the same for the same words: receivers have copied this one into their own tests', () => {
    expect(signWebhook('whsec_test', '{}', 1_700_000_000_000)).toBe('t=1700000000,v1=35495024f4ef3f94e5a93e22221544c4b75e9a42300cd965ab81cb85cd994e91');
  });

  it('holds for its own body, secret and time', () => expect(verify()).toBe(true));

  it.each([
    ['another body', { body: '{"delivery":"17","attempt":2}' }], ['a body written anew', { body: `${BODY}\n` }],
    ['no signature', { signature: '' }], ['words', { signature: 'hello' }], ['no time', { signature: signature.replace(/t=\d+,/, '') }],
    ['another time than was signed', { signature: signature.replace(/t=\d+/, 't=1793667601') }], ['a time that is no number', { signature: signature.replace(/t=\d+/, 't=1e9') }],
    ['half the digits', { signature: signature.slice(0, -32) }], ['capital digits', { signature: signature.toUpperCase() }], ['another version of it', { signature: signature.replace('v1', 'v0') }],
    ['digits that are none', { signature: signature.replace(/v1=../, 'v1=zz') }],
  ])('does not hold for %s', (_what, changes) => expect(verify(changes)).toBe(false));

  it('does not hold under another secret', () => expect(verify({}, newWebhookSecret())).toBe(false));

  it('holds five minutes in either direction and no longer, or as long as the receiver says', () => {
    expect([299, -299, 302, -302].map((seconds) => verify({ now: NOW + seconds * 1000 }))).toEqual([true, true, false, false]);
    expect([verify({ now: NOW + 3000, toleranceSeconds: 1 }), verify({ now: NOW + 3_000_000, toleranceSeconds: 3600 })]).toEqual([false, true]);
  });

  it('may stand beside others: a secret that is being exchanged signs twice', () => {
    const [time, v1] = signature.split(',');
    expect(verify({ signature: `${time},v1=${'0'.repeat(64)},${v1}` })).toBe(true);
    expect(verify({ signature: `${time}, ${v1}` })).toBe(true);
  });

  it('of any text holds, and of any other text does not', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), fc.nat(4_000_000_000), (body, other, seconds) => {
      const secret = newWebhookSecret(), now = seconds * 1000, own = signWebhook(secret, body, now);
      expect(verifyWebhook(secret, { signature: own, body, now })).toBe(true);
      expect(verifyWebhook(secret, { signature: own, body: other, now })).toBe(Buffer.from(other).equals(Buffer.from(body)));
    }));
  });

  it('of whatever somebody sends is refused without a fault', () => {
    fc.assert(fc.property(fc.oneof(fc.string(), fc.stringMatching(/^t=\d{1,14},v1=[0-9a-f]{0,70}$/)), (text) => {
      expect(verify({ signature: text })).toBe(false);
    }));
  });
});

describe('a secret', () => {
  it('is 256 random bits behind whsec_', () => {
    const secrets = Array.from({ length: 50 }, () => newWebhookSecret());
    expect(secrets.every((secret) => /^whsec_[\w-]{43}$/.test(secret))).toBe(true);
    expect(new Set(secrets).size).toBe(50);
  });
});
