import { STATUS_CODES } from 'node:http';
import { z } from 'zod';
import { ERRORS, type ErrorCode } from '../core/errors.ts';
import { PURPOSES } from '../core/permission.ts';
import { ErrorAnswer } from './error-answer.ts';
import type { BodyRule, Route } from './route.ts';

type Json = Record<string, unknown>;
type Schemas = Record<string, Json>;

/** JSON Schema of a zod schema; parts that carry an id move to `components` and are referred to. */
function jsonSchema(schema: z.ZodType, io: 'input' | 'output', components: Schemas): Json {
  const { $schema: _, $defs, ...rest } = z.toJSONSchema(schema, { io, target: 'draft-2020-12', unrepresentable: 'any' }) as Json;
  for (const [id, part] of Object.entries(($defs ?? {}) as Schemas)) components[id] = withoutIds(part) as Json;
  const own = withoutIds(rest) as Json;
  const id = schema.meta()?.id;
  if (typeof id !== 'string') return own;
  // zod gives a schema that carries an id as a reference to itself among its parts.
  if (own['$ref'] === undefined) components[id] = own;
  return { $ref: `#/components/schemas/${id}` };
}

/** References into `components`; zod's own `id` keyword is not one of JSON Schema. */
function withoutIds(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(withoutIds);
  if (typeof node !== 'object' || node === null) return node;
  const entries = Object.entries(node as Json).filter(([name, value]) => !(name === 'id' && typeof value === 'string'));
  return Object.fromEntries(entries.map(([name, value]) =>
    name === '$ref' && typeof value === 'string' ? [name, value.replace(/^#\/\$defs\//, '#/components/schemas/')] : [name, withoutIds(value)]));
}

function parameters(schema: z.ZodObject | undefined, place: 'path' | 'query', components: Schemas): Json[] {
  return Object.entries(schema?.shape ?? {}).map(([name, part]) => {
    const { description, ...rest } = jsonSchema(part as z.ZodType, 'input', components);
    return { name, in: place, required: place === 'path' || !(part as z.ZodType).safeParse(undefined).success, ...(description !== undefined && { description }), schema: rest };
  });
}

const PURPOSE_PARAMETERS: readonly Json[] = [
  { name: 'X-Purpose', in: 'header', required: false, description: 'Why you look. Needed unless the key has a purpose of its own.', schema: { type: 'string', enum: [...PURPOSES] } },
  { name: 'X-Case-Reference', in: 'header', required: false, description: 'Number of the case, order or shift that you look for. Needed with X-Purpose.', schema: { type: 'string', maxLength: 100 } },
];

function requestBody(rule: BodyRule, components: Schemas): Json | null {
  const binary = { type: 'string', format: 'binary' };
  const every = (mediaTypes: readonly string[], content: Json) => Object.fromEntries(mediaTypes.map((m) => [m, content]));
  switch (rule.kind) {
    case 'none': return null;
    case 'stream': case 'message': return { required: true, content: every(rule.mediaTypes, { schema: binary }) };
    case 'text': {
      const schema = jsonSchema(rule.schema, 'input', components);
      return { required: true, content: every(rule.mediaTypes, { schema, ...(rule.example !== undefined && { example: rule.example }) }) };
    }
    case 'form': {
      const fields = jsonSchema(rule.fields, 'input', components) as { properties: Json; required?: string[] };
      const schema = { ...fields, properties: { ...fields.properties, [rule.file]: binary }, required: [...(fields.required ?? []), rule.file] };
      return { required: true, content: { 'multipart/form-data': { schema } } };
    }
  }
}

/** Every error code that the route can answer with, from its own declaration and from what it is. */
export function errorCodes(route: Route): ErrorCode[] {
  const byBody: Record<BodyRule['kind'], ErrorCode[]> = {
    none: [],
    text: ['BODY_INVALID', 'BODY_TOO_LARGE', 'MEDIA_TYPE_UNSUPPORTED'],
    stream: ['BODY_INVALID', 'BODY_TOO_LARGE', 'MEDIA_TYPE_UNSUPPORTED'],
    form: ['BODY_INVALID', 'BODY_TOO_LARGE', 'MEDIA_TYPE_UNSUPPORTED'],
    message: ['BODY_INVALID', 'BODY_TOO_LARGE', 'MEDIA_TYPE_UNSUPPORTED'],
  };
  return [
    'REQUEST_INVALID', 'TOO_MANY_REQUESTS', 'INTERNAL',
    ...(route.permission === 'public' ? [] : ['KEY_MISSING', 'KEY_INVALID', 'PERMISSION_MISSING', 'DATABASE_UNAVAILABLE', 'DATABASE_TIMEOUT', 'DATABASE_REFUSED'] as const),
    ...(route.purpose === 'needed' ? ['PURPOSE_MISSING', 'PURPOSE_INVALID', 'AUDIT_UNAVAILABLE'] as const : []),
    ...byBody[route.body.kind], ...route.errors,
  ];
}

function responses(route: Route, components: Schemas): Json {
  const error = jsonSchema(ErrorAnswer, 'output', components);
  const answers = Object.entries(route.answers).map(([status, rule]) => {
    const content = rule.schema
      ? { 'application/json': { schema: jsonSchema(rule.schema, 'output', components) } }
      : rule.mediaTypes && Object.fromEntries(rule.mediaTypes.map((m) => [m, { schema: m.startsWith('image/') ? { type: 'string', format: 'binary' } : { type: 'string' } }]));
    return [status, { description: rule.description, ...(content && { content }) }] as const;
  });
  const byStatus = new Map<number, ErrorCode[]>();
  for (const code of new Set(errorCodes(route))) byStatus.set(ERRORS[code].status, [...(byStatus.get(ERRORS[code].status) ?? []), code]);
  const errors = [...byStatus].map(([status, codes]) => [
    String(status), { description: `${STATUS_CODES[status]}: ${codes.join(', ')}`, content: { 'application/json': { schema: error } } },
  ] as const);
  return { ...Object.fromEntries(errors), ...Object.fromEntries(answers) };
}

function operation(route: Route, components: Schemas): Json {
  const body = requestBody(route.body, components);
  const needs = route.permission === 'public' ? 'No key is needed.' : `Permission \`${route.permission}\`.${route.purpose === 'needed' ? ' Carries a purpose and stands in the audit log.' : ''}`;
  return {
    operationId: route.name, tags: [route.tag], summary: route.summary,
    description: [route.description, needs].filter(Boolean).join('\n\n'),
    parameters: [
      ...parameters(route.params, 'path', components), ...parameters(route.query, 'query', components),
      ...(route.purpose === 'needed' ? PURPOSE_PARAMETERS : []),
    ],
    ...(body && { requestBody: body }),
    responses: responses(route, components),
    security: route.permission === 'public' ? [] : [{ key: [] }],
  };
}

/** The OpenAPI 3.1 description of the routes, from the very schemas that check their requests. */
export function describeRoutes(routes: readonly Route[], version: string): Json {
  const schemas: Schemas = {};
  const paths: Record<string, Json> = {};
  for (const r of routes) (paths[r.path] ??= {})[r.method] = operation(r, schemas);
  return {
    openapi: '3.1.0',
    info: {
      title: 'Darwaza', version,
      description: 'Who entered the city, who left, and which of them someone is looking for.\n\nTimes are ISO 8601 with offset. Lists come a page at a time: pass `next` back as `cursor`. '
        + 'Not in a list is not innocent; not in the register is not illegal; not seen is not absent: look at which cameras recorded nothing.',
    },
    servers: [{ url: '/' }],
    tags: [...new Set(routes.map((r) => r.tag))].map((name) => ({ name })),
    paths,
    components: {
      schemas: Object.fromEntries(Object.entries(schemas).sort(([a], [b]) => a.localeCompare(b))),
      securitySchemes: { key: { type: 'http', scheme: 'bearer', description: 'An API key (dz_…), made with "darwaza key create"' } },
    },
  };
}
