-- A pass of 100 million has to be small. Characters with their confidences as one short text ("LEA1234 9984,9971,…", in ten-thousandths) take a
-- tenth of their JSON; passes of before keep theirs. The indexes on site and skeleton cost more than they gave: a site is its cameras, and
-- look-alikes are sought among the vehicles.
alter table passes
  alter column characters drop not null,
  alter column alternatives drop not null,
  add column reading text,
  add column corrects text collate "C";
drop index passes_site;
drop index passes_skeleton;

comment on column passes.reading is 'Characters as voted, a space, their confidences in ten-thousandths; null on passes of before, which have them in characters.';
comment on column passes.corrects is 'This pass is a person''s correction of that one, which stays as it was.';

-- One row for each key that was ever seen: searches with wildcards and for look-alikes look here, and whoever rebuilds the journeys of a
-- key locks its row. fold: the key with all characters that may be taken for one another, near or far, folded into one.
alter table vehicle_keys rename to vehicles;
alter index vehicle_keys_pkey rename to vehicles_pkey;
alter index if exists vehicle_keys_trigram rename to vehicles_trigram;
alter table vehicles
  add column skeleton text collate "C",
  add column fold text collate "C",
  add column first_seen_at timestamptz(3),
  add column last_seen_at timestamptz(3),
  add column last_site_id text collate "C",
  add column profiles text[] not null default '{}',
  add column profile_passes integer[] not null default '{}';

comment on column vehicles.profiles is 'The marks read under this key (JSON of their parts), sorted: what vehicles there are follows from them.';
comment on column vehicles.profile_passes is 'How many passes each of the profiles had: a mark read once in twenty passes is a misread.';

-- A new row version for each batch of passes: room on the page keeps it there, without touching the indexes.
alter table vehicles set (fillfactor = 70);
create index vehicles_skeleton on vehicles (skeleton);
create index vehicles_fold on vehicles (fold);

-- Journeys anew: their sightings are the passes of the vehicle from start to end and need no second table. Derived, so they are not
-- carried over but built again, key by key, while the program runs (journeys_due).
drop table journey_sightings;
drop table journeys;

create table journeys (
  id text collate "C" primary key,
  started_at timestamptz(3) not null,
  last_seen_at timestamptz(3) not null,
  entry_at timestamptz(3),
  exit_at timestamptz(3),
  entry_after timestamptz(3),
  exit_before timestamptz(3),
  pair_exit_at timestamptz(3),
  left_at timestamptz(3) generated always as (coalesce(exit_at, pair_exit_at)) stored,
  confidence double precision not null,
  pair_score double precision,
  sighting_count integer not null check (sighting_count > 0),
  entry_missing boolean not null,
  exit_missing boolean not null,
  ambiguous boolean not null,
  absorbed boolean not null default false,
  status text not null,
  key text collate "C" not null,
  vehicle text collate "C" not null,
  fold text collate "C" not null,
  entry_pass_id text collate "C",
  entry_site text collate "C",
  exit_pass_id text collate "C",
  exit_site text collate "C",
  first_site text collate "C",
  last_site text collate "C",
  pair_id text collate "C",
  pair_exit_pass_id text collate "C",
  pair_exit_site text collate "C",
  left_site text collate "C" generated always as (coalesce(exit_site, pair_exit_site)) stored,
  seeks text generated always as (
    case when ambiguous then null when entry_at is not null and exit_at is null then 'exit' when entry_at is null and exit_at is not null then 'entry' end
  ) stored,
  sites text[] not null,
  classes text[] not null,
  mark_jurisdiction text,
  mark_district text,
  mark_letters text not null,
  mark_year text,
  mark_number text not null,
  mark_suffix text,
  mark_class text,
  mark_series text
) with (fillfactor = 85);

comment on column journeys.vehicle is 'Which of the vehicles that share the key.';
comment on column journeys.entry_after is 'Of a missing entry: the vehicle was outside then. It must have come in between this and started_at.';
comment on column journeys.exit_before is 'Of a missing exit: the vehicle came in again then. It must have left between last_seen_at and this.';
comment on column journeys.seeks is 'Which end is still sought: an exit whose mark is one look-alike away pairs as probable.';
comment on column journeys.pair_id is 'The other half of a probable pair: on the entry''s journey the one with the exit, and the other way round (absorbed).';
comment on column journeys.absorbed is 'Its exit belongs, probably, to the journey pair_id: it is no stay of its own.';

create index journeys_started on journeys (started_at, id);
create index journeys_key on journeys (key, started_at);
create index journeys_open on journeys (started_at, id) where status = 'open';
create index journeys_seeking on journeys (fold, started_at) where seeks is not null;
create index journeys_entry on journeys (entry_at) where entry_at is not null;
create index journeys_left on journeys (left_at) where left_at is not null;

