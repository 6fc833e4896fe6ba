import { health, metricsRoute } from './health.ts';
import { listPassesRoute, showEvidence, showPass } from './passes.ts';
import type { Metrics } from './request-metrics.ts';
import type { Route } from './route.ts';

/** Every route of the API, in the order of its description. */
export function apiRoutes(metrics: Metrics): Route[] {
  return [listPassesRoute, showPass, showEvidence, health, metricsRoute(metrics)];
}
