import { sql } from 'drizzle-orm';
import { bigint, boolean, customType, date, doublePrecision, index, integer, json, jsonb, pgTable, primaryKey, text, uniqueIndex } from 'drizzle-orm/pg-core';
import type { Action, ListKind, Stage } from '../list/entry.ts';
import type { ListSettings, MatchKind } from '../list/list-settings.ts';
import type { Evidence, FindingKind, FindingLabel } from '../journey/finding.ts';
import type { Band } from '../journey/link-times.ts';
import type { JourneyOutline } from '../journey/journey.ts';
import type { AlternativeMark, Direction, Pass, PlateBox, TimeSource, VotedCharacter } from '../pass/pass.ts';
import type { Mark, VehicleClass } from '../plate/mark.ts';
import type { EntryDetails, HitAction, HitEventDetail, HitEventKind, HitStatus, RejectReason } from './hit-record.ts';
import type { ClockSource } from './camera-clocks.ts';
import type { KeptStream } from './camera-figures.ts';
import type { TroubleKind } from './camera-troubles.ts';
import type { RetentionReport, RunOutcome } from './retention-report.ts';
import type { PendingPass } from './reported-vehicles.ts';

/** What a person says of a finding: it is so; a pass was misread; it is of no interest. */
export const VERDICTS = ['confirmed', 'misread', 'dismissed'] as const;
export type Verdict = (typeof VERDICTS)[number];

/** How a version of a list came about. `entry`: a person added, changed or withdrew one. */
export type VersionOrigin = 'file' | 'delta' | 'rollback' | 'entry' | 'feed';
/** `dead`: given up after 24 hours of trying, until a person asks again. */
export type DeliveryState = 'waiting' | 'delivered' | 'dead';
export type FloorKind = 'passes' | 'passes-months' | 'frames-months';
export type SetAsideDecision = 'taken' | 'discarded';

// The tables as the queries see them. What makes them is in migrations/, written by hand: partitions, collations and triggers have no
// words in drizzle. A test compares the two.

/** Epoch milliseconds in the program, `timestamptz(3)` in the database. */
export const instant = customType<{ data: number; driverData: string }>({
  dataType: () => 'timestamp (3) with time zone',
  toDriver: (at) => new Date(at).toISOString(),
  fromDriver: (text) => Date.parse(text),
});

const markColumns = () => ({
  markJurisdiction: text('mark_jurisdiction'),
  markDistrict: text('mark_district'),
  markLetters: text('mark_letters').notNull(),
  markYear: text('mark_year'),
  markNumber: text('mark_number').notNull(),
  markSuffix: text('mark_suffix'),
  markClass: text('mark_class').$type<VehicleClass>(),
  markSeries: text('mark_series'),
});

export const passes = pgTable('passes', {
  capturedAt: instant('captured_at').notNull(),
  receivedAt: instant('received_at').notNull(),
  processedAt: instant('processed_at').notNull(),
  confidence: doublePrecision('confidence').notNull(),
  sequence: integer('sequence').notNull(),
  readCount: integer('read_count').notNull(),
  boundary: boolean('boundary').notNull(),
  id: text('id').notNull(),
  cameraId: text('camera_id').notNull(),
  siteId: text('site_id'),
  direction: text('direction').$type<Direction>().notNull(),
  outcome: text('outcome').$type<Pass['outcome']>().notNull(),
  timeSource: text('time_source').$type<TimeSource>().notNull(),
  source: text('source').notNull(),
  rawText: text('raw_text').notNull(),
  key: text('key'),
  skeleton: text('skeleton'),
  ...markColumns(),
  markLetters: text('mark_letters'),
  markNumber: text('mark_number'),
  characters: jsonb('characters').$type<VotedCharacter[]>(),
  alternatives: jsonb('alternatives').$type<AlternativeMark[]>(),
  plateBox: jsonb('plate_box').$type<PlateBox>(),
  corners: jsonb('corners').$type<[number, number][]>(),
  evidenceSha256: text('evidence_sha256'),
  evidenceMediaType: text('evidence_media_type'),
  evidenceWidth: integer('evidence_width'),
  evidenceHeight: integer('evidence_height'),
  vehicleClass: text('vehicle_class'),
  vehicleMake: text('vehicle_make'),
  vehicleColour: text('vehicle_colour'),
  reading: text('reading'),
  corrects: text('corrects'),
  movement: text('movement').$type<'towards' | 'away'>(),
  evidenceAt: instant('evidence_at'),
  clockCorrectionMs: doublePrecision('clock_correction_ms'),
}, (t) => [
  primaryKey({ columns: [t.capturedAt, t.id] }),
  index('passes_camera').on(t.cameraId, t.capturedAt),
  index('passes_key').on(t.key, t.capturedAt).where(sql`key is not null`),
]);

