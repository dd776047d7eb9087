-- Functions that policies and bookings call keep their plans: a function in SQL that runs as its owner is planned anew
-- at each call, one in PL/pgSQL once a session. And the calendar of a coach is read in two statements instead of ten.
-- depends: 0008-limits-and-addresses

SET LOCAL lock_timeout = '5s';

CREATE OR REPLACE FUNCTION sees_person(wanted uuid) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    RETURN EXISTS (SELECT FROM attendance mine JOIN attendance his USING (event_id)
                   WHERE mine.person_id = me() AND his.person_id = wanted)
        OR EXISTS (SELECT FROM attendance a JOIN event e ON e.id = a.event_id
                   WHERE a.person_id = wanted AND e.public AND me() IS NOT NULL);
END $$;

CREATE OR REPLACE FUNCTION sees_event(wanted uuid) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    RETURN me() IS NOT NULL AND (
        EXISTS (SELECT FROM attendance WHERE event_id = wanted AND person_id = me())
        OR EXISTS (SELECT FROM event WHERE id = wanted AND (public OR creator = me())));
END $$;

CREATE OR REPLACE FUNCTION sees_coach(wanted uuid) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    RETURN coalesce(me() = wanted, false) OR coalesce(i_am('admin'), false) OR i_am_a_job()
        OR EXISTS (SELECT FROM relationship r WHERE r.coach_id = wanted AND r.client_id = me() AND r.is_current);
END $$;

CREATE OR REPLACE FUNCTION shares_calls_with(wanted uuid) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    RETURN EXISTS (SELECT FROM relationship r WHERE r.coach_id = wanted AND r.client_id = me())
        OR EXISTS (SELECT FROM relationship r WHERE r.client_id = wanted AND r.coach_id = me());
END $$;

CREATE OR REPLACE FUNCTION calls_in(month tstzrange, of_client uuid, besides uuid) RETURNS bigint
LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN (SELECT count(*) FROM appointment a
            WHERE a.client_id = of_client AND a.booked_by = of_client AND a.starts >= lower(month) AND a.starts < upper(month)
              AND (besides IS NULL OR a.id <> besides)
              AND NOT EXISTS (SELECT FROM cancellation x WHERE x.appointment_id = a.id));
END $$;

-- All that decides which slots of a coach are free for a client, and what a call of theirs shows, in one row; none
-- where the caller may not see it. hold: 'nothing' to look, 'book' before a booking, 'change' before a move. A
-- statement sees what is committed when it begins, so what is read after the lock stays true until the end of the
-- transaction: the calendar is its last statement.
DROP FUNCTION coach_calendar(text, uuid, tstzrange, uuid, text);
CREATE FUNCTION coach_calendar(coach_slug text, client uuid, span tstzrange, moving uuid, hold text)
RETURNS TABLE (id uuid, name text, timezone text, call_link text, client_slug text, client_name text,
               client_timezone text, rules jsonb,
               hours text, taken_from timestamptz[], taken_until timestamptz[],
               client_from timestamptz[], client_until timestamptz[], calls timestamptz[], banned boolean)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
#variable_conflict use_variable
DECLARE looker uuid := me(); widely boolean := coalesce(i_am('admin'), false) OR i_am_a_job();
BEGIN
    SELECT p.id, p.name, p.timezone, coalesce(l.url, ''), k.slug, k.name, k.timezone,
           (SELECT coalesce(jsonb_object_agg(r.name, r.value ORDER BY r.scope), '{}')
            FROM rule r WHERE r.scope IN ('', p.id::text) AND r.name LIKE 'coaching.%')
    INTO id, name, timezone, call_link, client_slug, client_name, client_timezone, rules
    FROM person p
    JOIN person_role as_coach ON as_coach.person_id = p.id AND as_coach.role = 'coach'
    LEFT JOIN person k ON k.id = client
    LEFT JOIN call_link l ON l.coach_id = p.id
    WHERE p.slug = coach_slug
      AND (widely OR looker = p.id OR (looker = client AND EXISTS (
            SELECT FROM relationship r WHERE r.coach_id = p.id AND r.client_id = looker AND r.is_current)))
      AND (client IS NULL OR client = looker OR EXISTS (
            SELECT FROM relationship r WHERE r.coach_id = p.id AND r.client_id = client AND (r.is_current OR widely)));
    IF NOT FOUND THEN
        RETURN;
    END IF;
    IF hold = 'change' OR (hold = 'book' AND coalesce((rules -> 'coaching.buffer_minutes')::int, 0) > 0) THEN
        PERFORM lock_coach(id);
    ELSIF hold = 'book' THEN
        PERFORM share_coach(id);
    END IF;
    SELECT given.hours, his.begins, his.ends, hers.begins, hers.ends, counted.starts,
           EXISTS (SELECT FROM ban b WHERE b.person_id IN (id, client))
           OR NOT EXISTS (SELECT FROM person_role r WHERE r.person_id = id AND r.role = 'coach' AND r.active)
    INTO hours, taken_from, taken_until, client_from, client_until, calls, banned
    FROM (SELECT coalesce(json_agg(json_build_array(v.starts, v.ends, v.timezone, v.weekly,
                     CASE WHEN isfinite(v.until) THEN v.until::text END,
                     ARRAY(SELECT x.day FROM availability_exception x WHERE x.availability_id = v.id))
                     ORDER BY v.starts, v.id), '[]') AS hours
          FROM availability v
          WHERE v.person_id = id AND v.purpose = 'coaching'
            AND v.starts < upper(span)::date + 3 AND v.until >= lower(span)::date - 3) given,
         (SELECT array_agg(lower(c.during)) AS begins, array_agg(upper(c.during)) AS ends
          FROM commitment c WHERE c.person_id = id AND c.during && span
            AND (moving IS NULL OR c.appointment_id IS DISTINCT FROM moving)) his,
         (SELECT array_agg(lower(c.during)) AS begins, array_agg(upper(c.during)) AS ends
          FROM commitment c WHERE c.person_id = client AND c.during && span
            AND (moving IS NULL OR c.appointment_id IS DISTINCT FROM moving)) hers,
         (SELECT array_agg(a.starts) AS starts FROM appointment a
          WHERE a.client_id = client AND a.booked_by = client AND (moving IS NULL OR a.id <> moving)
            AND a.starts > lower(span) - interval '32 days' AND a.starts < upper(span) + interval '32 days'
            AND NOT EXISTS (SELECT FROM cancellation x WHERE x.appointment_id = a.id)) counted;
    RETURN NEXT;
END $$;
GRANT EXECUTE ON FUNCTION coach_calendar TO rendezvous_app;
