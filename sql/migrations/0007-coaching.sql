-- Coaching: who coaches whom, office hours that hold still while a call is booked, calls and what became of them.
-- depends: 0004-lunch 0005-account 0006-admin

SET LOCAL lock_timeout = '5s';

-- The generated columns make the foreign keys ask for active roles; they are null, and ask nothing, once it ended.
CREATE TABLE relationship (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    coach_id uuid NOT NULL,
    client_id uuid NOT NULL,
    begun timestamptz NOT NULL,
    ended timestamptz NOT NULL DEFAULT 'infinity',
    is_current boolean GENERATED ALWAYS AS (CASE WHEN ended = 'infinity' THEN true END) STORED,
    coach_role text NOT NULL GENERATED ALWAYS AS ('coach') STORED,
    client_role text NOT NULL GENERATED ALWAYS AS ('client') STORED,
    CONSTRAINT relationship_is_of_two_people CHECK (coach_id <> client_id),
    CONSTRAINT relationship_ends_after_it_began CHECK (ended >= begun),
    CONSTRAINT relationship_coach_is_active FOREIGN KEY (coach_id, coach_role, is_current)
        REFERENCES person_role (person_id, role, active),
    CONSTRAINT relationship_client_is_active FOREIGN KEY (client_id, client_role, is_current)
        REFERENCES person_role (person_id, role, active),
    CONSTRAINT relationship_coach_is_a_person FOREIGN KEY (coach_id) REFERENCES person ON DELETE CASCADE,
    CONSTRAINT relationship_client_is_a_person FOREIGN KEY (client_id) REFERENCES person ON DELETE CASCADE,
    CONSTRAINT relationship_can_be_referred_to UNIQUE (id, coach_id, client_id),
    CONSTRAINT client_has_one_coach UNIQUE (client_id, is_current)
);
COMMENT ON CONSTRAINT client_has_one_coach ON relationship IS 'What a later many-to-many would drop, for one over the pair.';
CREATE INDEX relationship_coach ON relationship (coach_id, client_id);

CREATE TABLE call_link (
    coach_id uuid PRIMARY KEY REFERENCES person ON DELETE CASCADE,
    url text NOT NULL CONSTRAINT call_link_can_be_opened
        CHECK (length(url) <= 255 AND url ~ '^(https://[^[:space:]/]+[^[:space:]]*|tel:\+?[0-9][0-9().-]*)$')
);

CREATE TABLE appointment (
    id uuid PRIMARY KEY,
    relationship_id uuid NOT NULL,
    coach_id uuid NOT NULL,
    client_id uuid NOT NULL,
    during tstzrange NOT NULL CONSTRAINT appointment_has_a_length
        CHECK (NOT isempty(during) AND lower_inc(during) AND NOT upper_inc(during)
               AND NOT lower_inf(during) AND NOT upper_inf(during)
               AND upper(during) <= lower(during) + interval '4 hours'),
    starts timestamptz NOT NULL GENERATED ALWAYS AS (lower(during)) STORED,
    ends timestamptz NOT NULL GENERATED ALWAYS AS (upper(during)) STORED,
    booked timestamptz NOT NULL,
    booked_by uuid NOT NULL CONSTRAINT appointment_is_booked_by_its_people CHECK (booked_by IN (coach_id, client_id)),
    changed timestamptz NOT NULL,
    version integer NOT NULL DEFAULT 1 CONSTRAINT appointment_version_counts_up CHECK (version >= 1),
    CONSTRAINT appointment_is_of_a_relationship FOREIGN KEY (relationship_id, coach_id, client_id)
        REFERENCES relationship (id, coach_id, client_id) ON DELETE CASCADE,
    CONSTRAINT appointment_can_be_referred_to UNIQUE (id, during)
);
COMMENT ON COLUMN appointment.booked_by IS 'A call that the coach booked does not count against his client''s limits.';
CREATE INDEX appointment_coach ON appointment (coach_id, starts);
CREATE INDEX appointment_client ON appointment (client_id, starts);
CREATE INDEX appointment_starts ON appointment (starts);

