-- Where one eats, what one refuses, lunches and who comes, the weekly rounds.
-- depends: 0003-calendar

SET LOCAL lock_timeout = '5s';

CREATE TABLE location (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL CONSTRAINT location_name_is_short CHECK (length(name) BETWEEN 1 AND 100),
    timezone text NOT NULL,
    address text NOT NULL DEFAULT '' CONSTRAINT location_address_is_short CHECK (length(address) <= 255),
    meeting_point text NOT NULL DEFAULT '' CONSTRAINT location_meeting_point_is_short CHECK (length(meeting_point) <= 255),
    open boolean NOT NULL DEFAULT true
);
COMMENT ON COLUMN location.open IS 'A closed location keeps its history and is offered to nobody.';
CREATE UNIQUE INDEX location_name_is_unique ON location (lower(name));

CREATE TABLE food_type (
    id smallint PRIMARY KEY CONSTRAINT at_most_64_food_types CHECK (id BETWEEN 0 AND 63),
    name text NOT NULL CONSTRAINT food_type_name_is_short CHECK (length(name) BETWEEN 1 AND 40)
);
COMMENT ON COLUMN food_type.id IS 'The bit that stands for it in the matcher''s masks.';
CREATE UNIQUE INDEX food_type_name_is_unique ON food_type (lower(name));

CREATE TABLE location_food (
    location_id integer NOT NULL REFERENCES location ON DELETE CASCADE,
    food_type_id smallint NOT NULL REFERENCES food_type ON DELETE CASCADE,
    PRIMARY KEY (location_id, food_type_id)
);
CREATE TABLE person_location (
    person_id uuid PRIMARY KEY REFERENCES person ON DELETE CASCADE,
    location_id integer NOT NULL REFERENCES location
);
CREATE INDEX person_location_location ON person_location (location_id);
CREATE TABLE refusal (
    person_id uuid NOT NULL REFERENCES person ON DELETE CASCADE,
    food_type_id smallint NOT NULL REFERENCES food_type ON DELETE CASCADE,
    PRIMARY KEY (person_id, food_type_id)
);
CREATE TABLE pause (
    id uuid PRIMARY KEY,
    person_id uuid NOT NULL REFERENCES person ON DELETE CASCADE,
    weeks daterange NOT NULL CONSTRAINT pause_is_whole_weeks
        CHECK (NOT isempty(weeks) AND extract(isodow FROM lower(weeks)) = 1 AND extract(isodow FROM upper(weeks)) = 1),
    CONSTRAINT pause_no_overlap EXCLUDE USING gist (person_id WITH =, weeks WITH &&)
);

CREATE TABLE event (
    id uuid PRIMARY KEY,
    title text NOT NULL CONSTRAINT event_title_is_short CHECK (length(title) BETWEEN 1 AND 100),
    location_id integer NOT NULL REFERENCES location,
    during tstzrange NOT NULL CONSTRAINT event_has_a_length
        CHECK (NOT isempty(during) AND lower_inc(during) AND NOT upper_inc(during)
               AND NOT lower_inf(during) AND NOT upper_inf(during)),
    starts timestamptz NOT NULL GENERATED ALWAYS AS (lower(during)) STORED,
    ends timestamptz NOT NULL GENERATED ALWAYS AS (upper(during)) STORED,
    min_attendees smallint NOT NULL DEFAULT 2,
    max_attendees smallint NOT NULL DEFAULT 3,
    creator uuid REFERENCES person,  -- null: the system made it
    allow_evaluation boolean NOT NULL DEFAULT true,
    public boolean NOT NULL DEFAULT false,
    status text NOT NULL DEFAULT 'Proposed' CONSTRAINT event_status_is_known CHECK
        (status IN ('Proposed', 'Confirmed', 'Rejected', 'Canceled', 'Awaiting Evaluation', 'Done')),
    CONSTRAINT event_seats_are_sane CHECK (min_attendees BETWEEN 2 AND max_attendees AND max_attendees <= 8),
    CONSTRAINT event_can_be_referred_to UNIQUE (id, during)
);
CREATE INDEX event_public ON event (starts) WHERE public;
CREATE INDEX event_due ON event (status, starts) WHERE status IN ('Proposed', 'Confirmed', 'Awaiting Evaluation');

