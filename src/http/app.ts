import { randomUUID } from 'node:crypto';
import express, { type Express, type NextFunction, type Request, type RequestHandler, type Response } from 'express';
import helmet from 'helmet';
import { z } from 'zod';
import { DarwazaError } from '../core/errors.ts';
import { appendAudit } from '../store/audit-log.ts';
import { authenticate, demand, purposeOf, takesPassword, type Caller, type Purposed } from './access.ts';
import { docsPage } from './docs-page.ts';
import { asDarwazaError } from './error-answer.ts';
import { describeRoutes } from './openapi.ts';
import { PROGRAM_VERSION } from './program-version.ts';
import { MessageRoom, readMessage } from './message-body.ts';
import { keyLimit, refusalLimit } from './rate-limits.ts';
import { limitedChunks, expectMediaType, mediaTypeOf, readForm, readText } from './request-body.ts';
import { check } from './request-check.ts';
import { createMetrics, type Metrics } from './request-metrics.ts';
import { parseQuery } from './request-query.ts';
import { checkRoutes, type Answer, type BodyRule, type Route, type RouteInput } from './route.ts';
import { apiRoutes } from './routes.ts';
import { sendAnswer, sendError, UNCACHED } from './send.ts';
import type { Services } from './services.ts';
import { traceOf } from '../core/trace.ts';
import { Uploads } from './uploads.ts';

interface Locals { requestId: string; caller?: Caller; route?: string; password?: boolean }
const NO_QUERY = z.strictObject({});
const localsOf = (res: Response): Locals => res.locals as Locals;

/**
 * The HTTP API as an Express application. It opens nothing and listens nowhere.
 * @throws TypeError for a route without a permission
 */
export function createApp(services: Services, routes: readonly Route[] | null = null): Express {
  const metrics = createMetrics(services);
  const table = routes ?? apiRoutes(metrics);
  checkRoutes(table);
  const app = express();
  app.disable('x-powered-by').disable('etag').enable('case sensitive routing').set('query parser', false);
  app.use(beginRequest(services, metrics), securityHeaders());
  addPublicPages(app, table);
  addRoutes(app, table, services);
  app.use((req) => {
    throw new DarwazaError('ROUTE_NOT_FOUND', { method: req.method, path: req.path.slice(0, 200) });
  });
  app.use(answerErrors(services));
  return app;
}

function beginRequest({ log }: Services, metrics: Metrics): RequestHandler {
  return (req, res, next) => {
    const started = process.hrtime.bigint();
    const locals = localsOf(res);
    locals.requestId = randomUUID();
    res.setHeader('X-Request-Id', locals.requestId);
    res.setHeader('Cache-Control', UNCACHED);
    res.once('close', () => {
      const seconds = Number(process.hrtime.bigint() - started) / 1e9;
      metrics.observe(locals.route ?? 'other', req.method, res.statusCode, seconds);
      log.info({ requestId: locals.requestId, route: locals.route, method: req.method, status: res.statusCode, ms: Math.round(seconds * 1000), caller: locals.caller?.id }, 'request');
    });
    next();
  };
}

/** Everything comes from this server; Swagger UI writes inline styles. No upgrade to https: the server itself speaks http. */
function securityHeaders(): RequestHandler {
  return helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'none'"], scriptSrc: ["'self'"], styleSrc: ["'self'", "'unsafe-inline'"], imgSrc: ["'self'", 'data:'], fontSrc: ["'self'"],
        connectSrc: ["'self'"], baseUri: ["'none'"], formAction: ["'self'"], frameAncestors: ["'none'"],
      },
    },
    // A header that outlives the visit, and holds for other hosts of the domain, is for the proxy that speaks TLS to set.
    strictTransportSecurity: false,
  });
}

/** The description of the API, which holds no data: a browser that opens a page cannot send a key. */
function addPublicPages(app: Express, table: readonly Route[]): void {
  const description = `${JSON.stringify(describeRoutes(table, PROGRAM_VERSION), null, 1)}\n`;
  app.get('/', (_req, res) => res.redirect(302, '/api/v1/docs'));
  app.get('/api/v1/openapi.json', (_req, res) => void res.type('json').send(description));
  app.use('/api/v1', docsPage());
}

function addRoutes(app: Express, table: readonly Route[], services: Services): void {
  const limits = { key: keyLimit(services.config.DARWAZA_RATE_PER_MINUTE), refused: refusalLimit() };
  const places: Places = { uploads: new Uploads(), messages: new MessageRoom() };
  const methods = new Map<string, string[]>();
  for (const r of table) {
    const path = r.path.replaceAll(/\{(\w+)\}/g, ':$1');
    methods.set(path, [...(methods.get(path) ?? []), ...(r.method === 'get' ? ['GET', 'HEAD'] : [r.method.toUpperCase()])]);
    app[r.method](path, nameRoute(r), ...guards(r, services, limits), (req, res) => serve(r, services, places, req, res));
  }
  for (const [path, own] of methods) {
    const allowed = [...own, 'OPTIONS'].join(', ');
    app.all(path, (req, res) => {
      if (req.method !== 'OPTIONS') throw new DarwazaError('METHOD_NOT_ALLOWED', { path: req.path.slice(0, 200), method: req.method, allowed });
      res.status(204).setHeader('Allow', allowed).end();
    });
  }
}