CREATE TABLE cancellation (
    appointment_id uuid CONSTRAINT appointment_is_cancelled_once PRIMARY KEY REFERENCES appointment ON DELETE CASCADE,
    at timestamptz NOT NULL,
    cancelled_by uuid NOT NULL REFERENCES person,
    reason text NOT NULL DEFAULT '' CONSTRAINT cancellation_reason_is_short CHECK (length(reason) <= 255)
);

CREATE TABLE appointment_change (
    appointment_id uuid NOT NULL REFERENCES appointment ON DELETE CASCADE,
    version integer NOT NULL,
    before tstzrange NOT NULL,
    after tstzrange NOT NULL,
    moved_by uuid NOT NULL REFERENCES person,
    at timestamptz NOT NULL,
    PRIMARY KEY (appointment_id, version)
);
COMMENT ON COLUMN appointment_change.version IS 'The version that the move made.';

-- A reminder that was asked for: a moved call has another start, and is reminded of again.
CREATE TABLE reminder (
    appointment_id uuid NOT NULL REFERENCES appointment ON DELETE CASCADE,
    starts timestamptz NOT NULL,
    PRIMARY KEY (appointment_id, starts)
);

-- Time that a coach keeps to himself.
CREATE TABLE block (
    id uuid PRIMARY KEY,
    person_id uuid NOT NULL REFERENCES person ON DELETE CASCADE,
    during tstzrange NOT NULL CONSTRAINT block_has_a_length
        CHECK (NOT isempty(during) AND lower_inc(during) AND NOT upper_inc(during)
               AND NOT lower_inf(during) AND NOT upper_inf(during)),
    CONSTRAINT block_can_be_referred_to UNIQUE (id, during)
);
CREATE INDEX block_person ON block (person_id, lower(during));

-- What a commitment stands for: a lunch, a call or a blocked time, exactly one of them, at exactly its time.
-- The calls' key waits for the commit: a booking writes both commitments first, and the call only if it got both.
ALTER TABLE commitment ALTER COLUMN event_id DROP NOT NULL;
ALTER TABLE commitment ADD COLUMN appointment_id uuid;
ALTER TABLE commitment ADD COLUMN block_id uuid;
ALTER TABLE commitment ADD CONSTRAINT commitment_stands_for_one_thing
    CHECK (num_nonnulls(event_id, appointment_id, block_id) = 1);
ALTER TABLE commitment ADD CONSTRAINT commitment_follows_appointment FOREIGN KEY (appointment_id, during)
    REFERENCES appointment (id, during) ON UPDATE CASCADE ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE commitment ADD CONSTRAINT commitment_follows_block FOREIGN KEY (block_id, during)
    REFERENCES block (id, during) ON UPDATE CASCADE ON DELETE CASCADE;
CREATE INDEX commitment_appointment ON commitment (appointment_id) WHERE appointment_id IS NOT NULL;
CREATE INDEX commitment_block ON commitment (block_id) WHERE block_id IS NOT NULL;
ALTER POLICY own ON commitment USING (person_id = (SELECT me()))
    WITH CHECK (person_id = (SELECT me()) AND appointment_id IS NULL AND block_id IS NULL);

CREATE FUNCTION free_people_of_call() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    DELETE FROM commitment WHERE appointment_id = NEW.appointment_id;
    RETURN NULL;
END $$;
CREATE TRIGGER cancellation_frees_its_people AFTER INSERT ON cancellation
    FOR EACH ROW EXECUTE FUNCTION free_people_of_call();

-- A coach's hours hold still while somebody books: bookings share the coach's lock, whatever changes his calendar
-- has it alone. A lock of its own, for a row lock under row-level security silently locks nothing.
CREATE FUNCTION lock_coach(coach uuid) RETURNS void LANGUAGE sql
AS $$ SELECT pg_advisory_xact_lock(hashtextextended(coach::text, 3)) $$;
CREATE FUNCTION share_coach(coach uuid) RETURNS void LANGUAGE sql
AS $$ SELECT pg_advisory_xact_lock_shared(hashtextextended(coach::text, 3)) $$;

CREATE FUNCTION lock_whose_hours_change() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF TG_OP <> 'INSERT' AND OLD.purpose = 'coaching' THEN
        PERFORM lock_coach(OLD.person_id);
    END IF;
    IF TG_OP = 'INSERT' AND NEW.purpose = 'coaching' THEN
        PERFORM lock_coach(NEW.person_id);
    END IF;
    RETURN coalesce(NEW, OLD);