CREATE TABLE event_food (
    event_id uuid NOT NULL REFERENCES event ON DELETE CASCADE,
    food_type_id smallint NOT NULL REFERENCES food_type,
    PRIMARY KEY (event_id, food_type_id)
);

CREATE TABLE attendance (
    event_id uuid NOT NULL REFERENCES event ON DELETE CASCADE,
    person_id uuid NOT NULL REFERENCES person,
    response text NOT NULL CONSTRAINT attendance_response_is_known CHECK (response IN ('invited', 'approved', 'rejected')),
    reviewed boolean NOT NULL DEFAULT false,
    PRIMARY KEY (event_id, person_id)
);
CREATE INDEX attendance_person ON attendance (person_id, event_id);

-- The lunch a commitment stands for: moving the lunch moves it, leaving the lunch ends it, so it cannot drift.
ALTER TABLE commitment ADD COLUMN event_id uuid NOT NULL;
ALTER TABLE commitment ADD CONSTRAINT commitment_follows_event FOREIGN KEY (event_id, during)
    REFERENCES event (id, during) ON UPDATE CASCADE ON DELETE CASCADE;
ALTER TABLE commitment ADD CONSTRAINT commitment_is_an_attendance FOREIGN KEY (event_id, person_id)
    REFERENCES attendance (event_id, person_id) ON DELETE CASCADE;
CREATE INDEX commitment_event ON commitment (event_id);

CREATE TABLE review (
    id uuid PRIMARY KEY,
    event_id uuid NOT NULL REFERENCES event ON DELETE CASCADE,
    description text NOT NULL CONSTRAINT review_is_short CHECK (length(description) BETWEEN 1 AND 1000)
);
CREATE INDEX review_event ON review (event_id);

-- Every run of the matcher for a week and a location; what it proved and who was left over.
CREATE TABLE round (
    id uuid PRIMARY KEY,
    week date NOT NULL CONSTRAINT round_week_is_a_monday CHECK (extract(isodow FROM week) = 1),
    location_id integer NOT NULL REFERENCES location,
    ran timestamptz NOT NULL,
    people integer NOT NULL,
    lunches integer NOT NULL,
    left_over integer NOT NULL,
    bound integer NOT NULL,
    proven boolean NOT NULL,
    seed bigint NOT NULL,
    digest bytea NOT NULL,
    CONSTRAINT round_leaves_no_fewer_than_its_bound CHECK (left_over >= bound AND bound >= 0)
);
CREATE INDEX round_week ON round (week, location_id, ran);
CREATE TABLE left_over (
    person_id uuid NOT NULL REFERENCES person ON DELETE CASCADE,
    week date NOT NULL,
    round_id uuid NOT NULL REFERENCES round ON DELETE CASCADE,
    reason text NOT NULL CONSTRAINT left_over_reason_is_known CHECK
        (reason IN ('no_hours', 'nobody_free', 'nobody_suitable', 'more_people_than_partners')),
    PRIMARY KEY (person_id, week)
);
CREATE INDEX left_over_round ON left_over (round_id);

-- Rounds that are to be run, because their hour has come or an admin asked, until they have run.
CREATE TABLE asked_round (
    week date NOT NULL CONSTRAINT asked_round_week_is_a_monday CHECK (extract(isodow FROM week) = 1),
    location_id integer NOT NULL REFERENCES location,
    asked timestamptz NOT NULL,
    sent timestamptz NOT NULL DEFAULT '-infinity',
    PRIMARY KEY (week, location_id)
);
COMMENT ON COLUMN asked_round.sent IS 'When a message was last put into the queue: one that got lost is sent again.';

