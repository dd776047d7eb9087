-- Admins find out why somebody is left over, and see how coaches' hours are used: a person's hours and calls, and of
-- coaches counts alone.
-- depends: 0037-waiting

SET LOCAL lock_timeout = '5s';

CREATE FUNCTION hours_of_person(wanted uuid)
RETURNS TABLE (id uuid, purpose text, starts timestamp, ends timestamp, timezone text, weekly boolean, until date, exceptions date[])
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT a.id, a.purpose, a.starts, a.ends, a.timezone, a.weekly, a.until,
           ARRAY(SELECT x.day FROM availability_exception x WHERE x.availability_id = a.id)
    FROM availability a WHERE a.person_id = wanted AND i_am('admin') ORDER BY a.starts, a.id
$$;

CREATE FUNCTION calls_of_person(wanted uuid, since timestamptz, most integer)
RETURNS TABLE (id uuid, starts timestamptz, ends timestamptz, other uuid, other_name text, coaches boolean)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT a.id, a.starts, a.ends, p.id, p.name, a.coach_id = wanted
    FROM appointment a JOIN person p ON p.id = CASE WHEN a.coach_id = wanted THEN a.client_id ELSE a.coach_id END
    WHERE wanted IN (a.coach_id, a.client_id) AND a.starts > since AND i_am('admin')
      AND NOT EXISTS (SELECT FROM cancellation x WHERE x.appointment_id = a.id)
    ORDER BY a.starts, a.id LIMIT most
$$;

CREATE FUNCTION use_of_office_hours(first date, last date)
RETURNS TABLE (coach uuid, name text, given bigint, booked bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT r.person_id, p.name,
           coalesce((SELECT sum(extract(epoch FROM a.ends - a.starts) / 60)
                     FROM availability a CROSS JOIN LATERAL generate_series(
                          a.starts::date + greatest(0, (first - a.starts::date + 6) / 7) * 7,
                          least(a.until, last), CASE WHEN a.weekly THEN '7 days' ELSE '1000 years' END::interval) AS on_day
                     WHERE a.person_id = r.person_id AND a.purpose = 'coaching' AND on_day::date BETWEEN first AND last
                       AND (a.weekly OR on_day::date = a.starts::date)
                       AND NOT EXISTS (SELECT FROM availability_exception x
                                       WHERE x.availability_id = a.id AND x.day = on_day::date)), 0)::bigint,
           coalesce((SELECT sum(extract(epoch FROM a.ends - a.starts) / 60) FROM appointment a
                     WHERE a.coach_id = r.person_id AND (a.starts AT TIME ZONE p.timezone)::date BETWEEN first AND last
                       AND NOT EXISTS (SELECT FROM cancellation x WHERE x.appointment_id = a.id)), 0)::bigint
    FROM person_role r JOIN person p ON p.id = r.person_id
    WHERE r.role = 'coach' AND r.active AND i_am('admin') ORDER BY lower(p.name), p.id
$$;

REVOKE EXECUTE ON FUNCTION hours_of_person, calls_of_person, use_of_office_hours FROM public;
GRANT EXECUTE ON FUNCTION hours_of_person, calls_of_person, use_of_office_hours TO rendezvous_app;
