-- Identifiers and keys are compared byte by byte (COLLATE "C"): the same order on every server, and prefix searches can use the plain index.
-- Times are when the camera saw the vehicle unless the name says otherwise; milliseconds are what cameras give.

create table passes (
  captured_at timestamptz(3) not null,
  received_at timestamptz(3) not null,
  processed_at timestamptz(3) not null,
  confidence double precision not null,
  sequence integer not null check (sequence >= 0),
  read_count integer not null check (read_count >= 0),
  boundary boolean not null,
  id text collate "C" not null,
  camera_id text collate "C" not null,
  site_id text collate "C",
  direction text not null,
  outcome text not null,
  time_source text not null,
  source text not null,
  raw_text text not null,
  key text collate "C",
  skeleton text collate "C",
  mark_jurisdiction text,
  mark_district text,
  mark_letters text,
  mark_year text,
  mark_number text,
  mark_suffix text,
  mark_class text,
  mark_series text,
  characters jsonb not null,
  alternatives jsonb not null,
  plate_box jsonb,
  corners jsonb,
  evidence_sha256 text,
  evidence_media_type text,
  evidence_width integer,
  evidence_height integer,
  primary key (captured_at, id),
  check ((key is null) = (mark_letters is null)),
  check ((evidence_sha256 is null) = (evidence_media_type is null))
) partition by range (captured_at);

comment on table passes is 'One vehicle going by one camera. Never edited: a correction is a new row.';

-- Ascending and without NULLS: ORDER BY … DESC then reads them backwards (a DESC NULLS LAST index cannot serve it).
create index passes_camera on passes (camera_id, captured_at);
create index passes_site on passes (site_id, captured_at);
create index passes_key on passes (key, captured_at) where key is not null;
create index passes_skeleton on passes (skeleton, captured_at) where skeleton is not null;

create function refuse_change() returns trigger language plpgsql as $$
begin
  raise exception '% is never edited: % refused', tg_argv[0], lower(tg_op) using errcode = 'restrict_violation';
end $$;

create trigger passes_never_edited before update on passes for each row execute function refuse_change('passes');

-- Every frame that was taken. done_at is null while a pass may still come of it: such frames are read again after a crash.
create table frames (
  captured_at timestamptz(3) not null,
  received_at timestamptz(3) not null,
  done_at timestamptz(3),
  camera_id text collate "C" not null,
  sha256 text collate "C" not null,
  time_source text not null,
  media_type text not null,
  name text not null,
  primary key (captured_at, camera_id, sha256)
) partition by range (captured_at);

create index frames_open on frames (captured_at) where done_at is null;

-- Makes the partition of the month (UTC) that holds the time. Attaching takes a weaker lock than CREATE … PARTITION OF: inserts go on.
-- There is no default partition: it would have to be scanned, and locked, whenever a month is added.
create function ensure_month_partition(parent text, at timestamptz) returns void language plpgsql as $$
declare
  month timestamp := date_trunc('month', at at time zone 'UTC');
  name text := parent || to_char(month, '_YYYY_MM');
begin
  if to_regclass(quote_ident(name)) is not null then
    return;
  end if;
  perform pg_advisory_xact_lock(hashtextextended('darwaza partition ' || name, 0));
  -- Asked of the catalogue itself: to_regclass may still answer from before the wait for the lock.
  if exists (select from pg_class where relname = name and relnamespace = current_schema()::regnamespace) then
    return;
  end if;
  execute format('create table %I (like %I including defaults including constraints)', name, parent);
  execute format('alter table %I attach partition %I for values from (%L) to (%L)', parent, name,
    to_char(month, 'YYYY-MM-DD') || ' 00:00:00+00', to_char(month + interval '1 month', 'YYYY-MM-DD') || ' 00:00:00+00');
end $$;

-- Every key that was ever seen, once. Searches with wildcards look here instead of in the passes, and whoever rebuilds the journeys of a
-- key locks its row: unlike advisory locks, row locks do not fill the server's shared lock table.
create table vehicle_keys (
  key text collate "C" primary key
);

-- Trigrams make "*847" fast. Without the extension (or the right to create it) the search reads the table, and is right but slower.
do $$
begin
  if exists (select 1 from pg_available_extensions where name = 'pg_trgm') then
    create extension if not exists pg_trgm;
    create index vehicle_keys_trigram on vehicle_keys using gin (key gin_trgm_ops);
  end if;
exception when insufficient_privilege then
  raise notice 'pg_trgm may not be created by this user: searches with wildcards will be slower';
end $$;

create table lists (
  name text collate "C" primary key,
  version integer not null
);

create table list_versions (
  list text collate "C" not null references lists (name),
  version integer not null,
  sha256 text not null,
  file_name text not null,
  entry_count integer not null,
  imported_at timestamptz(3) not null,
  confirmed_at timestamptz(3) not null,
  primary key (list, version)
);