-- The states of an event, as docs/reference draws them: nothing else can be stored.
CREATE FUNCTION hold_event_to_its_states() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (OLD.status, NEW.status) NOT IN (
        ('Proposed', 'Confirmed'), ('Proposed', 'Rejected'), ('Proposed', 'Canceled'),
        ('Confirmed', 'Proposed'), ('Confirmed', 'Canceled'), ('Confirmed', 'Awaiting Evaluation'),
        ('Awaiting Evaluation', 'Done'))
       AND NOT ((OLD.status, NEW.status) = ('Confirmed', 'Done') AND NOT NEW.allow_evaluation) THEN
        RAISE EXCEPTION USING ERRCODE = 'check_violation', CONSTRAINT = 'event_state_allows_it',
            MESSAGE = format('an event cannot go from %s to %s', OLD.status, NEW.status);
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER event_state_allows_it BEFORE UPDATE OF status ON event
    FOR EACH ROW WHEN (OLD.status IS DISTINCT FROM NEW.status) EXECUTE FUNCTION hold_event_to_its_states();

CREATE FUNCTION begin_event_at_the_start() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION USING ERRCODE = 'check_violation', CONSTRAINT = 'event_state_allows_it',
        MESSAGE = 'a new event is Proposed';
END $$;
CREATE TRIGGER event_begins_proposed BEFORE INSERT ON event
    FOR EACH ROW WHEN (NEW.status <> 'Proposed') EXECUTE FUNCTION begin_event_at_the_start();

-- Who is free again: a lunch that will not be, or a person who will not come, takes nobody's time.
CREATE FUNCTION free_people_of_event() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    DELETE FROM commitment WHERE event_id = NEW.id;
    RETURN NULL;
END $$;
CREATE TRIGGER event_frees_its_people AFTER UPDATE OF status ON event
    FOR EACH ROW WHEN (NEW.status IN ('Rejected', 'Canceled')) EXECUTE FUNCTION free_people_of_event();

CREATE FUNCTION free_person() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    DELETE FROM commitment WHERE event_id = NEW.event_id AND person_id = NEW.person_id;
    RETURN NULL;
END $$;
CREATE TRIGGER attendance_frees_its_person AFTER UPDATE OF response ON attendance
    FOR EACH ROW WHEN (OLD.response = 'approved' AND NEW.response <> 'approved') EXECUTE FUNCTION free_person();

-- A seat is taken only while there is one: approvals of one event queue behind its row, and are then counted.
CREATE FUNCTION keep_to_the_seats() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM FROM event WHERE id IN (SELECT event_id FROM approval WHERE response = 'approved')
        ORDER BY id FOR NO KEY UPDATE;
    IF EXISTS (SELECT FROM attendance a JOIN event e ON e.id = a.event_id
               WHERE a.response = 'approved' AND a.event_id IN (SELECT event_id FROM approval WHERE response = 'approved')
               GROUP BY e.id HAVING count(*) > e.max_attendees) THEN
        RAISE EXCEPTION USING ERRCODE = 'check_violation', CONSTRAINT = 'event_has_a_seat', MESSAGE = 'all seats are taken';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER event_has_a_seat AFTER INSERT ON attendance REFERENCING NEW TABLE AS approval
    FOR EACH STATEMENT EXECUTE FUNCTION keep_to_the_seats();
CREATE TRIGGER event_has_a_seat_left AFTER UPDATE ON attendance REFERENCING NEW TABLE AS approval
    FOR EACH STATEMENT EXECUTE FUNCTION keep_to_the_seats();

