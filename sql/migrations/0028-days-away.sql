-- Days away are things of their own; whatever is asked about a span is asked by overlap; who coach each other now may move
-- their calls, whichever relationship those were booked in; a calendar is told when its entry changed, and of another link.
-- depends: 0025-what-would-help

SET LOCAL lock_timeout = '5s';

-- Hours that are given later do not open it: it closes whatever office hours there are.
CREATE TABLE day_away (
    id uuid PRIMARY KEY,
    person_id uuid NOT NULL REFERENCES person ON DELETE CASCADE,
    during tstzrange NOT NULL CONSTRAINT day_away_has_a_length
        CHECK (NOT isempty(during) AND lower_inc(during) AND NOT upper_inc(during)
               AND NOT lower_inf(during) AND NOT upper_inf(during)),
    timezone text NOT NULL,
    made timestamptz NOT NULL
);
COMMENT ON COLUMN day_away.timezone IS 'In which it was said, and is shown.';
CREATE INDEX day_away_person ON day_away (person_id, upper(during));

CREATE FUNCTION lock_who_is_away() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM lock_coach(coalesce(NEW.person_id, OLD.person_id));
    RETURN coalesce(NEW, OLD);
END $$;
CREATE TRIGGER day_away_locks_its_coach BEFORE INSERT OR UPDATE OR DELETE ON day_away
    FOR EACH ROW EXECUTE FUNCTION lock_who_is_away();

GRANT SELECT, INSERT, DELETE ON day_away TO rendezvous_app;
ALTER TABLE day_away ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON day_away TO rendezvous_app
    USING (person_id = (SELECT me())) WITH CHECK (person_id = (SELECT me()) AND (SELECT i_am('coach')));
CREATE POLICY jobs ON day_away TO rendezvous_job USING (true);

