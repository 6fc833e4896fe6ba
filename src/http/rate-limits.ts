import type { Request, Response } from 'express';
import { ipKeyGenerator, rateLimit, type Options, type RateLimitRequestHandler } from 'express-rate-limit';
import { DarwazaError } from '../core/errors.ts';

const MINUTE = 60_000;
/** Requests with a wrong key that one address may make in a minute: far above a misconfigured client, far below a search for keys. */
const REFUSED_PER_MINUTE = 300;

function refuse(req: Request): never {
  const resetTime = (req as Request & { rateLimit?: { resetTime?: Date } }).rateLimit?.resetTime;
  const seconds = resetTime ? Math.max(1, Math.ceil((resetTime.getTime() - Date.now()) / 1000)) : MINUTE / 1000;
  throw new DarwazaError('TOO_MANY_REQUESTS', { seconds });
}

// X-Forwarded-For is never trusted, so the package's warning about it would only fill the log.
const common: Partial<Options> = { windowMs: MINUTE, handler: refuse, legacyHeaders: false, validate: { xForwardedForHeader: false, forwardedHeader: false } };

const callerId = (_req: Request, res: Response): string => (res.locals as { caller?: { id: string } }).caller?.id ?? '';

/** Requests with a good key, counted by key. */
export function keyLimit(perMinute: number): RateLimitRequestHandler {
  return rateLimit({ ...common, limit: perMinute, standardHeaders: 'draft-7', keyGenerator: callerId });
}

/** Requests refused for their key, counted by address. Only those pass through here: good requests in plenty never count against an address. */
export function refusalLimit(perMinute = REFUSED_PER_MINUTE): RateLimitRequestHandler {
  return rateLimit({ ...common, limit: perMinute, standardHeaders: false, keyGenerator: (req) => ipKeyGenerator(req.ip ?? '') });
}