END $$;
CREATE TRIGGER availability_locks_its_coach BEFORE INSERT OR UPDATE OR DELETE ON availability
    FOR EACH ROW EXECUTE FUNCTION lock_whose_hours_change();

CREATE FUNCTION lock_whose_exceptions_change() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM lock_coach(a.person_id) FROM availability a
    WHERE a.id = coalesce(NEW.availability_id, OLD.availability_id) AND a.purpose = 'coaching';
    RETURN coalesce(NEW, OLD);
END $$;
CREATE TRIGGER exception_locks_its_coach BEFORE INSERT OR UPDATE OR DELETE ON availability_exception
    FOR EACH ROW EXECUTE FUNCTION lock_whose_exceptions_change();

CREATE FUNCTION take_blocked_time() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM lock_coach(NEW.person_id);
    INSERT INTO commitment (person_id, during, block_id) VALUES (NEW.person_id, NEW.during, NEW.id);
    RETURN NULL;
END $$;
CREATE TRIGGER block_takes_its_time AFTER INSERT ON block FOR EACH ROW EXECUTE FUNCTION take_blocked_time();

-- Who may see a coach's calendar: himself, his clients, admins and jobs. Asked by policies, so it looks past them.
CREATE FUNCTION i_am_a_job() RETURNS boolean LANGUAGE sql STABLE
    RETURN current_setting('role') = 'rendezvous_job';
CREATE FUNCTION sees_coach(wanted uuid) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT coalesce(me() = wanted, false) OR coalesce(i_am('admin'), false) OR i_am_a_job()
        OR EXISTS (SELECT FROM relationship r WHERE r.coach_id = wanted AND r.client_id = me() AND r.is_current)
$$;
CREATE FUNCTION shares_calls_with(wanted uuid) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT EXISTS (SELECT FROM relationship r WHERE r.coach_id = wanted AND r.client_id = me())
        OR EXISTS (SELECT FROM relationship r WHERE r.client_id = wanted AND r.coach_id = me())
$$;

-- When a coach is taken, as ranges only: a search by && under a policy would lose its index.
CREATE FUNCTION busy(coach uuid, span tstzrange) RETURNS SETOF tstzrange
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF sees_coach(coach) THEN
        RETURN QUERY SELECT c.during FROM commitment c WHERE c.person_id = coach AND c.during && span ORDER BY c.during;
    END IF;
END $$;

-- All that decides which slots of a coach are free for a client, in one row; none where the caller may not see it.
-- hold: 'nothing' to look, 'book' before a booking, 'change' before a move. Each statement sees what is committed
-- when it begins, so what is read after the lock stays true until the end of the transaction.
CREATE FUNCTION coach_calendar(coach_slug text, client uuid, span tstzrange, moving uuid, hold text)
RETURNS TABLE (id uuid, name text, timezone text, rules jsonb, hours text, taken_from timestamptz[], taken_until timestamptz[],
               client_from timestamptz[], client_until timestamptz[], calls timestamptz[], banned boolean)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
