-- What another system's camera says of the vehicle itself. Never guessed from the plate.
alter table passes add column vehicle_class text, add column vehicle_make text, add column vehicle_colour text;

-- Settings of a list (src/list/list-settings.ts checks and completes them) and how its feed fares.
alter table lists
  add column settings jsonb not null default '{}',
  add column feed_checked_at timestamptz(3),
  add column feed_succeeded_at timestamptz(3),
  add column feed_fault text,
  add column feed_failing_since timestamptz(3),
  add column feed_etag text;

alter table list_versions
  add column origin text not null default 'file',
  add column author text,
  add column of_version integer,
  add column added integer,
  add column changed integer,
  add column removed integer;

comment on column list_versions.origin is 'file, delta, rollback, entry (one added, changed or withdrawn by a person) or feed';
comment on column list_versions.of_version is 'For a rollback: the version whose entries came back.';

-- A pattern (LE?-*) has no key and no parts.
alter table list_entries
  alter column key drop not null,
  alter column mark_letters drop not null,
  alter column mark_number drop not null,
  add column serial bigint generated always as identity,
  add column pattern text,
  add column digest text not null default '',
  add column vehicle_class text,
  add column vehicle_make text,
  add column vehicle_colour text,
  add column chassis text,
  add column warnings text[] not null default '{}',
  add column case_reference text,
  add column source text,
  add column stage text,
  add column review_at timestamptz(3),
  add column author text,
  add constraint list_entries_mark_or_pattern check ((key is null) = (pattern is not null) and (key is null) = (mark_letters is null));

comment on column list_entries.serial is 'One number a row and version: what the matching index holds of it.';
comment on column list_entries.digest is 'Of what the file said: a file that says the same again changes nothing, also where a person has changed the row since. Empty for an entry that no file brought.';

-- A million rows come in one statement: each index and check less is a second or more. That (list, from_version) is a version is seen to by
-- the one who writes both, and of an id one row at most is in force.
alter table list_entries
  drop constraint list_entries_pkey,
  drop constraint list_entries_list_from_version_fkey,
  add primary key (serial);
drop index list_entries_list;
create index list_entries_past on list_entries (id, from_version) where to_version is not null;
create index list_entries_in_order on list_entries (list, serial);
create index list_entries_opened on list_entries (list, from_version);
create index list_entries_closed on list_entries (list, to_version) where to_version is not null;
create index list_entries_pattern on list_entries (list) where to_version is null and pattern is not null;

-- Rows of a list's import that is under way, and how they differ from what is in force. Unlogged, as import_rows.
create unlogged table list_import_rows (
  import_id text collate "C" not null,
  started_at timestamptz(3) not null,
  line integer not null,
  id text collate "C" not null,
  digest text collate "C" not null,
  withdraw boolean not null,
  key text,
  pattern text,
  mark_jurisdiction text,
  mark_district text,
  mark_letters text,
  mark_year text,
  mark_number text,
  mark_suffix text,
  mark_class text,
  mark_series text,
  kind text not null,
  reason text not null,
  owner text not null,
  action text not null,
  expires_at timestamptz(3),
  vehicle_class text,
  vehicle_make text,
  vehicle_colour text,
  chassis text,
  warnings text[] not null,
  case_reference text,
  source text,
  stage text,
  review_at timestamptz(3)
);

create unlogged table list_import_changes (
  import_id text collate "C" not null,
  started_at timestamptz(3) not null,
  id text collate "C" not null,
  change text not null
);

comment on column list_import_changes.change is 'added, changed or removed';

alter table hits
  alter column pass_id drop not null,
  alter column entry_mark drop not null,
  add column entry_pattern text,
  add column plate text collate "C" not null default '',
  add column provisional_frame text,
  add column direction text not null default 'unknown',
  add column score double precision not null default 1,
  add column contradictions text[] not null default '{}',
  add column via text,
  add column entry_details jsonb not null
    default '{"vehicle": {"class": null, "make": null, "colour": null, "chassis": null}, "warnings": [], "caseReference": null, "source": null, "stage": null}',
  add column priority integer not null default 50,
  add column colour text not null default 'red',
  add column sound text not null default 'beep',
  add column covert boolean not null default false,
  add column late boolean not null default false,
  add column count integer not null default 1,
  add column first_seen_at timestamptz(3),
  add column last_seen_at timestamptz(3),
  add column latest_pass_id text collate "C",
  add column delivered_at timestamptz(3),
  add column acknowledged_at timestamptz(3),
  add column acknowledged_by text,
  add column escalate_at timestamptz(3),
  add column escalation integer not null default 0,
  add column decided_at timestamptz(3),
  add column decided_by text,
  add column reject_reason text,
  add column note text,
  add column true_mark text,
  add column enforced boolean,
  add column closes_at timestamptz(3);

