import { listAlarmsRoute } from './alarms.ts';
import { listAuditRoute, verifyAuditRoute } from './audit.ts';
import { lookUpMarks } from './bulk-lookup.ts';
import { listCameraHealth, showCameraClock, showCameraHealth } from './camera-health.ts';
import { listCameras } from './cameras.ts';
import { correctPassRoute } from './corrections.ts';
import { exportJourneysRoute, exportPassesRoute, showExport } from './exports.ts';
import { decideFinding, listFindingsRoute, showFinding } from './findings.ts';
import { takeFrame } from './frames.ts';
import { health, metricsRoute } from './health.ts';
import { acceptHit, acknowledgeHit, enforceHit, rejectHit } from './hit-decisions.ts';
import { reportHits, reportRejections } from './hit-reports.ts';
import { streamHits } from './hit-stream.ts';
import { listHitsRoute, showHit } from './hits.ts';
import { importListRoute, importRegisterRoute } from './imports.ts';
import { listJourneysRoute, showJourney } from './journeys.ts';
import { addEntryRoute, entrySeenRoute, listEntriesRoute, reviewEntryRoute, stageEntryRoute, withdrawEntryRoute } from './list-entries.ts';
import { addHold, listHoldsRoute, releaseHoldRoute, showHold } from './legal-holds.ts';
import { listListsRoute, listVersionsRoute, putList, rollbackListRoute, showList } from './lists.ts';
import { listPassesOfMark, showMark } from './marks.ts';
import { crossingsRoute, dwellRoute, insideRoute, originDestinationRoute, seenAtRoute } from './movement.ts';
import { listPassesRoute, showEvidence, showPass } from './passes.ts';
import { reportPasses } from './report-passes.ts';
import { expectHits, previewMatches } from './match-preview.ts';
import { listPayloadsRoute, takePayload } from './payloads.ts';
import type { Metrics } from './request-metrics.ts';
import { listRunsRoute, showRun } from './retention.ts';
import type { Route } from './route.ts';
import { savedSearchRoutes } from './saved-searches.ts';
import { decideSetAsideRoute, listSetAsideRoute } from './set-aside.ts';
import { timelineRoute } from './timeline.ts';
import { listVehiclesInView } from './vehicles-in-view.ts';
import { listVehiclesRoute } from './vehicles.ts';
import {
  addWebhook, listDeliveriesRoute, listWebhooksRoute, pauseWebhookRoute, removeWebhookRoute, resumeWebhookRoute, retryDead, retryDelivery, testWebhook,
} from './webhooks.ts';

/** Every route of the API, in the order of its description. */
export function apiRoutes(metrics: Metrics): Route[] {
  const routes: Route[] = [
    listPassesRoute, listVehiclesInView, showPass, showEvidence, correctPassRoute, reportPasses, takeFrame, showMark, lookUpMarks, listPassesOfMark, timelineRoute, listVehiclesRoute, listJourneysRoute, showJourney, listFindingsRoute, showFinding, decideFinding, streamHits, listHitsRoute, showHit, acknowledgeHit, acceptHit, rejectHit, enforceHit, reportHits, reportRejections,
    exportPassesRoute, exportJourneysRoute, showExport,
    seenAtRoute, insideRoute, crossingsRoute, originDestinationRoute, dwellRoute,
    takePayload, listPayloadsRoute, listCameras, listCameraHealth, showCameraHealth, showCameraClock,
    addHold, listHoldsRoute, showHold, releaseHoldRoute, listSetAsideRoute, decideSetAsideRoute, listRunsRoute, showRun,
    addWebhook, listWebhooksRoute, pauseWebhookRoute, resumeWebhookRoute, removeWebhookRoute, testWebhook, listDeliveriesRoute, retryDelivery, retryDead,
    listListsRoute, putList, showList, importListRoute, listVersionsRoute, rollbackListRoute, listEntriesRoute, addEntryRoute, withdrawEntryRoute, stageEntryRoute, reviewEntryRoute, entrySeenRoute,
    previewMatches, expectHits, importRegisterRoute, listAuditRoute, verifyAuditRoute, listAlarmsRoute, health, metricsRoute(metrics),
  ];
  return [...routes, ...savedSearchRoutes(routes)];
}
