-- A round writes a hundred thousand attendances with one statement: what is asked of each is asked of all at once.
-- depends: 0041-admins-see-hours-and-calls

SET LOCAL lock_timeout = '5s';

-- Bans are read after the accounts are held: who was waited for may be banned since.
CREATE FUNCTION hold_people(wanted uuid[]) RETURNS SETOF uuid
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM FROM account a JOIN unnest(wanted) w ON w = a.person_id ORDER BY a.person_id FOR KEY SHARE OF a;
    RETURN QUERY SELECT w FROM unnest(wanted) w
        WHERE NOT EXISTS (SELECT FROM account a WHERE a.person_id = w) OR EXISTS (SELECT FROM ban b WHERE b.person_id = w);
END $$;
REVOKE EXECUTE ON FUNCTION hold_people FROM public;

CREATE FUNCTION hold_seats_to_who_is_here() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT FROM hold_people(ARRAY(SELECT person_id FROM seat WHERE response <> 'rejected'))) THEN
        RAISE EXCEPTION USING ERRCODE = 'check_violation', CONSTRAINT = 'attendance_is_of_somebody_who_is_here',
            MESSAGE = 'who is gone takes no seat';
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION hold_time_to_who_is_here() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT FROM hold_people(ARRAY(SELECT person_id FROM taken))) THEN
        RAISE EXCEPTION USING ERRCODE = 'check_violation', CONSTRAINT = 'commitment_is_of_somebody_who_is_here',
            MESSAGE = 'who is gone takes no time';
    END IF;
    RETURN NULL;
END $$;
REVOKE EXECUTE ON FUNCTION hold_seats_to_who_is_here, hold_time_to_who_is_here FROM public;

DROP TRIGGER attendance_is_of_somebody_who_is_here ON attendance;
DROP TRIGGER commitment_is_of_somebody_who_is_here ON commitment;
DROP FUNCTION pass_over_who_is_gone();
CREATE TRIGGER attendance_is_of_somebody_who_is_here AFTER INSERT ON attendance
    REFERENCING NEW TABLE AS seat FOR EACH STATEMENT EXECUTE FUNCTION hold_seats_to_who_is_here();
CREATE TRIGGER commitment_is_of_somebody_who_is_here AFTER INSERT ON commitment
    REFERENCING NEW TABLE AS taken FOR EACH STATEMENT EXECUTE FUNCTION hold_time_to_who_is_here();

-- Nearly all are taken, so that is asked first.
CREATE OR REPLACE FUNCTION hold_attendance_to_its_commitment() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF NEW.person_id IN (SELECT c.person_id FROM commitment c WHERE c.event_id = NEW.event_id) THEN
        RETURN NULL;
    END IF;
    IF EXISTS (SELECT FROM attendance a JOIN event e ON e.id = a.event_id
               WHERE a.event_id = NEW.event_id AND a.person_id = NEW.person_id AND a.response = 'approved'
                 AND e.status NOT IN ('Rejected', 'Canceled')) THEN
        RAISE EXCEPTION USING ERRCODE = 'check_violation', CONSTRAINT = 'attendance_is_a_commitment',
            MESSAGE = 'who approved must be taken';
    END IF;
    RETURN NULL;
END $$;

-- Event by event, by its key: the first large round of an installation was compared with each of its own lunches, where
-- the tables were counted while it was being written.
CREATE OR REPLACE FUNCTION keep_to_the_seats() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM (SELECT e.id FROM event e WHERE e.id = n.event_id FOR NO KEY UPDATE)
        FROM (SELECT DISTINCT event_id FROM approval WHERE response = 'approved' ORDER BY event_id) n;
    IF EXISTS (SELECT FROM (SELECT DISTINCT event_id FROM approval WHERE response = 'approved') n
               WHERE (SELECT count(*) FROM attendance a WHERE a.event_id = n.event_id AND a.response = 'approved')
                   > (SELECT e.max_attendees FROM event e WHERE e.id = n.event_id)) THEN
        RAISE EXCEPTION USING ERRCODE = 'check_violation', CONSTRAINT = 'event_has_a_seat', MESSAGE = 'all seats are taken';
    END IF;
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION keep_to_what_is_coming() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT FROM approval n
               WHERE n.response = 'approved'
                 AND (SELECT e.status FROM event e WHERE e.id = n.event_id) NOT IN ('Proposed', 'Confirmed')) THEN
        RAISE EXCEPTION USING ERRCODE = 'check_violation', CONSTRAINT = 'event_state_allows_it',
            MESSAGE = 'nobody approves what is off or over';
    END IF;
    RETURN NULL;
END $$;
