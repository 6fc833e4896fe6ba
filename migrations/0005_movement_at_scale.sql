-- How many journeys stand open without an exit grows for ever: every misread in the streets leaves one. So they are counted as they come and go,
-- in the same transaction, and whoever asks who is inside reads the counts of two weeks, however old the data are.
create table inside_counts (
  hour timestamptz(3) not null,
  journeys bigint not null,
  entered boolean not null,
  primary key (hour, entered)
);
comment on table inside_counts is 'Journeys that are open: not seen to leave, nor absorbed.';
comment on column inside_counts.hour is 'In UTC: of the entry, or without one when the vehicle was last seen; -infinity: all of them.';

-- Each statement adds what it changed: writers that all raised the same counts would wait for one another. Folded into inside_counts now and
-- then; until then a question adds them up.
create table inside_changes (
  sequence bigint generated always as identity primary key,
  hour timestamptz(3) not null,
  journeys bigint not null,
  entered boolean not null
);

create function count_inside() returns trigger language plpgsql as $$
begin
  if tg_op = 'INSERT' then
    insert into inside_changes (hour, journeys, entered)
    select b.hour, count(*), j.entry_at is not null
    from new_journeys j cross join lateral (values ('-infinity'::timestamptz), (date_trunc('hour', coalesce(j.entry_at, j.last_seen_at), 'UTC'))) as b (hour)
    where j.status = 'open' and not j.absorbed and j.left_at is null group by 1, 3;
  elsif tg_op = 'DELETE' then
    insert into inside_changes (hour, journeys, entered)
    select b.hour, -count(*), j.entry_at is not null
    from old_journeys j cross join lateral (values ('-infinity'::timestamptz), (date_trunc('hour', coalesce(j.entry_at, j.last_seen_at), 'UTC'))) as b (hour)
    where j.status = 'open' and not j.absorbed and j.left_at is null group by 1, 3;
  elsif tg_op = 'UPDATE' then
    insert into inside_changes (hour, journeys, entered)
    select b.hour, sum(j.n), j.entered
    from (
      select coalesce(entry_at, last_seen_at) as at, entry_at is not null as entered, 1 as n from new_journeys where status = 'open' and not absorbed and left_at is null
      union all
      select coalesce(entry_at, last_seen_at), entry_at is not null, -1 from old_journeys where status = 'open' and not absorbed and left_at is null
    ) as j cross join lateral (values ('-infinity'::timestamptz), (date_trunc('hour', j.at, 'UTC'))) as b (hour)
    group by 1, 3 having sum(j.n) <> 0;
  else
    delete from inside_changes;
    delete from inside_counts;
  end if;
  return null;
end $$;

create trigger journeys_counted_in after insert on journeys referencing new table as new_journeys for each statement execute function count_inside();
create trigger journeys_counted_again after update on journeys referencing old table as old_journeys new table as new_journeys for each statement execute function count_inside();
create trigger journeys_counted_out after delete on journeys referencing old table as old_journeys for each statement execute function count_inside();
create trigger journeys_counted_none after truncate on journeys for each statement execute function count_inside();

-- The triggers have the lock that keeps writers out until this is committed, so that nobody is counted twice or not at all.
insert into inside_counts (hour, journeys, entered)
select b.hour, count(*), j.entry_at is not null
from journeys j cross join lateral (values ('-infinity'::timestamptz), (date_trunc('hour', coalesce(j.entry_at, j.last_seen_at), 'UTC'))) as b (hour)
where j.status = 'open' and not j.absorbed and j.left_at is null group by 1, 3;

-- No question looks for vehicles by these: look-alikes are sought by their own patterns, and pairs among the journeys.
drop index vehicles_skeleton;
drop index vehicles_fold;