comment on column list_versions.confirmed_at is 'When this very file was last delivered: the age of a list counts from here.';

-- An entry is in force from one version of its list up to another, so that what was listed at any time can be told.
create table list_entries (
  id text collate "C" not null,
  list text collate "C" not null,
  from_version integer not null,
  to_version integer,
  key text collate "C" not null,
  kind text not null,
  reason text not null,
  owner text not null,
  action text not null,
  expires_at timestamptz(3),
  mark_jurisdiction text,
  mark_district text,
  mark_letters text not null,
  mark_year text,
  mark_number text not null,
  mark_suffix text,
  mark_class text,
  mark_series text,
  primary key (id, from_version),
  foreign key (list, from_version) references list_versions (list, version)
);

create unique index list_entries_in_force on list_entries (id) where to_version is null;
create index list_entries_list on list_entries (list, id) where to_version is null;
create index list_entries_key on list_entries (key) where to_version is null;

create table register_versions (
  version integer primary key,
  sha256 text not null,
  file_name text not null,
  row_count integer not null,
  imported_at timestamptz(3) not null,
  confirmed_at timestamptz(3) not null
);

create table registrations (
  id text collate "C" not null,
  from_version integer not null references register_versions (version),
  to_version integer,
  key text collate "C" not null,
  vehicle_class text,
  make text,
  model text,
  colour text,
  status text,
  token_paid_to date,
  mark_jurisdiction text,
  mark_district text,
  mark_letters text not null,
  mark_year text,
  mark_number text not null,
  mark_suffix text,
  mark_class text,
  mark_series text,
  primary key (id, from_version)
);

create unique index registrations_in_force on registrations (id) where to_version is null;
create index registrations_key on registrations (key) where to_version is null;

-- Rows of an import that is under way. Unlogged: after a crash the import starts again, and the empty table is what it needs.
create unlogged table import_rows (
  import_id text collate "C" not null,
  id text collate "C" not null,
  content jsonb not null,
  started_at timestamptz(3) not null,
  primary key (import_id, id)
);

create table hits (
  id text collate "C" primary key,
  pass_id text collate "C" not null,
  captured_at timestamptz(3) not null,
  at timestamptz(3) not null,
  camera_id text collate "C" not null,
  site_id text collate "C",
  key text collate "C" not null,
  entry_id text collate "C" not null,
  list text collate "C" not null,
  list_version integer not null,
  list_imported_at timestamptz(3) not null,
  kind text not null,
  match_kind text not null,
  action text not null,
  reason text not null,
  owner text not null,
  agreement text not null,
  status text not null,
  pass_mark jsonb not null,
  entry_mark jsonb not null
);

create index hits_captured on hits (captured_at, id);
create index hits_list on hits (list, captured_at);
create index hits_pass on hits (pass_id);

-- Derived from passes; each key's rows are replaced when a pass of it comes.
create table journeys (
  id text collate "C" primary key,
  key text collate "C" not null,
  status text not null,
  entry_pass_id text collate "C",
  exit_pass_id text collate "C",
  entry_missing boolean not null,
  exit_missing boolean not null,
  ambiguous boolean not null,
  started_at timestamptz(3) not null,
  last_seen_at timestamptz(3) not null,
  mark_jurisdiction text,
  mark_district text,
  mark_letters text not null,
  mark_year text,
  mark_number text not null,
  mark_suffix text,
  mark_class text,
  mark_series text,
  digest text not null
);

comment on column journeys.digest is 'SHA-256 of the journey: a rebuild writes only what changed.';

create index journeys_started on journeys (started_at, id);
create index journeys_key on journeys (key, started_at);
create index journeys_open on journeys (started_at, id) where status = 'open';

create table journey_sightings (
  journey_id text collate "C" not null references journeys (id) on delete cascade,
  captured_at timestamptz(3) not null,
  pass_id text collate "C" not null,
  position integer not null,
  site_id text collate "C",
  primary key (journey_id, position)
);

create index journey_sightings_site on journey_sightings (site_id, captured_at);

create table api_keys (
  id text collate "C" primary key,
  hash text collate "C" not null unique,
  label text not null,
  role text not null,
  permissions text[] not null,
  default_purpose text,
  created_at timestamptz(3) not null,
  expires_at timestamptz(3),
  withdrawn_at timestamptz(3)
);

comment on column api_keys.hash is 'SHA-256 of a key of 256 random bits; a slow hash would protect nothing more.';

create table audit_log (
  sequence bigint primary key,
  at timestamptz(3) not null,
  actor text not null,
  action text not null,
  purpose text,
  case_reference text,
  question json not null,
  result_count integer,
  request_id text,
  previous_hash text not null,
  hash text not null
);

comment on column audit_log.question is 'json, not jsonb: the hash is over the text as written.';

create trigger audit_log_append_only before update or delete or truncate on audit_log
  for each statement execute function refuse_change('audit_log');
