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
  add column profiles text[] not null default '{}';

comment on column vehicles.profiles is 'The marks read under this key (JSON of their parts), sorted: what vehicles there are follows from them.';

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

-- The beginning and the end of an export are rows of the audit log, found by its id.
create index audit_log_export on audit_log ((question ->> 'export')) where question ->> 'export' is not null;