#variable_conflict use_variable
DECLARE looker uuid := me(); widely boolean := coalesce(i_am('admin'), false) OR i_am_a_job();
BEGIN
    SELECT p.id, p.name, p.timezone INTO id, name, timezone FROM person p WHERE p.slug = coach_slug;
    IF id IS NULL OR NOT (widely OR looker = id OR (looker = client AND EXISTS (
            SELECT FROM relationship r WHERE r.coach_id = id AND r.client_id = looker AND r.is_current))) IS TRUE
       OR NOT EXISTS (SELECT FROM person_role r WHERE r.person_id = id AND r.role = 'coach') THEN
        RETURN;
    END IF;
    IF client IS NOT NULL AND client <> looker AND NOT EXISTS (
            SELECT FROM relationship r WHERE r.coach_id = id AND r.client_id = client AND (r.is_current OR widely)) THEN
        RETURN;
    END IF;
    SELECT coalesce(jsonb_object_agg(r.name, r.value ORDER BY r.scope), '{}') INTO rules
    FROM rule r WHERE r.scope IN ('', id::text) AND r.name LIKE 'coaching.%';
    IF hold = 'change' OR (hold = 'book' AND coalesce((rules -> 'coaching.buffer_minutes')::int, 0) > 0) THEN
        PERFORM lock_coach(id);
    ELSIF hold = 'book' THEN
        PERFORM share_coach(id);
    END IF;
    SELECT coalesce(json_agg(json_build_array(v.starts, v.ends, v.timezone, v.weekly,
               CASE WHEN isfinite(v.until) THEN v.until::text END,
               ARRAY(SELECT x.day FROM availability_exception x WHERE x.availability_id = v.id)) ORDER BY v.starts, v.id), '[]')
    INTO hours FROM availability v
    WHERE v.person_id = id AND v.purpose = 'coaching'
      AND v.starts < upper(span)::date + 3 AND v.until >= lower(span)::date - 3;
    SELECT array_agg(lower(c.during) ORDER BY c.during), array_agg(upper(c.during) ORDER BY c.during)
    INTO taken_from, taken_until
    FROM commitment c WHERE c.person_id = id AND c.during && span
      AND (moving IS NULL OR c.appointment_id IS DISTINCT FROM moving);
    IF client IS NOT NULL THEN
        SELECT array_agg(lower(c.during) ORDER BY c.during), array_agg(upper(c.during) ORDER BY c.during)
        INTO client_from, client_until
        FROM commitment c WHERE c.person_id = client AND c.during && span
          AND (moving IS NULL OR c.appointment_id IS DISTINCT FROM moving);
        SELECT array_agg(a.starts) INTO calls FROM appointment a
        WHERE a.client_id = client AND a.booked_by = client AND (moving IS NULL OR a.id <> moving)
          AND a.starts > lower(span) - interval '32 days' AND a.starts < upper(span) + interval '32 days'
          AND NOT EXISTS (SELECT FROM cancellation x WHERE x.appointment_id = a.id);
    END IF;
    banned := EXISTS (SELECT FROM ban b WHERE b.person_id IN (id, client))
        OR NOT EXISTS (SELECT FROM person_role r WHERE r.person_id = id AND r.role = 'coach' AND r.active);
    RETURN NEXT;
END $$;

-- How many calls of that month count against the client.
CREATE FUNCTION calls_in(month tstzrange, of_client uuid, besides uuid) RETURNS bigint
LANGUAGE sql STABLE AS $$
    SELECT count(*) FROM appointment a
    WHERE a.client_id = of_client AND a.booked_by = of_client AND a.starts >= lower(month) AND a.starts < upper(month)
      AND (besides IS NULL OR a.id <> besides) AND NOT EXISTS (SELECT FROM cancellation x WHERE x.appointment_id = a.id)
$$;

-- Books one call or a series, all or none: 'booked', or what stood in the way.
-- The relationship's row is locked, so the client's calls are counted one booking at a time and it cannot end meanwhile.
CREATE FUNCTION book_calls(ids uuid[], coach uuid, client uuid, wanted tstzrange[], months tstzrange[], most integer, events jsonb[])
RETURNS text LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE bond uuid; booked integer; by_client boolean := me() = client;
BEGIN
    IF me() IS NULL OR me() NOT IN (coach, client) THEN
        RETURN 'no_relationship';
    END IF;
    SELECT r.id INTO bond FROM relationship r WHERE r.coach_id = coach AND r.client_id = client AND r.is_current;
    IF NOT FOUND THEN
        RETURN 'no_relationship';
    END IF;
    -- What is taken is refused before anything is locked or written: such a transaction waits for no disk.
    IF EXISTS (SELECT FROM unnest(wanted) w JOIN commitment c ON c.person_id = coach AND c.during && w) THEN
        RETURN 'taken';
    END IF;
    IF EXISTS (SELECT FROM unnest(wanted) w JOIN commitment c ON c.person_id = client AND c.during && w) THEN
        RETURN 'client_taken';
    END IF;
    PERFORM FROM relationship r WHERE r.id = bond AND r.is_current FOR NO KEY UPDATE;
    IF NOT FOUND OR EXISTS (SELECT FROM ban b WHERE b.person_id IN (coach, client)) THEN
        RETURN 'no_relationship';
    END IF;
    IF by_client AND EXISTS (SELECT FROM unnest(months) m WHERE calls_in(m, client, NULL) >= most) THEN
        RETURN 'month_is_full';
    END IF;
    WITH call AS (SELECT * FROM unnest(ids, wanted, events) AS c (id, during, event)),
    taken AS (
        INSERT INTO commitment (person_id, during, appointment_id)
        SELECT p.id, c.during, c.id FROM call c CROSS JOIN unnest(ARRAY[coach, client]) AS p (id)
        ORDER BY p.id, c.during ON CONFLICT DO NOTHING RETURNING appointment_id),
    made AS (
        INSERT INTO appointment (id, relationship_id, coach_id, client_id, during, booked, booked_by, changed)
        SELECT c.id, bond, coach, client, c.during, present(), me(), present() FROM call c
        WHERE (SELECT count(*) FROM taken) = 2 * cardinality(ids) RETURNING id),
    told AS (
        INSERT INTO outbox (topic, key, event)
        SELECT 'Appointments_All', c.id::text, c.event FROM call c
        WHERE (SELECT count(*) FROM taken) = 2 * cardinality(ids))
    SELECT count(*) INTO booked FROM made;
    IF booked < cardinality(ids) THEN
        DELETE FROM commitment WHERE appointment_id = ANY (ids);
        RETURN 'taken';
    END IF;
    RETURN 'booked';