export const frames = pgTable('frames', {
  capturedAt: instant('captured_at').notNull(),
  receivedAt: instant('received_at').notNull(),
  doneAt: instant('done_at'),
  cameraId: text('camera_id').notNull(),
  sha256: text('sha256').notNull(),
  timeSource: text('time_source').$type<TimeSource>().notNull(),
  mediaType: text('media_type').notNull(),
  name: text('name').notNull(),
  pictureDeletedAt: instant('picture_deleted_at'),
  clockCorrectionMs: doublePrecision('clock_correction_ms'),
}, (t) => [
  primaryKey({ columns: [t.capturedAt, t.cameraId, t.sha256] }),
  index('frames_open').on(t.capturedAt).where(sql`done_at is null`),
  index('frames_sha256').using('hash', t.sha256),
  index('frames_pictured').on(t.capturedAt).where(sql`picture_deleted_at is null`),
]);

export const provisionalPasses = pgTable('provisional_passes', {
  capturedAt: instant('captured_at').notNull(),
  updatedAt: instant('updated_at').notNull(),
  id: text('id').primaryKey(),
  cameraId: text('camera_id').notNull(),
  pass: jsonb('pass').$type<Pass>().notNull(),
}, (t) => [index('provisional_passes_camera').on(t.cameraId, t.capturedAt)]);

/** `other`: in order, and no vehicle in it. `repeated`: all that it tells had been told before. */
export type PayloadOutcome = 'accepted' | 'other' | 'refused' | 'repeated';
export interface PayloadFault { readonly path: string; readonly message: string }

export const payloads = pgTable('payloads', {
  receivedAt: instant('received_at').notNull(),
  lastAt: instant('last_at').notNull(),
  deliveries: integer('deliveries').notNull(),
  id: text('id').primaryKey(),
  cameraId: text('camera_id').notNull(),
  vendor: text('vendor').notNull(),
  outcome: text('outcome').$type<PayloadOutcome>().notNull(),
  mediaType: text('media_type').notNull(),
  topic: text('topic'),
  digest: text('digest').notNull(),
  faults: jsonb('faults').$type<PayloadFault[]>(),
}, (t) => [
  uniqueIndex('payloads_same').on(t.cameraId, t.vendor, t.digest),
  index('payloads_received').on(t.receivedAt, t.id),
  index('payloads_outcome').on(t.outcome, t.receivedAt, t.id),
]);

export const payloadParts = pgTable('payload_parts', {
  part: integer('part').notNull(),
  payloadId: text('payload_id').notNull().references(() => payloads.id, { onDelete: 'cascade' }),
  mediaType: text('media_type').notNull(),
  sha256: text('sha256').notNull(),
  name: text('name'),
  fileName: text('file_name'),
}, (t) => [primaryKey({ columns: [t.payloadId, t.part] }), index('payload_parts_sha256').using('hash', t.sha256)]);

export const payloadPasses = pgTable('payload_passes', {
  capturedAt: instant('captured_at').notNull(),
  payloadId: text('payload_id').notNull().references(() => payloads.id, { onDelete: 'cascade' }),
  passId: text('pass_id').notNull(),
}, (t) => [primaryKey({ columns: [t.payloadId, t.passId] })]);