-- What is still to be derived, in order of commit or not: rows are taken by number and deleted when done, so that none is lost to a crash.
create table journeys_due (
  sequence bigint generated always as identity primary key,
  key text collate "C" not null
);
insert into journeys_due (key) select key from vehicles order by key;

create table pairs_due (
  sequence bigint generated always as identity primary key,
  first_at timestamptz(3) not null,
  last_at timestamptz(3) not null,
  fold text collate "C" not null
);

-- How many passes each camera recorded in each hour (UTC): when it was silent, and what is usual for it.
create table camera_hours (
  hour timestamptz(3) not null,
  passes integer not null,
  marks integer not null,
  camera_id text collate "C" not null,
  primary key (camera_id, hour)
) with (fillfactor = 70);

create index camera_hours_hour on camera_hours (hour);

-- A corrected read: the pass it was, the pass it is now (null: it holds no mark that can be read), who says so and why.
create table corrections (
  pass_id text collate "C" primary key,
  replacement_id text collate "C" not null unique,
  captured_at timestamptz(3) not null,
  at timestamptz(3) not null,
  old_key text collate "C",
  new_key text collate "C",
  author text not null,
  reason text not null
);

create index corrections_old_key on corrections (old_key, captured_at) where old_key is not null;
create index corrections_captured on corrections (captured_at);
create trigger corrections_append_only before update on corrections for each statement execute function refuse_change('corrections');

-- Questions kept to be asked again, by whoever may ask them: parameters as they are written in a query, times as "-PT24H" from the asking.
create table saved_searches (
  id text collate "C" primary key,
  created_at timestamptz(3) not null,
  shared boolean not null,
  owner text collate "C" not null,
  role text collate "C" not null,
  name text not null,
  route text collate "C" not null,
  params jsonb not null,
  query jsonb not null
);

create unique index saved_searches_name on saved_searches (owner, name);
create index saved_searches_role on saved_searches (role) where shared;
comment on column saved_searches.role is 'Of the owner''s key: whom it is shared with.';

-- The beginning and the end of an export are rows of the audit log, found by its id. Of these actions alone: a question may hold \u0000,
-- which JSON may and text may not, and could not be written for want of its place in the index.
create index audit_log_export on audit_log ((case when action in ('exportPasses', 'exportJourneys', 'exportEnded', 'runSearch') then question ->> 'export' end))
  where case when action in ('exportPasses', 'exportJourneys', 'exportEnded', 'runSearch') then question ->> 'export' end is not null;

-- What a person holds: nothing of this mark, or of this case, is deleted by time until the hold is released. Never erased, and edited
-- only by its release.
create table legal_holds (
  id text collate "C" primary key,
  at timestamptz(3) not null,
  released_at timestamptz(3),
  author text not null,
  reason text not null,
  released_by text,
  release_reason text,
  case_reference text,
  key text collate "C",
  mark_jurisdiction text,
  mark_district text,
  mark_letters text,
  mark_year text,
  mark_number text,
  mark_suffix text,
  mark_class text,
  mark_series text,
  check ((key is null) <> (case_reference is null) and (key is null) = (mark_letters is null)),
  check ((released_at is null) = (released_by is null))
);

create index legal_holds_at on legal_holds (at, id);
create trigger legal_holds_released_once before update on legal_holds for each row
  when (old.released_at is not null or (old.id, old.at, old.author, old.reason, old.case_reference, old.key) is distinct from (new.id, new.at, new.author, new.reason, new.case_reference, new.key))
  execute function refuse_change('legal_holds');
create trigger legal_holds_never_erased before delete on legal_holds for each statement execute function refuse_change('legal_holds');

-- Nothing older than this is kept (but what has a reason) or taken. Only rises.
create table retention_floors (
  kind text collate "C" primary key,
  at timestamptz(3) not null
);

comment on column retention_floors.kind is 'passes; or passes-months, frames-months: months before it were taken away whole.';

create table retention_runs (
  id bigint generated always as identity primary key,
  started_at timestamptz(3) not null,
  touched_at timestamptz(3) not null,
  finished_at timestamptz(3),
  actor text not null,
  outcome text not null,
  fault text,
  report jsonb not null
);

comment on column retention_runs.outcome is 'running, complete, failed, or interrupted: its process ended, and the next run went on.';
create index retention_runs_running on retention_runs (id) where outcome = 'running';

-- Passes that came when their time was over, until a person has decided or their own time is over.
create table passes_set_aside (
  id text collate "C" primary key,
  captured_at timestamptz(3) not null,
  at timestamptz(3) not null,
  decided_at timestamptz(3),
  camera_id text collate "C" not null,
  key text collate "C",
  evidence_sha256 text collate "C",
  decision text,
  decided_by text,
  reason text,
  pass jsonb not null,
  check ((decided_at is null) = (decision is null))
);

create index passes_set_aside_at on passes_set_aside (at, id);
create index passes_set_aside_evidence on passes_set_aside (evidence_sha256) where evidence_sha256 is not null;