-- Whoever says he comes is taken: checked at commit, whichever way both were written.
CREATE FUNCTION hold_attendance_to_its_commitment() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT FROM attendance a JOIN event e ON e.id = a.event_id
               WHERE a.event_id = NEW.event_id AND a.person_id = NEW.person_id AND a.response = 'approved'
                 AND e.status NOT IN ('Rejected', 'Canceled')
                 AND NOT EXISTS (SELECT FROM commitment c WHERE c.event_id = a.event_id AND c.person_id = a.person_id)) THEN
        RAISE EXCEPTION USING ERRCODE = 'check_violation', CONSTRAINT = 'attendance_is_a_commitment',
            MESSAGE = 'who approved must be taken';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER attendance_is_a_commitment AFTER INSERT OR UPDATE OF response ON attendance
    DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (NEW.response = 'approved') EXECUTE FUNCTION hold_attendance_to_its_commitment();

-- Who sees what. Both are asked by policies, so they look past the policies.
CREATE FUNCTION sees_event(wanted uuid) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT me() IS NOT NULL AND (
        EXISTS (SELECT FROM attendance WHERE event_id = wanted AND person_id = me())
        OR EXISTS (SELECT FROM event WHERE id = wanted AND (public OR creator = me())))
$$;
CREATE FUNCTION sees_person(wanted uuid) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT EXISTS (SELECT FROM attendance mine JOIN attendance his USING (event_id)
                   WHERE mine.person_id = me() AND his.person_id = wanted)
        OR EXISTS (SELECT FROM attendance a JOIN event e ON e.id = a.event_id
                   WHERE a.person_id = wanted AND e.public AND me() IS NOT NULL)
$$;
GRANT EXECUTE ON FUNCTION sees_event, sees_person TO rendezvous_app;

GRANT SELECT ON location, food_type, location_food TO rendezvous_app;
GRANT INSERT, UPDATE, DELETE ON location, food_type, location_food TO rendezvous_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON person_location, refusal, pause TO rendezvous_app;
GRANT SELECT, INSERT, UPDATE (status) ON event TO rendezvous_app;
GRANT SELECT, INSERT ON event_food TO rendezvous_app;
GRANT SELECT, INSERT, UPDATE (response, reviewed) ON attendance TO rendezvous_app;
GRANT SELECT, INSERT ON review TO rendezvous_app;
GRANT SELECT ON round, left_over TO rendezvous_app;
GRANT SELECT, INSERT, UPDATE (asked, sent) ON asked_round TO rendezvous_app;

ALTER TABLE location ENABLE ROW LEVEL SECURITY;
ALTER TABLE food_type ENABLE ROW LEVEL SECURITY;
ALTER TABLE location_food ENABLE ROW LEVEL SECURITY;
ALTER TABLE person_location ENABLE ROW LEVEL SECURITY;
ALTER TABLE refusal ENABLE ROW LEVEL SECURITY;
ALTER TABLE pause ENABLE ROW LEVEL SECURITY;
ALTER TABLE event ENABLE ROW LEVEL SECURITY;
ALTER TABLE event_food ENABLE ROW LEVEL SECURITY;
ALTER TABLE attendance ENABLE ROW LEVEL SECURITY;
ALTER TABLE review ENABLE ROW LEVEL SECURITY;
ALTER TABLE round ENABLE ROW LEVEL SECURITY;
ALTER TABLE asked_round ENABLE ROW LEVEL SECURITY;
ALTER TABLE left_over ENABLE ROW LEVEL SECURITY;