DROP FUNCTION coach_calendar(text, uuid, tstzrange, uuid, text);
CREATE FUNCTION coach_calendar(coach_slug text, client uuid, span tstzrange, moving uuid, hold text)
RETURNS TABLE (id uuid, name text, timezone text, call_link text, client_slug text, client_name text,
               client_timezone text, rules jsonb,
               hours text, away_from timestamptz[], away_until timestamptz[],
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
    SELECT given.hours, closed.begins, closed.ends, his.begins, his.ends, hers.begins, hers.ends, counted.starts,
           EXISTS (SELECT FROM ban b WHERE b.person_id IN (id, client))
           OR NOT EXISTS (SELECT FROM person_role r WHERE r.person_id = id AND r.role = 'coach' AND r.active)
    INTO hours, away_from, away_until, taken_from, taken_until, client_from, client_until, calls, banned
    FROM (SELECT coalesce(json_agg(json_build_array(v.starts, v.ends, v.timezone, v.weekly,
                     CASE WHEN isfinite(v.until) THEN v.until::text END,
                     ARRAY(SELECT x.day FROM availability_exception x WHERE x.availability_id = v.id))
                     ORDER BY v.starts, v.id), '[]') AS hours
          FROM availability v
          WHERE v.person_id = id AND v.purpose = 'coaching'
            AND v.starts < upper(span)::date + 3 AND v.until >= lower(span)::date - 3) given,
         (SELECT array_agg(lower(d.during)) AS begins, array_agg(upper(d.during)) AS ends
          FROM day_away d WHERE d.person_id = id AND d.during && span) closed,
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

-- The two may have ended and begun again since the call was booked: what counts is that they have calls now.
CREATE OR REPLACE FUNCTION move_call(call uuid, expected integer, wanted tstzrange, month tstzrange, most integer,
                          most_moves integer, movable_from timestamptz, event jsonb)
RETURNS text LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE a appointment; by_client boolean;
BEGIN
    SELECT * INTO a FROM appointment WHERE id = call;
    IF NOT FOUND OR me() IS NULL OR me() NOT IN (a.coach_id, a.client_id) THEN
        RETURN 'not_there';
    END IF;
    PERFORM lock_coach(a.coach_id);
    PERFORM FROM relationship r WHERE r.coach_id = a.coach_id AND r.client_id = a.client_id AND r.is_current
        FOR NO KEY UPDATE;
    IF NOT FOUND OR EXISTS (SELECT FROM ban b WHERE b.person_id IN (a.coach_id, a.client_id)) THEN
        RETURN 'no_relationship';
    END IF;
    SELECT * INTO a FROM appointment WHERE id = call FOR UPDATE;
    by_client := me() = a.client_id;
    IF EXISTS (SELECT FROM cancellation x WHERE x.appointment_id = call) THEN
        RETURN 'cancelled';
    ELSIF a.version <> expected THEN
        RETURN 'stale';
    ELSIF a.starts <= present() THEN
        RETURN 'begun';
    ELSIF by_client AND a.starts < movable_from THEN
        RETURN 'too_late';
    ELSIF by_client AND (SELECT count(*) FROM appointment_change c
                         WHERE c.appointment_id = call AND c.moved_by = a.client_id) >= most_moves THEN
        RETURN 'moved_enough';
    ELSIF by_client AND a.booked_by = a.client_id AND calls_in(month, a.client_id, call) >= most THEN
        RETURN 'month_is_full';
    ELSIF EXISTS (SELECT FROM commitment c WHERE c.person_id = a.coach_id AND c.during && wanted
                  AND c.appointment_id IS DISTINCT FROM call) THEN
        RETURN 'taken';
    ELSIF EXISTS (SELECT FROM commitment c WHERE c.person_id = a.client_id AND c.during && wanted
                  AND c.appointment_id IS DISTINCT FROM call) THEN
        RETURN 'client_taken';
    END IF;
    UPDATE appointment SET during = wanted, version = version + 1, changed = present() WHERE id = call;
    INSERT INTO appointment_change (appointment_id, version, before, after, moved_by, at)
    VALUES (call, a.version + 1, a.during, wanted, me(), present());
    INSERT INTO outbox (topic, key, event) VALUES ('Appointments_All', call::text, event);
    RETURN 'moved';
END $$;

-- A call that reaches into the span by a minute is one of its calls, on whichever day it begins.
CREATE OR REPLACE FUNCTION cancel_coming_calls(of_coach uuid, of_client uuid, span tstzrange, why text)
RETURNS TABLE (id uuid, coach_id uuid, client_id uuid, starts timestamptz, ends timestamptz, version integer)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF NOT (coalesce(i_am('admin'), false) OR i_am_a_job() OR me() IN (of_coach, of_client)) IS TRUE THEN
        RETURN;
    END IF;
    -- Whoever books just now is waited for, in one order everywhere, and whoever comes later sees what we did.
    PERFORM lock_coach(c.coach) FROM (
        SELECT of_coach AS coach WHERE of_coach IS NOT NULL
        UNION SELECT r.coach_id FROM relationship r WHERE of_coach IS NULL AND r.client_id = of_client
        ORDER BY coach) c;
    RETURN QUERY
    WITH coming AS (
        SELECT a.* FROM appointment a
        WHERE (of_coach IS NULL OR a.coach_id = of_coach) AND (of_client IS NULL OR a.client_id = of_client)
          AND num_nonnulls(of_coach, of_client) > 0
          AND a.starts > present() AND a.during && span
          AND NOT EXISTS (SELECT FROM cancellation x WHERE x.appointment_id = a.id)
        ORDER BY a.id FOR UPDATE),
    gone AS (
        INSERT INTO cancellation (appointment_id, at, cancelled_by, reason)
        SELECT c.id, present(), coalesce(me(), of_coach, of_client), why FROM coming c
        ON CONFLICT DO NOTHING RETURNING appointment_id)
    SELECT c.id, c.coach_id, c.client_id, c.starts, c.ends, c.version
    FROM coming c JOIN gone g ON g.appointment_id = c.id ORDER BY c.starts;
END $$;

-- Another link is another version of every call to come: calendars must notice. The calls; none where it is the same link.
CREATE FUNCTION change_call_link(wanted text)
RETURNS TABLE (id uuid, client_id uuid, starts timestamptz, ends timestamptz)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE coach uuid := me();
BEGIN
    IF i_am('coach') IS NOT TRUE THEN
        RAISE insufficient_privilege USING MESSAGE = 'only a coach has a call link';
    END IF;
    PERFORM lock_coach(coach);
    IF wanted = coalesce((SELECT l.url FROM call_link l WHERE l.coach_id = coach), '') THEN
        RETURN;
    END IF;
    DELETE FROM call_link l WHERE l.coach_id = coach;
    INSERT INTO call_link (coach_id, url) SELECT coach, wanted WHERE wanted <> '';
    PERFORM FROM appointment a WHERE a.coach_id = coach AND a.starts > present() ORDER BY a.id FOR UPDATE;
    RETURN QUERY UPDATE appointment a SET version = a.version + 1, changed = present()
        WHERE a.coach_id = coach AND a.starts > present()
          AND NOT EXISTS (SELECT FROM cancellation x WHERE x.appointment_id = a.id)
        RETURNING a.id, a.client_id, a.starts, a.ends;
END $$;
GRANT EXECUTE ON FUNCTION change_call_link TO rendezvous_app;

CREATE OR REPLACE FUNCTION leave_coaching(person uuid) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF (coalesce(i_am('admin'), false) OR i_am_a_job() OR me() = person) IS TRUE THEN
        PERFORM lock_coach(r.coach_id) FROM (SELECT DISTINCT coach_id FROM relationship
            WHERE is_current AND person IN (coach_id, client_id) ORDER BY coach_id) r;
        UPDATE relationship SET ended = greatest(begun, present())
        WHERE is_current AND person IN (coach_id, client_id);
        DELETE FROM call_link WHERE coach_id = person;
        DELETE FROM block WHERE person_id = person;
        DELETE FROM day_away WHERE person_id = person;
        UPDATE cancellation SET reason = '' WHERE cancelled_by = person AND reason <> '';
    END IF;
END $$;

-- When a lunch changed, as its calendar entries say (RFC 5545, DTSTAMP and LAST-MODIFIED).
ALTER TABLE event ADD COLUMN changed timestamptz NOT NULL DEFAULT 'epoch';
COMMENT ON COLUMN event.changed IS 'When its revision was made; the epoch where nobody noted it.';
CREATE FUNCTION note_when_event_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' OR NEW.revision <> OLD.revision THEN
        NEW.changed := coalesce(nullif(current_setting('rendezvous.now', true), '')::timestamptz, NEW.changed);
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER event_notes_when_it_changed BEFORE INSERT OR UPDATE ON event
    FOR EACH ROW EXECUTE FUNCTION note_when_event_changed();
