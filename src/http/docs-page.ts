import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import express, { type Router } from 'express';

/** Files of swagger-ui-dist that the page needs; nothing else of the package is served. */
const FILES = new Set(['/swagger-ui.css', '/swagger-ui-bundle.js', '/favicon-32x32.png']);

const PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Darwaza API</title>
<link rel="icon" type="image/png" href="docs/favicon-32x32.png">
<link rel="stylesheet" href="docs/swagger-ui.css">
</head>
<body>
<noscript>This page needs JavaScript. The description itself is at <a href="openapi.json">openapi.json</a>.</noscript>
<div id="api"></div>
<script src="docs/swagger-ui-bundle.js"></script>
<script src="docs/start.js"></script>
</body>
</html>
`;

/** `validatorUrl: null`: the default asks a server on the Internet. Keys are not kept in the browser. */
const START = `SwaggerUIBundle({
  url: new URL('openapi.json', location.href).href, dom_id: '#api', deepLinking: true, validatorUrl: null, persistAuthorization: false,
  defaultModelsExpandDepth: 0, docExpansion: 'list', tryItOutEnabled: true, displayRequestDuration: true,
});
`;

/** The readable page of the API, served from the installed package: it works without any network. Mounted beside `openapi.json`. */
export function docsPage(): Router {
  const folder = dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'));
  const router = express.Router({ strict: true });
  router.get('/docs', (_req, res) => void res.type('html').send(PAGE));
  router.get('/docs/', (_req, res) => res.redirect(301, '../docs'));
  router.get('/docs/start.js', (_req, res) => void res.type('js').send(START));
  const files = express.static(folder, { index: false, redirect: false, fallthrough: true, maxAge: '1h' });
  router.use('/docs', (req, res, next) => (FILES.has(req.path) ? files(req, res, next) : next()));
  return router;
}