CREATE POLICY everybody_reads ON location FOR SELECT USING (true);
CREATE POLICY everybody_reads ON food_type FOR SELECT USING (true);
CREATE POLICY everybody_reads ON location_food FOR SELECT USING (true);
CREATE POLICY admins ON location TO rendezvous_app USING ((SELECT i_am('admin'))) WITH CHECK ((SELECT i_am('admin')));
CREATE POLICY admins ON food_type TO rendezvous_app USING ((SELECT i_am('admin'))) WITH CHECK ((SELECT i_am('admin')));
CREATE POLICY admins ON location_food TO rendezvous_app USING ((SELECT i_am('admin'))) WITH CHECK ((SELECT i_am('admin')));
CREATE POLICY own ON person_location TO rendezvous_app USING (person_id = (SELECT me())) WITH CHECK (person_id = (SELECT me()));
CREATE POLICY own ON refusal TO rendezvous_app USING (person_id = (SELECT me())) WITH CHECK (person_id = (SELECT me()));
CREATE POLICY own ON pause TO rendezvous_app USING (person_id = (SELECT me())) WITH CHECK (person_id = (SELECT me()));
CREATE POLICY theirs_and_public ON event FOR SELECT TO rendezvous_app
    USING ((SELECT i_am('admin')) OR (public AND (SELECT me()) IS NOT NULL) OR sees_event(id));
CREATE POLICY own ON event FOR INSERT TO rendezvous_app WITH CHECK (creator = (SELECT me()));
CREATE POLICY theirs ON event FOR UPDATE TO rendezvous_app USING (sees_event(id) OR (SELECT i_am('admin')));
CREATE POLICY through_event ON event_food FOR SELECT TO rendezvous_app USING (sees_event(event_id) OR (SELECT i_am('admin')));
CREATE POLICY own ON event_food FOR INSERT TO rendezvous_app
    WITH CHECK (event_id IN (SELECT id FROM event WHERE creator = (SELECT me())));
CREATE POLICY through_event ON attendance FOR SELECT TO rendezvous_app
    USING (person_id = (SELECT me()) OR (SELECT i_am('admin')) OR sees_event(event_id));
CREATE POLICY own ON attendance FOR INSERT TO rendezvous_app WITH CHECK (person_id = (SELECT me()));
CREATE POLICY own_response ON attendance FOR UPDATE TO rendezvous_app USING (person_id = (SELECT me()));
CREATE POLICY admins_read ON review FOR SELECT TO rendezvous_app USING ((SELECT i_am('admin')));
CREATE POLICY attendants_write ON review FOR INSERT TO rendezvous_app
    WITH CHECK (event_id IN (SELECT event_id FROM attendance WHERE person_id = (SELECT me()) AND response = 'approved'));
CREATE POLICY admins ON asked_round TO rendezvous_app USING ((SELECT i_am('admin'))) WITH CHECK ((SELECT i_am('admin')));
CREATE POLICY admins ON round FOR SELECT TO rendezvous_app USING ((SELECT i_am('admin')));
CREATE POLICY own ON left_over FOR SELECT TO rendezvous_app USING (person_id = (SELECT me()));
CREATE POLICY admins ON left_over FOR SELECT TO rendezvous_app USING ((SELECT i_am('admin')));
CREATE POLICY companions ON person FOR SELECT TO rendezvous_app USING (sees_person(id));
CREATE POLICY admins ON person_location TO rendezvous_app USING ((SELECT i_am('admin')));
CREATE POLICY admins ON refusal FOR SELECT TO rendezvous_app USING ((SELECT i_am('admin')));

CREATE POLICY jobs ON location TO rendezvous_job USING (true);
CREATE POLICY jobs ON food_type TO rendezvous_job USING (true);
CREATE POLICY jobs ON location_food TO rendezvous_job USING (true);
CREATE POLICY jobs ON person_location TO rendezvous_job USING (true);
CREATE POLICY jobs ON refusal TO rendezvous_job USING (true);
CREATE POLICY jobs ON pause TO rendezvous_job USING (true);
CREATE POLICY jobs ON event TO rendezvous_job USING (true);
CREATE POLICY jobs ON event_food TO rendezvous_job USING (true);
CREATE POLICY jobs ON attendance TO rendezvous_job USING (true);
CREATE POLICY jobs ON review TO rendezvous_job USING (true);
CREATE POLICY jobs ON asked_round TO rendezvous_job USING (true);
CREATE POLICY jobs ON round TO rendezvous_job USING (true);
CREATE POLICY jobs ON left_over TO rendezvous_job USING (true);
