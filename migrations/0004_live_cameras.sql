-- Live cameras: passes that are followed through a stream, pushes of cameras that read plates themselves, clocks and health of cameras.
-- New columns are null on what is there, so nothing is rewritten and the server may run meanwhile.

alter table passes
  add column movement text,
  add column evidence_at timestamptz(3),
  add column clock_correction_ms double precision;

comment on column passes.movement is 'Which way it moved in the view: towards, away; null: not known.';
comment on column passes.evidence_at is 'Capture time of the evidence frame, where that is not captured_at.';
comment on column passes.clock_correction_ms is 'What was added to the time that the camera gave; null: nothing.';

alter table frames add column clock_correction_ms double precision;
comment on column frames.clock_correction_ms is 'What is added to captured_at, the time that the camera gave, for its passes; null: nothing.';

-- Vehicles in view of a stream, from their first confident read on. A row goes when its pass is recorded; one that a crash left becomes its pass.
create table provisional_passes (
  captured_at timestamptz(3) not null,
  updated_at timestamptz(3) not null,
  id text collate "C" primary key,
  camera_id text collate "C" not null,
  pass jsonb not null
);
create index provisional_passes_camera on provisional_passes (camera_id, captured_at);

-- What cameras that read plates themselves sent, as it came, so that it can be read again by a later program.
create table payloads (
  received_at timestamptz(3) not null,
  last_at timestamptz(3) not null,
  deliveries integer not null,
  id text collate "C" primary key,
  camera_id text collate "C" not null,
  vendor text not null,
  outcome text not null check (outcome in ('accepted', 'other', 'refused', 'repeated')),
  media_type text not null,
  topic text,
  digest text collate "C" not null,
  faults jsonb
);
comment on column payloads.deliveries is 'How often it came; the same message again adds no row.';
comment on column payloads.digest is 'SHA-256 over the digests and names of its parts.';
create unique index payloads_same on payloads (camera_id, vendor, digest);
create index payloads_received on payloads (received_at, id);
create index payloads_outcome on payloads (outcome, received_at, id);

-- The bytes are in the evidence folder; a part that is the picture of a pass is kept there once.
create table payload_parts (
  part integer not null,
  payload_id text collate "C" not null references payloads (id) on delete cascade,
  media_type text not null,
  sha256 text collate "C" not null,
  name text,
  file_name text,
  primary key (payload_id, part)
);
create index payload_parts_sha256 on payload_parts using hash (sha256);

create table payload_passes (
  captured_at timestamptz(3) not null,
  payload_id text collate "C" not null references payloads (id) on delete cascade,
  pass_id text collate "C" not null,
  primary key (payload_id, pass_id)
);

-- Vehicles as their cameras reported them: by which the repeats of one are known, however often and late they come. A row is written before its
-- pass is recorded, and nothing is acknowledged before recorded_at stands.
create table reported_vehicles (
  claimed_at timestamptz(3) not null,
  last_claimed_at timestamptz(3) not null,
  received_at timestamptz(3) not null,
  due_at timestamptz(3),
  recorded_at timestamptz(3),
  sequence bigint generated always as identity primary key,
  camera_id text collate "C" not null,
  vendor text not null,
  event_id text collate "C",
  reported_text text collate "C" not null,
  pass_id text collate "C",
  pending jsonb
);
comment on column reported_vehicles.claimed_at is 'By the camera''s own clock, uncorrected.';
comment on column reported_vehicles.due_at is 'When a vehicle that is still in view becomes a pass though its camera tells no end; null: it is decided.';
comment on column reported_vehicles.pass_id is 'null: still in view.';
comment on column reported_vehicles.pending is 'The pass, until it is recorded.';
create index reported_vehicles_event on reported_vehicles (camera_id, event_id, claimed_at) where event_id is not null;
create index reported_vehicles_claimed on reported_vehicles (camera_id, claimed_at);
create index reported_vehicles_received on reported_vehicles (received_at);
create index reported_vehicles_open on reported_vehicles (sequence) where recorded_at is null;

