import { z } from 'zod';
import { parseMark } from '../plate/parse.ts';
import { invalidMark, orFault } from './query-fields.ts';

/** Free text by which a person says why. */
export function reasonField(description: string) {
  return z.string().trim().min(1).max(1000).regex(/^[^\p{Cc}\p{Cs}]*$/u, 'must hold no control character').describe(description);
}

/** One mark in a body, as a person types it: no wildcard. */
export function markField(description: string) {
  return z.string().max(64).describe(description).meta({ examples: ['LEB-17-4201'] }).transform((text, ctx) => {
    const parsed = parseMark(text);
    return parsed.kind === 'mark' ? parsed.mark : orFault(() => invalidMark(parsed.reason), ctx);
  });
}
