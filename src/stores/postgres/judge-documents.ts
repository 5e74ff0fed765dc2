import { rowsOf } from './batch.ts'
import type { LogNames } from './names.ts'

/** Fills `documents` with what becomes of each write, and adds to `refused` where a guard does. */
export function judgeDocuments({ events, projections }: LogNames): string {
  return `
    select jsonb_agg(jsonb_build_object('a', d.a, 'n', d.n, 't', d.t, 'i', d.i, 'd', d.d, 'p', d.p, 'v', d.v,
        'status', d.status, 'revision', case when d.status = 'skipped' then d.actual else d.actual + 1 end)),
      jsonb_agg(jsonb_build_array(d.a, 'document', d.n, d.rewound, d.failed, d.actual, d.deleted))
        filter (where d.rewound or (d.failed is not null and d.s is not true))
      into documents, found from (
        select d.*, case when d.failed is not null or (d.z and not d.present and d.p is null) then 'skipped'
            when d.z then 'deleted' when d.present then 'updated' else 'created' end as status
          from (
            select d.*, coalesce(c.rewound, false) as rewound, (
                select min(g.o) from jsonb_array_elements(d.g) with ordinality as g(guard, o)
                  where not case
                    when jsonb_typeof(g.guard) = 'object' then d.actual = (g.guard ->> 'revision')::bigint
                    when g.guard #>> '{}' = 'absent' then not d.present
                    when g.guard #>> '{}' = 'present' then d.present
                    else d.stored is null
                      or (d.stored > 0 and (select s.id from ${events} s where s.position = d.stored) is distinct from d.stored_id)
                      or d.p > d.stored or (g.guard #>> '{}' = 'not-older' and d.p = d.stored and d.present) end) as failed
              from (
                select d.*, coalesce(s.revision, 0) as actual, coalesce(s.present, false) as present,
                    coalesce(not s.present, false) as deleted, s.position as stored, s.latest_event_id as stored_id
                  from ${rowsOf('d', 'dn', 'dt', 'di', 'dd', 'dz', 'dp', 'dv', 'dg', 'ds', 'da')}
                  left join lateral (select s.revision, s.data is not null as present, s.position, s.latest_event_id
                    from ${projections} s where s.type = d.t and s.id = d.i offset 0) s on true) d,
                lateral (select d.p > 0 and (select s.id from ${events} s where s.position = d.p)
                  is distinct from d.v as rewound offset 0) c offset 0) d offset 0) d;
    refused := refused || coalesce(found, '[]');`
}