update hits set status = 'confirmed' where status = 'provisional';
update hits set first_seen_at = captured_at, last_seen_at = captured_at, plate = key, latest_pass_id = pass_id;
alter table hits alter column first_seen_at set not null, alter column last_seen_at set not null;

comment on column hits.plate is 'Mark of the vehicle as read, year and suffix included: entry, plate and site together are what a cooldown counts.';
comment on column hits.via is 'What matched where it was not the read itself: the alternative reading, or the pattern.';
comment on column hits.provisional_frame is 'SHA-256 of the frame of the first confident read; null for a hit that a finished pass raised.';

create index hits_entry on hits (entry_id, last_seen_at);
create index hits_escalate on hits (escalate_at) where escalate_at is not null;
create index hits_close on hits (closes_at) where closes_at is not null;
create index hits_provisional on hits (camera_id) where status = 'provisional';
create index hits_decided on hits (decided_at) where decided_at is not null;

-- What happened to hits, in the order of commit: writers take an advisory lock before they number their rows, so that a reader who has
-- seen number n has seen all before it. Server-sent events resume by this number.
create table hit_events (
  sequence bigint generated always as identity primary key,
  at timestamptz(3) not null,
  hit_id text collate "C" not null references hits (id),
  kind text not null,
  ring boolean not null,
  actor text,
  sites text[] not null default '{}',
  keys text[] not null default '{}',
  detail jsonb not null default '{}'
);

comment on column hit_events.ring is 'Whether it makes a sound: never for late, silent or repeated ones.';
comment on column hit_events.sites is 'Sites beside the hit''s own that are told: the next ones of an escalation, those that the vehicle can reach.';
comment on column hit_events.keys is 'API keys (persons) that an escalation names.';

create index hit_events_hit on hit_events (hit_id, sequence);
create index hit_events_at on hit_events (at);
-- Whether a sighting was counted into a hit before, and into which: the id that it would have had as a hit of its own.
create index hit_events_sighting on hit_events ((detail ->> 'sighting')) where kind = 'repeated';
create trigger hit_events_append_only before update or delete or truncate on hit_events for each statement execute function refuse_change('hit_events');

-- How often a character was read for another, learned from accepted hits and corrected reads; equal characters count the right ones.
create table confusions (
  read_character text collate "C" not null,
  true_character text collate "C" not null,
  count integer not null check (count >= 0),
  primary key (read_character, true_character)
);

create table webhooks (
  id text collate "C" primary key,
  url text not null,
  secret text not null,
  label text not null,
  lists text[],
  kinds text[],
  sites text[],
  covert boolean not null,
  paused boolean not null default false,
  created_at timestamptz(3) not null,
  created_by text not null,
  removed_at timestamptz(3)
);

comment on column webhooks.secret is 'Signs every delivery (HMAC needs it as it is): shown once, never again.';
comment on column webhooks.paused is 'Only by a person: no number of failures pauses an endpoint.';

-- The outbox: written in the transaction of the event, emptied by a 2xx answer or after 24 hours of trying.
create table webhook_deliveries (
  id bigint generated always as identity primary key,
  webhook_id text collate "C" not null references webhooks (id),
  event_sequence bigint not null references hit_events (sequence),
  state text not null default 'waiting',
  attempts integer not null default 0,
  created_at timestamptz(3) not null,
  next_at timestamptz(3) not null,
  finished_at timestamptz(3),
  last_status integer,
  last_fault text
);

create unique index webhook_deliveries_event on webhook_deliveries (webhook_id, event_sequence);
create index webhook_deliveries_due on webhook_deliveries (webhook_id, next_at) where state = 'waiting';
create index webhook_deliveries_state on webhook_deliveries (webhook_id, state, id);