END $$;

-- Moves a call: the same row, one more version. 'moved', or what stood in the way. The coach's lock is held.
CREATE FUNCTION move_call(call uuid, expected integer, wanted tstzrange, month tstzrange, most integer,
                          most_moves integer, movable_from timestamptz, event jsonb)
RETURNS text LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE a appointment; by_client boolean;
BEGIN
    SELECT * INTO a FROM appointment WHERE id = call;
    IF NOT FOUND OR me() IS NULL OR me() NOT IN (a.coach_id, a.client_id) THEN
        RETURN 'not_there';
    END IF;
    PERFORM lock_coach(a.coach_id);
    PERFORM FROM relationship r WHERE r.id = a.relationship_id AND r.is_current FOR NO KEY UPDATE;
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

-- Cancels a call: 'cancelled_now', or what stood in the way. expected is null where any version will do.
CREATE FUNCTION cancel_call(call uuid, expected integer, cancellable_from timestamptz, why text, event jsonb)
RETURNS text LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE a appointment;
BEGIN
    SELECT * INTO a FROM appointment WHERE id = call FOR UPDATE;
    IF NOT FOUND OR me() IS NULL OR me() NOT IN (a.coach_id, a.client_id) THEN
        RETURN 'not_there';
    ELSIF EXISTS (SELECT FROM cancellation x WHERE x.appointment_id = call) THEN
        RETURN 'cancelled';
    ELSIF a.version <> expected THEN
        RETURN 'stale';
    ELSIF a.starts <= present() THEN
        RETURN 'begun';
    ELSIF me() = a.client_id AND a.starts < cancellable_from THEN
        RETURN 'too_late';
    END IF;
    INSERT INTO cancellation (appointment_id, at, cancelled_by, reason) VALUES (call, present(), me(), why);
    INSERT INTO outbox (topic, key, event) VALUES ('Appointments_All', call::text, event);
    RETURN 'cancelled_now';
END $$;

-- Cancels all coming calls of a coach, of a client, or of both with each other; the caller tells of them.
CREATE FUNCTION cancel_coming_calls(of_coach uuid, of_client uuid, span tstzrange, why text)
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
          AND a.starts > present() AND span @> a.starts
          AND NOT EXISTS (SELECT FROM cancellation x WHERE x.appointment_id = a.id)
        ORDER BY a.id FOR UPDATE),
    gone AS (
        INSERT INTO cancellation (appointment_id, at, cancelled_by, reason)
        SELECT c.id, present(), coalesce(me(), of_coach, of_client), why FROM coming c
        ON CONFLICT DO NOTHING RETURNING appointment_id)
    SELECT c.id, c.coach_id, c.client_id, c.starts, c.ends, c.version
    FROM coming c JOIN gone g ON g.appointment_id = c.id ORDER BY c.starts;
END $$;

