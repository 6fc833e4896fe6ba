-- Live cameras: passes that are followed through a stream, pushes of cameras that read plates themselves, clocks and health of cameras.
-- New columns are null on what is there, so nothing is rewritten and the server may run meanwhile.

alter table passes
  add column movement text,
  add column evidence_at timestamptz(3),
  add column clock_correction_ms integer;

comment on column passes.movement is 'Which way it moved in the view: towards, away; null: not known.';
comment on column passes.evidence_at is 'Capture time of the evidence frame, where that is not captured_at.';
comment on column passes.clock_correction_ms is 'What was added to the time that the camera gave; null: nothing.';

alter table frames add column clock_correction_ms integer;
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