const nameRoute = (r: Route): RequestHandler => (_req, res, next) => {
  localsOf(res).route = r.path;
  localsOf(res).password = r.permission !== 'public' && takesPassword(r.permission);
  next();
};

/** Who asks, how often, and whether they may, before anything of the request is looked at. */
function guards(r: Route, services: Services, limits: { key: RequestHandler; refused: RequestHandler }): RequestHandler[] {
  const { permission } = r;
  if (permission === 'public') return [];
  return [
    async (req, res, next) => {
      try {
        localsOf(res).caller = await authenticate(req.headers, services, takesPassword(permission));
      } catch (error) {
        if (!(error instanceof DarwazaError) || error.status !== 401) throw error;
        return limits.refused(req, res, (limited?: unknown) => next(limited ?? error));
      }
      return next();
    },
    limits.key,
    (_req, res, next) => {
      demand(localsOf(res).caller as Caller, permission);
      next();
    },
  ];
}

async function serve(r: Route, services: Services, places: Places, req: Request, res: Response): Promise<void> {
  const { caller = null, requestId } = localsOf(res);
  const purposed = r.purpose === 'needed' && caller ? purposeOf(req.headers, caller) : null;
  const params = r.params ? check(r.params, req.params, 'path part') : {};
  const asked = parseQuery(req.url);
  const query = check(r.query ?? NO_QUERY, asked, 'query parameter');
  const body = await takeBody(r.body, req, res, services, places);
  const handle = r.handle as (input: RouteInput<unknown, unknown, BodyRule['kind']>, services: Services) => Promise<Answer>;
  const lastEventId = req.get('last-event-id') ?? null;
  const input = { params, query, body, caller, purposed, asked, requestId, ifNoneMatch: req.headers['if-none-match'] ?? null, lastEventId, mediaType: mediaTypeOf(req) } as RouteInput<unknown, unknown, BodyRule['kind']>;
  const record = (resultCount: number | null, beside: Readonly<Record<string, unknown>> = {}) =>
    caller && (purposed || r.audited) ? audit(services, { r, caller, purposed, question: { ...req.params, ...asked, ...beside }, resultCount, requestId }) : undefined;
  let answer: Answer;
  try {
    answer = await handle(input, services);
  } catch (error) {
    await record(null, { refused: asDarwazaError(error, requestId).code });
    throw error;
  }
  try {
    await record(answer.count ?? null, answer.noted);
  } catch (error) {
    if ('bytes' in answer && !Buffer.isBuffer(answer.bytes)) answer.bytes.destroy();
    throw error;
  }
  sendAnswer(res, answer);
}

interface Looked { readonly r: Route; readonly caller: Caller; readonly purposed: Purposed | null; readonly question: Record<string, unknown>; readonly resultCount: number | null; readonly requestId: string }

/** Written before the answer leaves: an answer that nobody can account for is not given. @throws AUDIT_UNAVAILABLE */
async function audit({ database, clock }: Services, { r, caller, purposed, question, resultCount, requestId }: Looked): Promise<void> {
  try {
    await appendAudit(database, {
      at: clock(), actor: caller.id, action: r.name, purpose: purposed?.purpose ?? null, caseReference: purposed?.caseReference ?? null, question, resultCount, requestId,
    });
  } catch (cause) {
    throw new DarwazaError('AUDIT_UNAVAILABLE', {}, cause);
  }
}

/** Memory for what is on its way in. */
interface Places { readonly uploads: Uploads; readonly messages: MessageRoom }

async function takeBody(rule: BodyRule, req: Request, res: Response, services: Services, { uploads, messages }: Places): Promise<unknown> {
  switch (rule.kind) {
    case 'none': return null;
    case 'text': return readText(req, rule.mediaTypes, rule.limitBytes);
    case 'form': return uploads.hold(services, () =>
      readForm(req, { fields: Object.keys(rule.fields.shape), file: rule.file, limitBytes: rule.limitBytes(services), tooLarge: 'PICTURE_TOO_MANY_BYTES' }));
    case 'stream':
      expectMediaType(req, rule.mediaTypes);
      return limitedChunks(req, rule.limitBytes(services));
    case 'message': {
      const room = messages.open();
      res.once('close', room.close);
      // What is refused is let go at once: its client may be sending for a while yet.
      return readMessage(req, rule.limits(services), room).catch((error: unknown) => {
        room.close();
        throw error;
      });
    }
  }
}

function answerErrors({ log }: Services): (error: unknown, req: Request, res: Response, next: NextFunction) => void {
  return (thrown, req, res, _next) => {
    const { requestId, caller } = localsOf(res);
    const error = asDarwazaError(thrown, requestId);
    if (error.status >= 500) log.error({ requestId, code: error.code, trace: traceOf(error) }, 'request failed');
    else log.info({ requestId, code: error.code, caller: caller?.id }, 'request refused');
    if (res.headersSent) res.destroy();
    else sendError(req, res, error, requestId, localsOf(res).password);
  };
}