-- What erasure leaves of a person's coaching: the calls, without what he wrote. His coming ones are cancelled before.
CREATE FUNCTION leave_coaching(person uuid) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF (coalesce(i_am('admin'), false) OR i_am_a_job() OR me() = person) IS TRUE THEN
        PERFORM lock_coach(r.coach_id) FROM (SELECT DISTINCT coach_id FROM relationship
            WHERE is_current AND person IN (coach_id, client_id) ORDER BY coach_id) r;
        UPDATE relationship SET ended = greatest(begun, present())
        WHERE is_current AND person IN (coach_id, client_id);
        DELETE FROM call_link WHERE coach_id = person;
        DELETE FROM block WHERE person_id = person;
        UPDATE cancellation SET reason = '' WHERE cancelled_by = person AND reason <> '';
    END IF;
END $$;

-- The call link is for the coach and who has, or had, calls with him.
GRANT EXECUTE ON FUNCTION lock_coach, share_coach, sees_coach, shares_calls_with, i_am_a_job, busy, coach_calendar,
    book_calls, move_call, cancel_call, cancel_coming_calls, leave_coaching TO rendezvous_app;
GRANT SELECT, INSERT, UPDATE (ended) ON relationship TO rendezvous_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON call_link TO rendezvous_app;
GRANT SELECT ON appointment, cancellation, appointment_change TO rendezvous_app;
GRANT SELECT, INSERT, DELETE ON block TO rendezvous_app;

ALTER TABLE relationship ENABLE ROW LEVEL SECURITY;
ALTER TABLE call_link ENABLE ROW LEVEL SECURITY;
ALTER TABLE appointment ENABLE ROW LEVEL SECURITY;
ALTER TABLE cancellation ENABLE ROW LEVEL SECURITY;
ALTER TABLE appointment_change ENABLE ROW LEVEL SECURITY;
ALTER TABLE reminder ENABLE ROW LEVEL SECURITY;
ALTER TABLE block ENABLE ROW LEVEL SECURITY;

CREATE POLICY own ON relationship FOR SELECT TO rendezvous_app
    USING (client_id = (SELECT me()) OR coach_id = (SELECT me()));
CREATE POLICY admins ON relationship TO rendezvous_app
    USING ((SELECT i_am('admin'))) WITH CHECK ((SELECT i_am('admin')));
CREATE POLICY own ON call_link TO rendezvous_app
    USING (coach_id = (SELECT me())) WITH CHECK (coach_id = (SELECT me()) AND (SELECT i_am('coach')));
CREATE POLICY clients_read ON call_link FOR SELECT TO rendezvous_app USING (shares_calls_with(coach_id));
CREATE POLICY own ON appointment FOR SELECT TO rendezvous_app
    USING (client_id = (SELECT me()) OR coach_id = (SELECT me()));
CREATE POLICY admins ON appointment FOR SELECT TO rendezvous_app USING ((SELECT i_am('admin')));
CREATE POLICY through_appointment ON cancellation FOR SELECT TO rendezvous_app
    USING (EXISTS (SELECT FROM appointment a WHERE a.id = appointment_id));
CREATE POLICY through_appointment ON appointment_change FOR SELECT TO rendezvous_app
    USING (EXISTS (SELECT FROM appointment a WHERE a.id = appointment_id));
CREATE POLICY own ON block TO rendezvous_app
    USING (person_id = (SELECT me())) WITH CHECK (person_id = (SELECT me()) AND (SELECT i_am('coach')));
CREATE POLICY coach_and_client ON person FOR SELECT TO rendezvous_app USING (shares_calls_with(id));
CREATE POLICY only_coaches_have_office_hours ON availability AS RESTRICTIVE TO rendezvous_app
    USING (true) WITH CHECK (purpose <> 'coaching' OR (SELECT i_am('coach')));
CREATE POLICY jobs ON relationship TO rendezvous_job USING (true);
CREATE POLICY jobs ON call_link TO rendezvous_job USING (true);
CREATE POLICY jobs ON appointment TO rendezvous_job USING (true);
CREATE POLICY jobs ON cancellation TO rendezvous_job USING (true);
CREATE POLICY jobs ON appointment_change TO rendezvous_job USING (true);
CREATE POLICY jobs ON reminder TO rendezvous_job USING (true);
CREATE POLICY jobs ON block TO rendezvous_job USING (true);