-- What each reader read of a pass that several readers have read.
create table pass_readings (
  captured_at timestamptz(3) not null,
  read_at timestamptz(3) not null,
  confidence double precision,
  agrees boolean,
  pass_id text collate "C" not null,
  camera_id text collate "C" not null,
  reader text not null,
  read_text text not null,
  mark jsonb,
  primary key (captured_at, pass_id, reader)
);
comment on column pass_readings.agrees is 'With the reading that the pass has; null: it is that reading, or was not sure enough to say.';
create index pass_readings_disagree on pass_readings (captured_at, pass_id) where not agrees;
create index pass_readings_compared on pass_readings (camera_id, captured_at, agrees) where agrees is not null;

-- Pictures of other cameras that our reader has still to read.
create table readings_due (
  captured_at timestamptz(3) not null,
  due_at timestamptz(3) not null,
  attempts integer not null default 0,
  pass_id text collate "C" primary key,
  camera_id text collate "C" not null,
  sha256 text collate "C" not null,
  media_type text not null,
  plate_box jsonb,
  crop boolean not null
);
create index readings_due_at on readings_due (due_at);
create index readings_due_sha256 on readings_due using hash (sha256);

-- How wrong cameras' clocks were: a row when that changed by more than 250 ms, and one an hour. 56 years are more milliseconds than an integer holds.
create table camera_clocks (
  at timestamptz(3) not null,
  offset_ms double precision not null,
  spread_ms double precision not null,
  correction_ms double precision,
  settled boolean not null,
  camera_id text collate "C" not null,
  source text not null,
  primary key (camera_id, at)
);
create index camera_clocks_at on camera_clocks (at);
comment on column camera_clocks.offset_ms is 'What is to be added to the camera''s time.';
comment on column camera_clocks.correction_ms is 'What is added to it; null: nothing.';

-- What each camera sent, by the hour (UTC) in which it came. Added up by every process that takes something of the camera.
create table camera_figures (
  hour timestamptz(3) not null,
  frames integer not null default 0,
  still integer not null default 0,
  decode_errors integer not null default 0,
  dropped integer not null default 0,
  passes integer not null default 0,
  read integer not null default 0,
  unreadable integer not null default 0,
  no_plate integer not null default 0,
  camera_id text collate "C" not null,
  refused jsonb not null default '{}',
  widths integer[] not null default '{}',
  primary key (camera_id, hour)
);
create index camera_figures_hour on camera_figures (hour);
comment on column camera_figures.hour is 'Beginning of the hour in which it was received.';
comment on column camera_figures.refused is 'Code of the error: how many.';
comment on column camera_figures.widths is 'Plates by their width: how many below 20 px, below 40, … in steps of 20.';

-- How each camera stands now.
create table camera_states (
  updated_at timestamptz(3) not null,
  frame_at timestamptz(3),
  pass_at timestamptz(3),
  queue_depth integer,
  camera_id text collate "C" primary key,
  stream jsonb
);
comment on column camera_states.frame_at is 'When its newest frame came.';
comment on column camera_states.pass_at is 'When its newest pass came.';
comment on column camera_states.stream is 'State of its stream, and since when its picture is dark or moved.';

-- Times in which something was wrong with a camera.
create table camera_troubles (
  id bigint generated always as identity primary key,
  since timestamptz(3) not null,
  noticed_at timestamptz(3) not null,
  until timestamptz(3),
  camera_id text collate "C" not null,
  kind text not null,
  message text not null
);
create unique index camera_troubles_open on camera_troubles (camera_id, kind) where until is null;
create index camera_troubles_since on camera_troubles (camera_id, since);
comment on column camera_troubles.until is 'null: it is still so.';

-- The same as camera_hours in one row a day: what is usual for 1,400 cameras over four weeks is asked for by every "not seen".
create table camera_days (
  day timestamptz(3) not null,
  hours integer not null,
  busy_hours integer not null,
  camera_id text collate "C" not null,
  primary key (camera_id, day)
);
create index camera_days_day on camera_days (day);
comment on column camera_days.day is 'Beginning of the day in UTC.';
comment on column camera_days.hours is 'Hours of the day in UTC with a pass; the hour h is the bit 2^h.';
comment on column camera_days.busy_hours is 'Hours with so many passes that their absence would be noticed.';
insert into camera_days (day, hours, busy_hours, camera_id)
select date_trunc('day', hour, 'UTC'), bit_or(1 << extract(hour from hour at time zone 'UTC')::integer),
  bit_or(case when passes >= 4 then 1 << extract(hour from hour at time zone 'UTC')::integer else 0 end), camera_id
from camera_hours group by 4, 1;
