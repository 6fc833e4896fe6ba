import type { Readable } from 'node:stream';
import type { z } from 'zod';
import type { ErrorCode } from '../core/errors.ts';
import type { Permission } from '../core/permission.ts';
import type { Caller, Purposed } from './access.ts';
import type { MessageBody, MessageLimits } from './message-body.ts';
import type { Services } from './services.ts';

export type Method = 'get' | 'post' | 'put' | 'delete';

/** How a route takes its body. Each is read with a limit of its own, before the handler sees anything of it. */
export type BodyRule =
  | { readonly kind: 'none' }
  /** Whole, as UTF-8 text. */
  | { readonly kind: 'text'; readonly mediaTypes: readonly string[]; readonly limitBytes: number; readonly schema: z.ZodType; readonly example?: unknown }
  /** As it arrives, for files larger than memory. */
  | { readonly kind: 'stream'; readonly mediaTypes: readonly string[]; readonly limitBytes: (services: Services) => number }
  /** `multipart/form-data` with text fields and one file. */
  | { readonly kind: 'form'; readonly fields: z.ZodObject; readonly file: string; readonly limitBytes: (services: Services) => number }
  /** A message of a camera that reads plates itself, in parts or in one, in memory. */
  | { readonly kind: 'message'; readonly mediaTypes: readonly string[]; readonly limits: (services: Services) => MessageLimits };

export interface TextBody { readonly mediaType: string; readonly text: string }
export interface FormBody { readonly fields: Readonly<Record<string, string>>; readonly file: { readonly name: string; readonly bytes: Buffer } }

interface BodyByKind { none: null; text: TextBody; stream: AsyncIterable<Uint8Array>; form: FormBody; message: MessageBody }

export interface RouteInput<P, Q, K extends BodyRule['kind']> {
  readonly params: P;
  readonly query: Q;
  readonly body: BodyByKind[K];
  /** `null` on a public route. */
  readonly caller: Caller | null;
  /** Why it is asked; null on a route that takes no purpose. */
  readonly purposed: Purposed | null;
  /** The parameters of the query as they were written. */
  readonly asked: Readonly<Record<string, string>>;
  readonly requestId: string;
  /** Value of the `If-None-Match` header, for answers with an ETag. */
  readonly ifNoneMatch: string | null;
  /** Value of the `Last-Event-ID` header, of a client that comes back to a stream of events. */
  readonly lastEventId: string | null;
  /** Media type of the body, in small letters; '' without one. */
  readonly mediaType: string;
}

/** What a handler gives back. `count` is how many records the answer shows; it goes into the audit log, and so does what is `noted` beside the question. */
export type Answer = { readonly noted?: Readonly<Record<string, unknown>> } & (
  | { readonly status: number; readonly body: unknown; readonly count?: number; readonly headers?: Readonly<Record<string, string>> }
  | {
    readonly status: number; readonly bytes: Buffer | Readable; readonly mediaType: string; readonly count?: number; readonly headers?: Readonly<Record<string, string>>;
    /** A stream that the client takes nothing of for so long is cut; it must itself write more often. */
    readonly stalledAfterMs?: number;
  }
);

export interface AnswerRule {
  readonly description: string;
  /** Shape of a JSON answer; without it the answer is not JSON. */
  readonly schema?: z.ZodType;
  readonly mediaTypes?: readonly string[];
}

export interface Route {
  readonly method: Method;
  /** As in OpenAPI: `/api/v1/passes/{id}`. */
  readonly path: string;
  /** Who may: there is no default. `public` answers without a key and must show no data. */
  readonly permission: Permission | 'public';
  /** `needed`: a search or view of people's movements or marks; it carries a purpose and is in the audit log before it is answered. */
  readonly purpose: 'needed' | 'none';
  /** Stands in the audit log though it is no search: it changes what others will be told. */
  readonly audited?: true;
  readonly name: string;
  readonly tag: string;
  readonly summary: string;
  readonly description?: string;
  readonly params?: z.ZodObject;
  readonly query?: z.ZodObject;
  readonly body: BodyRule;
  readonly answers: Readonly<Record<number, AnswerRule>>;
  /** Errors of this route beside those that follow from its permission, purpose and body. */
  readonly errors: readonly ErrorCode[];
  readonly handle: (input: RouteInput<never, never, never>, services: Services) => Promise<Answer>;
}

/**
 * Types a route's handler by its own schemas.
 * `P`, `Q`: zod objects of path and query parameters; query objects are strict: an unknown parameter is refused.
 */
export function route<P extends z.ZodObject, Q extends z.ZodObject, B extends BodyRule>(
  spec: Omit<Route, 'handle' | 'params' | 'query' | 'body'> & {
    readonly params?: P;
    readonly query?: Q;
    readonly body: B;
    readonly handle: (input: RouteInput<z.output<P>, z.output<Q>, B['kind']>, services: Services) => Promise<Answer>;
  },
): Route {
  return spec as Route;
}

/** Refuses a route that would be open by omission, and two routes of one name or place. */
export function checkRoutes(routes: readonly Route[]): void {
  const seen = new Set<string>();
  for (const r of routes) {
    const place = `${r.method.toUpperCase()} ${r.path}`;
    if (!r.permission) throw new TypeError(`The route ${place} declares no permission.`);
    if (r.permission === 'public' && r.purpose !== 'none') throw new TypeError(`The route ${place} is public and cannot ask for a purpose.`);
    const inPath = [...r.path.matchAll(/\{(\w+)\}/g)].map((m) => m[1]);
    const declared = Object.keys(r.params?.shape ?? {});
    if (inPath.join() !== declared.join()) throw new TypeError(`The route ${place} declares the path parameters ${declared.join() || 'none'}.`);
    for (const key of [place, r.name]) {
      if (seen.has(key)) throw new TypeError(`Two routes are called ${key}.`);
      seen.add(key);
    }
  }
}