-- A row of frames stands for its picture: the picture is there as long as one of its rows says so. Several frames may be the same bytes.
alter table frames add column picture_deleted_at timestamptz(3);
create index frames_sha256 on frames using hash (sha256);
create index frames_pictured on frames (captured_at) where picture_deleted_at is null;
comment on column frames.picture_deleted_at is 'When its time was over; the row, and the pass beside it, have a longer one.';

-- Pictures that no row stands for any more, until their files are gone.
create table pictures_due (
  sha256 text collate "C" primary key,
  media_type text not null,
  at timestamptz(3) not null
);

-- The history of a hit goes only with the hit itself; a hit may still be in the outbox, which goes too.
create index webhook_deliveries_of_event on webhook_deliveries (event_sequence);
create index hit_events_pass on hit_events ((detail ->> 'passId') collate "C") where detail ->> 'passId' is not null;
alter table webhook_deliveries drop constraint webhook_deliveries_event_sequence_fkey,
  add foreign key (event_sequence) references hit_events (sequence) on delete cascade;
alter table hit_events drop constraint hit_events_hit_id_fkey, add foreign key (hit_id) references hits (id) on delete cascade;
drop trigger hit_events_append_only on hit_events;
create trigger hit_events_append_only before update or truncate on hit_events for each statement execute function refuse_change('hit_events');
create trigger hit_events_go_with_hits before delete on hit_events for each statement when (pg_trigger_depth() = 0) execute function refuse_change('hit_events');

-- Where the audit log begins: rows up to this one were deleted when their time was over. The chain goes on from its hash, and a row of
-- the chain says the same, so that a beginning that somebody took away does not pass for one that was deleted by time.
create table audit_checkpoints (
  sequence bigint primary key,
  at timestamptz(3) not null,
  hash text not null
);

create trigger audit_checkpoints_append_only before update or delete on audit_checkpoints for each statement execute function refuse_change('audit_checkpoints');

create function refuse_audit_gap() returns trigger language plpgsql as $$
begin
  if exists (select from gone where sequence > coalesce((select max(sequence) from audit_checkpoints), 0)) then
    raise exception 'audit_log is never edited: delete refused' using errcode = 'restrict_violation';
  end if;
  return null;
end $$;

drop trigger audit_log_append_only on audit_log;
create trigger audit_log_append_only before update or truncate on audit_log for each statement execute function refuse_change('audit_log');
create trigger audit_log_deleted_from_its_beginning after delete on audit_log referencing old table as gone for each statement execute function refuse_audit_gap();

-- What the movements of vehicles show: two vehicles under one mark, convoys, patterns. Derived; what is found again gathers in one row.
create table findings (
  found_at timestamptz(3) not null,
  first_at timestamptz(3) not null,
  last_at timestamptz(3) not null,
  count integer not null check (count > 0),
  id text collate "C" primary key,
  kind text collate "C" not null,
  label text collate "C" not null,
  key text collate "C" not null,
  keys text[] not null,
  mark_jurisdiction text,
  mark_district text,
  mark_letters text not null,
  mark_year text,
  mark_number text not null,
  mark_suffix text,
  mark_class text,
  mark_series text,
  summary text not null,
  evidence jsonb not null
);

comment on column findings.found_at is 'When it was first found. It never changes, so that pages stay what they are while evidence is added.';
comment on column findings.evidence is 'The newest things in evidence, oldest first; count tells of all. It stands on its own when the passes are gone.';

create index findings_found on findings (found_at, id);
create index findings_kind on findings (kind, found_at, id);
create index findings_keys on findings using gin (keys);
create index findings_last on findings (last_at);

-- What persons said of a finding. A verdict is never edited: another one is another row, and the newest holds.
create table finding_verdicts (
  sequence bigint generated always as identity primary key,
  finding_id text collate "C" not null references findings (id) on delete cascade,
  at timestamptz(3) not null,
  verdict text not null,
  actor text not null,
  reason text not null
);

create index finding_verdicts_finding on finding_verdicts (finding_id, sequence);
create trigger finding_verdicts_append_only before update or truncate on finding_verdicts for each statement execute function refuse_change('finding_verdicts');

-- Keys with a new pass that is suspiciously far from the one before: looked at closely within seconds, and deleted when that is done.
create table finding_due (
  sequence bigint generated always as identity primary key,
  key text collate "C" not null,
  at timestamptz(3) not null
);

-- How long vehicles take from site to site, learned from those that were not seen between; by part of the day.
create table link_times (
  from_site text collate "C" not null,
  to_site text collate "C" not null,
  band text collate "C" not null,
  trips integer not null,
  median_ms integer not null,
  mad_ms integer not null,
  p01_ms integer not null,
  learned_at timestamptz(3) not null,
  primary key (from_site, to_site, band)
);

-- How far each periodic search for findings has come.
create table finding_runs (
  name text collate "C" primary key,
  done_to timestamptz(3) not null
);
