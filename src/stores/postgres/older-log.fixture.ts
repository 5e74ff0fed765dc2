/** Routines of version 1 for the log `public.events`: they look for their events under another name. */
export const olderRoutines = `
  create or replace function eventfold."public.events.judge"(batch jsonb) returns text language plpgsql as $$
    declare head bigint := (select coalesce(max(e.position), 0) from events e);
    begin
      insert into events (position, id, type, data)
        select head + e.o, e.i, e.t, e.d
          from jsonb_to_recordset(batch -> 'e') as e(o int, i text, t text, d jsonb);
      return jsonb_build_object('head', head, 'id', null, 'refused', '[]'::jsonb,
        'moment', extract(epoch from now()) * 1000);
    end $$;
  create or replace function eventfold."public.events.append"(batch jsonb) returns text language plpgsql as $$
    begin
      return eventfold."public.events.judge"(batch);
    end $$;`

/** Makes the log `public.events` one of version 1. */
export const olderLog = `update eventfold.logs set version = 1 where log = 'public.events';${olderRoutines}`
