-- Calendars that people keep elsewhere: their busy times stand beside commitments, for they may overlap each other and what
-- is booked already.
-- depends: 0037-waiting

SET LOCAL lock_timeout = '5s';

CREATE TABLE outside_calendar (
    id uuid PRIMARY KEY,
    person_id uuid NOT NULL REFERENCES person ON DELETE CASCADE,
    number integer NOT NULL CONSTRAINT at_most_five_outside_calendars CHECK (number BETWEEN 1 AND 5),
    url text NOT NULL CONSTRAINT outside_calendar_is_https CHECK (length(url) <= 2000 AND url LIKE 'https://%'),
    host text NOT NULL,
    added timestamptz NOT NULL,
    due timestamptz NOT NULL,
    read timestamptz NOT NULL DEFAULT 'epoch',
    failures integer NOT NULL DEFAULT 0 CONSTRAINT outside_calendar_failures_count_up CHECK (failures >= 0),
    problem text NOT NULL DEFAULT '',
    lost boolean NOT NULL DEFAULT false,
    etag text NOT NULL DEFAULT '',
    modified text NOT NULL DEFAULT '',
    CONSTRAINT outside_calendar_has_its_number UNIQUE (person_id, number),
    CONSTRAINT outside_calendar_is_given_once UNIQUE (person_id, url)
);
COMMENT ON COLUMN outside_calendar.url IS 'A secret of its owner: read by the job that fetches it, shown to nobody.';
COMMENT ON COLUMN outside_calendar.read IS 'When it was read last; the epoch before that.';
COMMENT ON COLUMN outside_calendar.lost IS 'It could not be read for a day: its busy times are gone, and its owner was told.';
CREATE INDEX outside_calendar_due ON outside_calendar (due);

CREATE TABLE outside_busy (
    calendar_id uuid NOT NULL REFERENCES outside_calendar ON DELETE CASCADE,
    person_id uuid NOT NULL REFERENCES person ON DELETE CASCADE,
    during tstzrange NOT NULL CONSTRAINT outside_busy_has_a_length
        CHECK (NOT isempty(during) AND lower_inc(during) AND NOT upper_inc(during)
               AND NOT lower_inf(during) AND NOT upper_inf(during))
);
CREATE INDEX outside_busy_calendar ON outside_busy (calendar_id);
CREATE INDEX outside_busy_person ON outside_busy USING gist (person_id, during);

GRANT SELECT (id, person_id, number, host, added, due, read, failures, problem, lost), INSERT (id, person_id, number, url, host, added, due),
    DELETE ON outside_calendar TO rendezvous_app;
GRANT SELECT ON outside_busy TO rendezvous_app;
ALTER TABLE outside_calendar ENABLE ROW LEVEL SECURITY;
ALTER TABLE outside_busy ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON outside_calendar TO rendezvous_app USING (person_id = (SELECT me())) WITH CHECK (person_id = (SELECT me()));
CREATE POLICY own ON outside_busy FOR SELECT TO rendezvous_app USING (person_id = (SELECT me()));
CREATE POLICY jobs ON outside_calendar TO rendezvous_job USING (true);
CREATE POLICY jobs ON outside_busy TO rendezvous_job USING (true);

-- Who is gone keeps no calendars elsewhere.
CREATE FUNCTION forget_outside_calendars() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    DELETE FROM outside_calendar WHERE person_id = OLD.person_id;
    RETURN NULL;
END $$;
CREATE TRIGGER who_is_gone_keeps_no_calendars AFTER DELETE ON account FOR EACH ROW EXECUTE FUNCTION forget_outside_calendars();

DROP FUNCTION coach_calendar(text, uuid, tstzrange, uuid, text);
CREATE FUNCTION coach_calendar(coach_slug text, client uuid, span tstzrange, moving uuid, hold text)
RETURNS TABLE (id uuid, name text, timezone text, call_link text, client_slug text, client_name text,
               client_timezone text, rules jsonb,
               hours text, away_from timestamptz[], away_until timestamptz[],
               outside_from timestamptz[], outside_until timestamptz[],
               client_outside_from timestamptz[], client_outside_until timestamptz[],
               taken_from timestamptz[], taken_until timestamptz[],
               client_from timestamptz[], client_until timestamptz[], calls timestamptz[], banned boolean)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET plan_cache_mode = force_generic_plan AS $$
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
    SELECT given.hours, closed.begins, closed.ends, elsewhere.begins, elsewhere.ends, hers_elsewhere.begins, hers_elsewhere.ends, his.begins, his.ends, hers.begins, hers.ends, counted.starts,
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
          FROM outside_busy o WHERE o.person_id = client AND o.during && span) hers_elsewhere,
         (SELECT array_agg(lower(c.during)) AS begins, array_agg(upper(c.during)) AS ends
          FROM commitment c WHERE c.person_id = id AND c.during && span
            AND (moving IS NULL OR c.appointment_id IS DISTINCT FROM moving)) his,
         (SELECT array_agg(lower(c.during)) AS begins, array_agg(upper(c.during)) AS ends
          FROM commitment c WHERE c.person_id = client AND c.during && span
            AND (moving IS NULL OR c.appointment_id IS DISTINCT FROM moving)) hers,
         (SELECT array_agg(a.starts) AS starts FROM appointment a
          WHERE a.client_id = client AND a.booked_by = client AND (moving IS NULL OR a.id <> moving)
            AND a.starts > lower(span) - interval '32 days' AND a.starts < upper(span) + interval '32 days'
            AND NOT EXISTS (SELECT FROM cancellation x WHERE x.appointment_id = a.id)
            AND NOT EXISTS (SELECT FROM no_show n WHERE n.appointment_id = a.id AND NOT n.counts)) counted;
    RETURN NEXT;
END $$;
GRANT EXECUTE ON FUNCTION coach_calendar TO rendezvous_app;
