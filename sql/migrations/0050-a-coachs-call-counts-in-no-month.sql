-- A call that the coach booked counts in no month of its client, wherever it is moved; what is offered for it says so too.
-- depends: 0049-a-mail-is-claimed-by-its-index

SET LOCAL lock_timeout = '5s';

CREATE OR REPLACE FUNCTION coach_calendar(coach_slug text, client uuid, span tstzrange, moving uuid, hold text) RETURNS TABLE(id uuid, name text, timezone text, call_link text, client_slug text, client_name text, client_timezone text, rules jsonb, hours text, away_from timestamptz[], away_until timestamptz[], outside_from timestamptz[], outside_until timestamptz[], client_outside_from timestamptz[], client_outside_until timestamptz[], taken_from timestamptz[], taken_until timestamptz[], client_from timestamptz[], client_until timestamptz[], calls timestamptz[], banned boolean)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    SET plan_cache_mode TO 'force_generic_plan'
    AS $$
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
    SELECT given.hours, closed.begins, closed.ends, elsewhere.begins, elsewhere.ends, client_elsewhere.begins, client_elsewhere.ends, of_coach.begins, of_coach.ends, of_client.begins, of_client.ends, counted.starts,
           EXISTS (SELECT FROM ban b WHERE b.person_id IN (id, client))
           OR NOT EXISTS (SELECT FROM person_role r WHERE r.person_id = id AND r.role = 'coach' AND r.active)
    INTO hours, away_from, away_until, outside_from, outside_until, client_outside_from, client_outside_until, taken_from, taken_until, client_from, client_until, calls, banned
    FROM (SELECT coalesce(json_agg(json_build_array(v.starts, v.ends, v.timezone, v.weekly,
                     CASE WHEN isfinite(v.until) THEN v.until::text END,
                     ARRAY(SELECT x.day FROM availability_exception x WHERE x.availability_id = v.id))
                     ORDER BY v.starts, v.id), '[]') AS hours
          FROM availability v
          WHERE v.person_id = id AND v.purpose = 'coaching'
            AND v.starts < upper(span)::date + 3 AND v.until >= lower(span)::date - 3) given,
         (SELECT array_agg(lower(d.during)) AS begins, array_agg(upper(d.during)) AS ends
          FROM day_away d WHERE d.person_id = id AND d.during && span) closed,
         (SELECT array_agg(lower(o.during)) AS begins, array_agg(upper(o.during)) AS ends
          FROM outside_busy o WHERE o.person_id = id AND o.during && span) elsewhere,
         (SELECT array_agg(lower(o.during)) AS begins, array_agg(upper(o.during)) AS ends
          FROM outside_busy o WHERE o.person_id = client AND o.during && span) client_elsewhere,
         (SELECT array_agg(lower(c.during)) AS begins, array_agg(upper(c.during)) AS ends
          FROM commitment c WHERE c.person_id = id AND c.during && span
            AND (moving IS NULL OR c.appointment_id IS DISTINCT FROM moving)) of_coach,
         (SELECT array_agg(lower(c.during)) AS begins, array_agg(upper(c.during)) AS ends
          FROM commitment c WHERE c.person_id = client AND c.during && span
            AND (moving IS NULL OR c.appointment_id IS DISTINCT FROM moving)) of_client,
         (SELECT array_agg(a.starts) AS starts FROM appointment a
          WHERE a.client_id = client AND a.booked_by = client AND (moving IS NULL OR a.id <> moving)
            AND a.starts > lower(span) - interval '32 days' AND a.starts < upper(span) + interval '32 days'
            AND (moving IS NULL OR EXISTS (SELECT FROM appointment m WHERE m.id = moving AND m.booked_by = client))
            AND NOT EXISTS (SELECT FROM cancellation x WHERE x.appointment_id = a.id)
            AND NOT EXISTS (SELECT FROM no_show n WHERE n.appointment_id = a.id AND NOT n.counts)) counted;
    RETURN NEXT;
END $$;
