import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

/** An older delivery is refused by `verifyWebhook`: somebody may have kept it to send it again. Seconds. */
export const SIGNATURE_TOLERANCE_SECONDS = 300;

/** `whsec_` and 256 random bits. */
export function newWebhookSecret(): string {
  return `whsec_${randomBytes(32).toString('base64url')}`;
}

/**
 * Value of the header Darwaza-Signature: `t=<Unix seconds>,v1=<HMAC-SHA-256 of "t.body" in hex>`. The whole secret, `whsec_` included, is the key.
 * `at`: epoch milliseconds.
 */
export function signWebhook(secret: string, body: string, at: number): string {
  const seconds = Math.floor(at / 1000);
  return `t=${seconds},v1=${hmac(secret, `${seconds}.${body}`).toString('hex')}`;
}

export interface SignedDelivery {
  /** Value of the header Darwaza-Signature, as it came. */
  readonly signature: string;
  /** The body as it came, byte for byte: parsed and written again it is another text. */
  readonly body: string;
  /** Now, epoch milliseconds. */
  readonly now: number;
  readonly toleranceSeconds?: number;
}

/** Whether the delivery was signed with this secret, not long ago. Several `v1` may stand in a header: one that fits is enough. */
export function verifyWebhook(secret: string, { signature, body, now, toleranceSeconds = SIGNATURE_TOLERANCE_SECONDS }: SignedDelivery): boolean {
  const fields = signature.split(',').map((field) => field.trim().split('=', 2) as [string, string?]);
  const seconds = fields.find(([name]) => name === 't')?.[1] ?? '';
  if (!/^\d{1,12}$/.test(seconds) || Math.abs(now / 1000 - Number(seconds)) > toleranceSeconds) return false;
  const right = hmac(secret, `${seconds}.${body}`);
  return fields.filter(([name]) => name === 'v1').some(([, hex = '']) => /^[0-9a-f]{64}$/.test(hex) && timingSafeEqual(Buffer.from(hex, 'hex'), right));
}

function hmac(secret: string, text: string): Buffer {
  return createHmac('sha256', secret).update(text).digest();
}