export const reportedVehicles = pgTable('reported_vehicles', {
  claimedAt: instant('claimed_at').notNull(),
  lastClaimedAt: instant('last_claimed_at').notNull(),
  receivedAt: instant('received_at').notNull(),
  dueAt: instant('due_at'),
  recordedAt: instant('recorded_at'),
  sequence: bigint('sequence', { mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
  cameraId: text('camera_id').notNull(),
  vendor: text('vendor').notNull(),
  eventId: text('event_id'),
  reportedText: text('reported_text').notNull(),
  passId: text('pass_id'),
  pending: jsonb('pending').$type<PendingPass>(),
}, (t) => [
  index('reported_vehicles_event').on(t.cameraId, t.eventId, t.claimedAt).where(sql`event_id is not null`),
  index('reported_vehicles_claimed').on(t.cameraId, t.claimedAt),
  index('reported_vehicles_received').on(t.receivedAt),
  index('reported_vehicles_open').on(t.sequence).where(sql`recorded_at is null`),
]);

export const passReadings = pgTable('pass_readings', {
  capturedAt: instant('captured_at').notNull(),
  readAt: instant('read_at').notNull(),
  confidence: doublePrecision('confidence'),
  agrees: boolean('agrees'),
  passId: text('pass_id').notNull(),
  cameraId: text('camera_id').notNull(),
  reader: text('reader').notNull(),
  readText: text('read_text').notNull(),
  mark: jsonb('mark').$type<Mark>(),
}, (t) => [
  primaryKey({ columns: [t.capturedAt, t.passId, t.reader] }),
  index('pass_readings_disagree').on(t.capturedAt, t.passId).where(sql`not agrees`),
  index('pass_readings_compared').on(t.cameraId, t.capturedAt, t.agrees).where(sql`agrees is not null`),
]);

export const readingsDue = pgTable('readings_due', {
  capturedAt: instant('captured_at').notNull(),
  dueAt: instant('due_at').notNull(),
  attempts: integer('attempts').notNull().default(0),
  passId: text('pass_id').primaryKey(),
  cameraId: text('camera_id').notNull(),
  sha256: text('sha256').notNull(),
  mediaType: text('media_type').notNull(),
  plateBox: jsonb('plate_box').$type<PlateBox>(),
  crop: boolean('crop').notNull(),
}, (t) => [index('readings_due_at').on(t.dueAt), index('readings_due_sha256').using('hash', t.sha256)]);

export const vehicles = pgTable('vehicles', {
  key: text('key').primaryKey(),
  skeleton: text('skeleton'),
  fold: text('fold'),
  firstSeenAt: instant('first_seen_at'),
  lastSeenAt: instant('last_seen_at'),
  lastSiteId: text('last_site_id'),
  profiles: text('profiles').array().notNull().default([]),
  profilePasses: integer('profile_passes').array().notNull().default([]),
});

export const lists = pgTable('lists', {
  name: text('name').primaryKey(),
  version: integer('version').notNull(),
  settings: jsonb('settings').$type<Partial<ListSettings>>().notNull().default({}),
  feedCheckedAt: instant('feed_checked_at'),
  feedSucceededAt: instant('feed_succeeded_at'),
  feedFault: text('feed_fault'),
  feedFailingSince: instant('feed_failing_since'),
  feedEtag: text('feed_etag'),
});

export const listVersions = pgTable('list_versions', {
  list: text('list').notNull().references(() => lists.name),
  version: integer('version').notNull(),
  sha256: text('sha256').notNull(),
  fileName: text('file_name').notNull(),
  entryCount: integer('entry_count').notNull(),
  importedAt: instant('imported_at').notNull(),
  confirmedAt: instant('confirmed_at').notNull(),
  origin: text('origin').$type<VersionOrigin>().notNull().default('file'),
  author: text('author'),
  ofVersion: integer('of_version'),
  added: integer('added'),
  changed: integer('changed'),
  removed: integer('removed'),
}, (t) => [primaryKey({ columns: [t.list, t.version] })]);

/** What an entry says. */
const entryContentColumns = () => ({
  key: text('key'),
  kind: text('kind').$type<ListKind>().notNull(),
  reason: text('reason').notNull(),
  owner: text('owner').notNull(),
  action: text('action').$type<Action>().notNull(),
  expiresAt: instant('expires_at'),
  ...markColumns(),
  markLetters: text('mark_letters'),
  markNumber: text('mark_number'),
  pattern: text('pattern'),
  vehicleClass: text('vehicle_class'),
  vehicleMake: text('vehicle_make'),
  vehicleColour: text('vehicle_colour'),
  chassis: text('chassis'),
  warnings: text('warnings').array().notNull().default([]),
  caseReference: text('case_reference'),
  source: text('source'),
  stage: text('stage').$type<Stage>(),
  reviewAt: instant('review_at'),
});

export const listEntries = pgTable('list_entries', {
  id: text('id').notNull(),
  list: text('list').notNull(),
  fromVersion: integer('from_version').notNull(),
  toVersion: integer('to_version'),
  serial: bigint('serial', { mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
  digest: text('digest').notNull().default(''),
  author: text('author'),
  ...entryContentColumns(),
}, (t) => [
  uniqueIndex('list_entries_in_force').on(t.id).where(sql`to_version is null`),
  index('list_entries_past').on(t.id, t.fromVersion).where(sql`to_version is not null`),
  index('list_entries_key').on(t.key).where(sql`to_version is null`),
  index('list_entries_in_order').on(t.list, t.serial),
  index('list_entries_opened').on(t.list, t.fromVersion),
  index('list_entries_closed').on(t.list, t.toVersion).where(sql`to_version is not null`),
  index('list_entries_pattern').on(t.list).where(sql`to_version is null and pattern is not null`),
]);

export const registerVersions = pgTable('register_versions', {
  version: integer('version').primaryKey(),
  sha256: text('sha256').notNull(),
  fileName: text('file_name').notNull(),
  rowCount: integer('row_count').notNull(),
  importedAt: instant('imported_at').notNull(),
  confirmedAt: instant('confirmed_at').notNull(),
});

export const registrations = pgTable('registrations', {
  id: text('id').notNull(),
  fromVersion: integer('from_version').notNull().references(() => registerVersions.version),
  toVersion: integer('to_version'),
  key: text('key').notNull(),
  vehicleClass: text('vehicle_class'),
  make: text('make'),
  model: text('model'),
  colour: text('colour'),
  status: text('status'),
  tokenPaidTo: date('token_paid_to', { mode: 'string' }),
  ...markColumns(),
}, (t) => [
  primaryKey({ columns: [t.id, t.fromVersion] }),
  uniqueIndex('registrations_in_force').on(t.id).where(sql`to_version is null`),
  index('registrations_key').on(t.key).where(sql`to_version is null`),
]);

export const listImportRows = pgTable('list_import_rows', {
  importId: text('import_id').notNull(),
  startedAt: instant('started_at').notNull(),
  line: integer('line').notNull(),
  id: text('id').notNull(),
  digest: text('digest').notNull(),
  withdraw: boolean('withdraw').notNull(),
  ...entryContentColumns(),
});

export const listImportChanges = pgTable('list_import_changes', {
  importId: text('import_id').notNull(),
  startedAt: instant('started_at').notNull(),
  id: text('id').notNull(),
  change: text('change').notNull(),
});

export const importRows = pgTable('import_rows', {
  importId: text('import_id').notNull(),
  id: text('id').notNull(),
  content: jsonb('content').notNull(),
  startedAt: instant('started_at').notNull(),
}, (t) => [primaryKey({ columns: [t.importId, t.id] })]);

export const hits = pgTable('hits', {
  id: text('id').primaryKey(),
  passId: text('pass_id'),
  provisionalFrame: text('provisional_frame'),
  capturedAt: instant('captured_at').notNull(),
  at: instant('at').notNull(),
  cameraId: text('camera_id').notNull(),
  siteId: text('site_id'),
  direction: text('direction').$type<Direction>().notNull().default('unknown'),
  key: text('key').notNull(),
  plate: text('plate').notNull().default(''),
  entryId: text('entry_id').notNull(),
  entryPattern: text('entry_pattern'),
  entryDetails: jsonb('entry_details').$type<EntryDetails>().notNull(),
  list: text('list').notNull(),
  listVersion: integer('list_version').notNull(),
  listImportedAt: instant('list_imported_at').notNull(),
  kind: text('kind').$type<ListKind>().notNull(),
  matchKind: text('match_kind').$type<MatchKind>().notNull(),
  via: text('via'),
  score: doublePrecision('score').notNull().default(1),
  contradictions: text('contradictions').array().notNull().default([]),
  action: text('action').$type<HitAction>().notNull(),
  reason: text('reason').notNull(),
  owner: text('owner').notNull(),
  agreement: text('agreement').notNull(),
  priority: integer('priority').notNull().default(50),
  colour: text('colour').$type<ListSettings['colour']>().notNull().default('red'),
  sound: text('sound').$type<ListSettings['sound']>().notNull().default('beep'),
  covert: boolean('covert').notNull().default(false),
  late: boolean('late').notNull().default(false),
  status: text('status').$type<HitStatus>().notNull(),
  passMark: jsonb('pass_mark').$type<Mark>().notNull(),
  entryMark: jsonb('entry_mark').$type<Mark>(),
  count: integer('count').notNull().default(1),
  firstSeenAt: instant('first_seen_at').notNull(),
  lastSeenAt: instant('last_seen_at').notNull(),
  latestPassId: text('latest_pass_id'),
  deliveredAt: instant('delivered_at'),
  acknowledgedAt: instant('acknowledged_at'),
  acknowledgedBy: text('acknowledged_by'),
  escalateAt: instant('escalate_at'),
  escalation: integer('escalation').notNull().default(0),
  decidedAt: instant('decided_at'),
  decidedBy: text('decided_by'),
  rejectReason: text('reject_reason').$type<RejectReason>(),
  note: text('note'),
  trueMark: text('true_mark'),
  enforced: boolean('enforced'),
  closesAt: instant('closes_at'),
}, (t) => [
  index('hits_captured').on(t.capturedAt, t.id),
  index('hits_list').on(t.list, t.capturedAt),
  index('hits_pass').on(t.passId),
  index('hits_entry').on(t.entryId, t.lastSeenAt),
  index('hits_escalate').on(t.escalateAt).where(sql`escalate_at is not null`),
  index('hits_close').on(t.closesAt).where(sql`closes_at is not null`),
  index('hits_provisional').on(t.cameraId).where(sql`status = 'provisional'`),
  index('hits_decided').on(t.decidedAt).where(sql`decided_at is not null`),
]);

export const hitEvents = pgTable('hit_events', {
  sequence: bigint('sequence', { mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
  at: instant('at').notNull(),
  hitId: text('hit_id').notNull().references(() => hits.id),
  kind: text('kind').$type<HitEventKind>().notNull(),
  ring: boolean('ring').notNull(),
  actor: text('actor'),
  sites: text('sites').array().notNull().default([]),
  keys: text('keys').array().notNull().default([]),
  detail: jsonb('detail').$type<HitEventDetail>().notNull().default({}),
}, (t) => [index('hit_events_hit').on(t.hitId, t.sequence), index('hit_events_at').on(t.at), index('hit_events_sighting').on(sql`(detail ->> 'sighting')`).where(sql`kind = 'repeated'`), index('hit_events_pass').on(sql`(detail ->> 'passId')`).where(sql`detail ->> 'passId' is not null`)]);

export const confusions = pgTable('confusions', {
  readCharacter: text('read_character').notNull(),
  trueCharacter: text('true_character').notNull(),
  count: integer('count').notNull(),
}, (t) => [primaryKey({ columns: [t.readCharacter, t.trueCharacter] })]);

export const webhooks = pgTable('webhooks', {
  id: text('id').primaryKey(),
  url: text('url').notNull(),
  secret: text('secret').notNull(),
  label: text('label').notNull(),
  lists: text('lists').array(),
  kinds: text('kinds').array(),
  sites: text('sites').array(),
  covert: boolean('covert').notNull(),
  paused: boolean('paused').notNull().default(false),
  createdAt: instant('created_at').notNull(),
  createdBy: text('created_by').notNull(),
  removedAt: instant('removed_at'),
});

export const webhookDeliveries = pgTable('webhook_deliveries', {
  id: bigint('id', { mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
  webhookId: text('webhook_id').notNull().references(() => webhooks.id),
  eventSequence: bigint('event_sequence', { mode: 'number' }).notNull().references(() => hitEvents.sequence),
  state: text('state').$type<DeliveryState>().notNull().default('waiting'),
  attempts: integer('attempts').notNull().default(0),
  createdAt: instant('created_at').notNull(),
  nextAt: instant('next_at').notNull(),
  finishedAt: instant('finished_at'),
  lastStatus: integer('last_status'),
  lastFault: text('last_fault'),
}, (t) => [
  uniqueIndex('webhook_deliveries_event').on(t.webhookId, t.eventSequence),
  index('webhook_deliveries_due').on(t.webhookId, t.nextAt).where(sql`state = 'waiting'`),
  index('webhook_deliveries_state').on(t.webhookId, t.state, t.id),
  index('webhook_deliveries_of_event').on(t.eventSequence),
]);

export const journeys = pgTable('journeys', {
  id: text('id').primaryKey(),
  startedAt: instant('started_at').notNull(),
  lastSeenAt: instant('last_seen_at').notNull(),
  entryAt: instant('entry_at'),
  exitAt: instant('exit_at'),
  entryAfter: instant('entry_after'),
  exitBefore: instant('exit_before'),
  pairExitAt: instant('pair_exit_at'),
  leftAt: instant('left_at').generatedAlwaysAs(sql`coalesce(exit_at, pair_exit_at)`),
  confidence: doublePrecision('confidence').notNull(),
  pairScore: doublePrecision('pair_score'),
  sightingCount: integer('sighting_count').notNull(),
  entryMissing: boolean('entry_missing').notNull(),
  exitMissing: boolean('exit_missing').notNull(),
  ambiguous: boolean('ambiguous').notNull(),
  absorbed: boolean('absorbed').notNull().default(false),
  status: text('status').$type<JourneyOutline['status']>().notNull(),
  key: text('key').notNull(),
  vehicle: text('vehicle').notNull(),
  fold: text('fold').notNull(),
  entryPassId: text('entry_pass_id'),
  entrySite: text('entry_site'),
  exitPassId: text('exit_pass_id'),
  exitSite: text('exit_site'),
  firstSite: text('first_site'),
  lastSite: text('last_site'),
  pairId: text('pair_id'),
  pairExitPassId: text('pair_exit_pass_id'),
  pairExitSite: text('pair_exit_site'),
  leftSite: text('left_site').generatedAlwaysAs(sql`coalesce(exit_site, pair_exit_site)`),
  seeks: text('seeks').$type<'entry' | 'exit'>().generatedAlwaysAs(sql`case when ambiguous then null when entry_at is not null and exit_at is null then 'exit' when entry_at is null and exit_at is not null then 'entry' end`),
  sites: text('sites').array().notNull(),
  classes: text('classes').array().notNull(),
  ...markColumns(),
}, (t) => [
  index('journeys_started').on(t.startedAt, t.id),
  index('journeys_key').on(t.key, t.startedAt),
  index('journeys_open').on(t.startedAt, t.id).where(sql`status = 'open'`),
  index('journeys_seeking').on(t.fold, t.startedAt).where(sql`seeks is not null`),
  index('journeys_entry').on(t.entryAt).where(sql`entry_at is not null`),
  index('journeys_left').on(t.leftAt).where(sql`left_at is not null`),
]);

/** Written by triggers of `journeys`. */
export const insideCounts = pgTable('inside_counts', {
  hour: instant('hour').notNull(),
  journeys: bigint('journeys', { mode: 'number' }).notNull(),
  entered: boolean('entered').notNull(),
}, (t) => [primaryKey({ columns: [t.hour, t.entered] })]);

export const insideChanges = pgTable('inside_changes', {
  sequence: bigint('sequence', { mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
  hour: instant('hour').notNull(),
  journeys: bigint('journeys', { mode: 'number' }).notNull(),
  entered: boolean('entered').notNull(),
});

export const journeysDue = pgTable('journeys_due', { sequence: bigint('sequence', { mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(), key: text('key').notNull() });

export const pairsDue = pgTable('pairs_due', {
  sequence: bigint('sequence', { mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
  firstAt: instant('first_at').notNull(),
  lastAt: instant('last_at').notNull(),
  fold: text('fold').notNull(),
});

export const cameraHours = pgTable('camera_hours', {
  hour: instant('hour').notNull(),
  passes: integer('passes').notNull(),
  marks: integer('marks').notNull(),
  cameraId: text('camera_id').notNull(),
}, (t) => [primaryKey({ columns: [t.cameraId, t.hour] }), index('camera_hours_hour').on(t.hour)]);

export const cameraClocks = pgTable('camera_clocks', {
  at: instant('at').notNull(),
  offsetMs: doublePrecision('offset_ms').notNull(),
  spreadMs: doublePrecision('spread_ms').notNull(),
  correctionMs: doublePrecision('correction_ms'),
  settled: boolean('settled').notNull(),
  cameraId: text('camera_id').notNull(),
  source: text('source').$type<ClockSource>().notNull(),
}, (t) => [primaryKey({ columns: [t.cameraId, t.at] }), index('camera_clocks_at').on(t.at)]);

export const cameraFigures = pgTable('camera_figures', {
  hour: instant('hour').notNull(),
  frames: integer('frames').notNull().default(0),
  still: integer('still').notNull().default(0),
  decodeErrors: integer('decode_errors').notNull().default(0),
  dropped: integer('dropped').notNull().default(0),
  passes: integer('passes').notNull().default(0),
  read: integer('read').notNull().default(0),
  unreadable: integer('unreadable').notNull().default(0),
  noPlate: integer('no_plate').notNull().default(0),
  cameraId: text('camera_id').notNull(),
  refused: jsonb('refused').$type<Readonly<Record<string, number>>>().notNull().default({}),
  widths: integer('widths').array().notNull().default([]),
}, (t) => [primaryKey({ columns: [t.cameraId, t.hour] }), index('camera_figures_hour').on(t.hour)]);

export const cameraStates = pgTable('camera_states', {
  updatedAt: instant('updated_at').notNull(),
  frameAt: instant('frame_at'),
  passAt: instant('pass_at'),
  queueDepth: integer('queue_depth'),
  cameraId: text('camera_id').primaryKey(),
  stream: jsonb('stream').$type<KeptStream>(),
});

export const cameraTroubles = pgTable('camera_troubles', {
  id: bigint('id', { mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
  since: instant('since').notNull(),
  noticedAt: instant('noticed_at').notNull(),
  until: instant('until'),
  cameraId: text('camera_id').notNull(),
  kind: text('kind').$type<TroubleKind>().notNull(),
  message: text('message').notNull(),
}, (t) => [uniqueIndex('camera_troubles_open').on(t.cameraId, t.kind).where(sql`until is null`), index('camera_troubles_since').on(t.cameraId, t.since)]);

export const cameraDays = pgTable('camera_days', {
  day: instant('day').notNull(),
  hours: integer('hours').notNull(),
  busyHours: integer('busy_hours').notNull(),
  cameraId: text('camera_id').notNull(),
}, (t) => [primaryKey({ columns: [t.cameraId, t.day] }), index('camera_days_day').on(t.day)]);

export const corrections = pgTable('corrections', {
  passId: text('pass_id').primaryKey(),
  replacementId: text('replacement_id').notNull().unique(),
  capturedAt: instant('captured_at').notNull(),
  at: instant('at').notNull(),
  oldKey: text('old_key'),
  newKey: text('new_key'),
  author: text('author').notNull(),
  reason: text('reason').notNull(),
}, (t) => [index('corrections_old_key').on(t.oldKey, t.capturedAt).where(sql`old_key is not null`), index('corrections_captured').on(t.capturedAt)]);

export const legalHolds = pgTable('legal_holds', {
  id: text('id').primaryKey(),
  at: instant('at').notNull(),
  releasedAt: instant('released_at'),
  author: text('author').notNull(),
  reason: text('reason').notNull(),
  releasedBy: text('released_by'),
  releaseReason: text('release_reason'),
  caseReference: text('case_reference'),
  key: text('key'),
  ...markColumns(),
  markLetters: text('mark_letters'),
  markNumber: text('mark_number'),
}, (t) => [index('legal_holds_at').on(t.at, t.id)]);

export const retentionFloors = pgTable('retention_floors', { kind: text('kind').$type<FloorKind>().primaryKey(), at: instant('at').notNull() });

export const retentionRuns = pgTable('retention_runs', {
  id: bigint('id', { mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
  startedAt: instant('started_at').notNull(),
  touchedAt: instant('touched_at').notNull(),
  finishedAt: instant('finished_at'),
  actor: text('actor').notNull(),
  outcome: text('outcome').$type<RunOutcome>().notNull(),
  fault: text('fault'),
  report: jsonb('report').$type<RetentionReport>().notNull(),
}, (t) => [index('retention_runs_running').on(t.id).where(sql`outcome = 'running'`)]);

export const passesSetAside = pgTable('passes_set_aside', {
  id: text('id').primaryKey(),
  capturedAt: instant('captured_at').notNull(),
  at: instant('at').notNull(),
  decidedAt: instant('decided_at'),
  cameraId: text('camera_id').notNull(),
  key: text('key'),
  evidenceSha256: text('evidence_sha256'),
  decision: text('decision').$type<SetAsideDecision>(),
  decidedBy: text('decided_by'),
  reason: text('reason'),
  pass: jsonb('pass').$type<Pass>().notNull(),
}, (t) => [index('passes_set_aside_at').on(t.at, t.id), index('passes_set_aside_evidence').on(t.evidenceSha256).where(sql`evidence_sha256 is not null`)]);

export const picturesDue = pgTable('pictures_due', { sha256: text('sha256').primaryKey(), mediaType: text('media_type').notNull(), at: instant('at').notNull() });

export const auditCheckpoints = pgTable('audit_checkpoints', { sequence: bigint('sequence', { mode: 'number' }).primaryKey(), at: instant('at').notNull(), hash: text('hash').notNull() });

export const findings = pgTable('findings', {
  foundAt: instant('found_at').notNull(),
  firstAt: instant('first_at').notNull(),
  lastAt: instant('last_at').notNull(),
  count: integer('count').notNull(),
  id: text('id').primaryKey(),
  kind: text('kind').$type<FindingKind>().notNull(),
  label: text('label').$type<FindingLabel>().notNull(),
  key: text('key').notNull(),
  keys: text('keys').array().notNull(),
  ...markColumns(),
  summary: text('summary').notNull(),
  evidence: jsonb('evidence').$type<Evidence[]>().notNull(),
}, (t) => [
  index('findings_found').on(t.foundAt, t.id),
  index('findings_kind').on(t.kind, t.foundAt, t.id),
  index('findings_keys').using('gin', t.keys),
  index('findings_last').on(t.lastAt),
]);

export const findingVerdicts = pgTable('finding_verdicts', {
  sequence: bigint('sequence', { mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
  findingId: text('finding_id').notNull().references(() => findings.id, { onDelete: 'cascade' }),
  at: instant('at').notNull(),
  verdict: text('verdict').$type<Verdict>().notNull(),
  actor: text('actor').notNull(),
  reason: text('reason').notNull(),
}, (t) => [index('finding_verdicts_finding').on(t.findingId, t.sequence)]);

export const findingDue = pgTable('finding_due', {
  sequence: bigint('sequence', { mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
  key: text('key').notNull(),
  at: instant('at').notNull(),
});

export const linkTimes = pgTable('link_times', {
  fromSite: text('from_site').notNull(),
  toSite: text('to_site').notNull(),
  band: text('band').$type<Band>().notNull(),
  trips: integer('trips').notNull(),
  medianMs: integer('median_ms').notNull(),
  madMs: integer('mad_ms').notNull(),
  p01Ms: integer('p01_ms').notNull(),
  learnedAt: instant('learned_at').notNull(),
}, (t) => [primaryKey({ columns: [t.fromSite, t.toSite, t.band] })]);

export const findingRuns = pgTable('finding_runs', {
  name: text('name').primaryKey(),
  doneTo: instant('done_to').notNull(),
});

export const apiKeys = pgTable('api_keys', {
  id: text('id').primaryKey(),
  hash: text('hash').notNull().unique(),
  label: text('label').notNull(),
  role: text('role').notNull(),
  permissions: text('permissions').array().notNull(),
  defaultPurpose: text('default_purpose'),
  createdAt: instant('created_at').notNull(),
  expiresAt: instant('expires_at'),
  withdrawnAt: instant('withdrawn_at'),
});

export const savedSearches = pgTable('saved_searches', {
  id: text('id').primaryKey(),
  createdAt: instant('created_at').notNull(),
  shared: boolean('shared').notNull(),
  owner: text('owner').notNull(),
  role: text('role').notNull(),
  name: text('name').notNull(),
  route: text('route').notNull(),
  params: jsonb('params').$type<Record<string, string>>().notNull(),
  query: jsonb('query').$type<Record<string, string>>().notNull(),
}, (t) => [uniqueIndex('saved_searches_name').on(t.owner, t.name), index('saved_searches_role').on(t.role).where(sql`shared`)]);

/** Id of the export that a row of the audit log speaks of: the expression of its index. */
export const exportOfAudit = sql`(case when action in ('exportPasses', 'exportJourneys', 'exportEnded', 'runSearch') then question ->> 'export' end)`;

export const auditLog = pgTable('audit_log', {
  sequence: bigint('sequence', { mode: 'number' }).primaryKey(),
  at: instant('at').notNull(),
  actor: text('actor').notNull(),
  action: text('action').notNull(),
  purpose: text('purpose'),
  caseReference: text('case_reference'),
  question: json('question').$type<Record<string, unknown>>().notNull(),
  resultCount: integer('result_count'),
  requestId: text('request_id'),
  previousHash: text('previous_hash').notNull(),
  hash: text('hash').notNull(),
}, () => [index('audit_log_export').on(exportOfAudit).where(sql`${exportOfAudit} is not null`)]);
