-- What a lunch lives through after it was made: who joins, who calls it off and why, who is reminded, who never answers;
-- and rounds that are run late or again.
-- depends: 0011-booking-finds-its-index

SET LOCAL lock_timeout = '5s';

CREATE INDEX event_starts ON event (starts);

-- When a round should have run: one that ran much later was made up for, and admins see it.
ALTER TABLE asked_round ADD COLUMN due timestamptz NOT NULL DEFAULT 'infinity';
ALTER TABLE round ADD COLUMN due timestamptz NOT NULL DEFAULT 'infinity';
COMMENT ON COLUMN asked_round.due IS 'When its hour came; infinity where it was asked for at no set hour.';
COMMENT ON COLUMN round.due IS 'When its hour came; infinity where it was asked for at no set hour.';

ALTER TABLE asked_round ADD COLUMN again boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN asked_round.again IS 'Somebody left a lunch: the round offers no hour that could not be approved in time.';

-- When the rounds that are due were last looked for: an hour that passed since then, and no other, was missed.
CREATE TABLE last_match (
    at timestamptz NOT NULL
);
CREATE UNIQUE INDEX last_match_is_one ON last_match ((true));

-- Why a lunch was called off, read by who was asked to it.
CREATE TABLE event_cancellation (
    event_id uuid CONSTRAINT event_is_called_off_once PRIMARY KEY REFERENCES event ON DELETE CASCADE,
    by_person uuid NOT NULL REFERENCES person,
    at timestamptz NOT NULL,
    reason text NOT NULL CONSTRAINT event_cancellation_reason_is_short CHECK (length(reason) <= 255)
);

-- Lunches whose people were reminded, or were told so late that a reminder would say it twice.
CREATE TABLE event_reminder (
    event_id uuid PRIMARY KEY REFERENCES event ON DELETE CASCADE
);

-- Who let several invitations in a row go by unanswered: asked, and not matched until answered is a time.
CREATE TABLE silence (
    person_id uuid PRIMARY KEY REFERENCES account ON DELETE CASCADE,
    asked timestamptz NOT NULL,
    answered timestamptz NOT NULL DEFAULT 'infinity',
    CONSTRAINT silence_is_answered_later CHECK (answered >= asked)
);

-- What a member wrote goes with them: the reasons they gave and the titles of what they proposed.
CREATE FUNCTION forget_what_they_wrote() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    UPDATE event_cancellation SET reason = '' WHERE by_person = OLD.person_id;
    UPDATE event SET title = 'Lunch' WHERE creator = OLD.person_id;
    RETURN NULL;
END $$;
CREATE TRIGGER account_goes_with_what_they_wrote AFTER DELETE ON account
    FOR EACH ROW EXECUTE FUNCTION forget_what_they_wrote();

-- Lunches as they are and stay until the commit. A policy for UPDATE hides a public lunch from who is not asked to it,
-- and a row that is hidden is not locked: so whoever joins holds it by this. Who acts is held first, as they are where
-- they are banned: else the two could wait for each other.
CREATE FUNCTION hold_events(wanted uuid[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM FROM account WHERE person_id = me() FOR KEY SHARE;
    PERFORM FROM event WHERE id = ANY(wanted) AND (i_am('admin') OR i_am_a_job() OR sees_event(id))
        ORDER BY id FOR NO KEY UPDATE;
END $$;

-- Nobody comes to a lunch that is called off or over. The row is held by event_has_a_seat, which runs before (triggers
-- of one kind run in the order of their names), so its state is the one that it keeps.
CREATE FUNCTION keep_to_what_is_coming() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT FROM approval n JOIN event e ON e.id = n.event_id
               WHERE n.response = 'approved' AND e.status NOT IN ('Proposed', 'Confirmed')) THEN
        RAISE EXCEPTION USING ERRCODE = 'check_violation', CONSTRAINT = 'event_state_allows_it',
            MESSAGE = 'nobody approves what is off or over';
    END IF;
    RETURN NULL;
END $$;
CREATE FUNCTION keep_changes_to_what_is_coming() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT FROM approval n JOIN before b USING (event_id, person_id) JOIN event e ON e.id = n.event_id
               WHERE n.response = 'approved' AND b.response <> 'approved'
                 AND e.status NOT IN ('Proposed', 'Confirmed')) THEN
        RAISE EXCEPTION USING ERRCODE = 'check_violation', CONSTRAINT = 'event_state_allows_it',
            MESSAGE = 'nobody approves what is off or over';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER event_is_still_coming AFTER INSERT ON attendance REFERENCING NEW TABLE AS approval
    FOR EACH STATEMENT EXECUTE FUNCTION keep_to_what_is_coming();
CREATE TRIGGER event_is_still_coming_then AFTER UPDATE ON attendance
    REFERENCING OLD TABLE AS before NEW TABLE AS approval
    FOR EACH STATEMENT EXECUTE FUNCTION keep_changes_to_what_is_coming();

-- The round of a lunch's week and place is wanted again, by somebody who was asked to it.
CREATE FUNCTION ask_for_round_again(lunch uuid, monday date, at timestamptz) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    INSERT INTO asked_round (week, location_id, asked, again)
    SELECT monday, e.location_id, at, true FROM event e JOIN location l ON l.id = e.location_id
    WHERE e.id = lunch AND l.open AND (i_am('admin') OR i_am_a_job() OR sees_event(e.id))
    ON CONFLICT (week, location_id) DO UPDATE
    SET asked = greatest(asked_round.asked, excluded.asked), sent = '-infinity', again = true;
END $$;

-- What a visitor reads of a public lunch: what, on which day and where; never who.
CREATE FUNCTION public_event(wanted uuid)
RETURNS TABLE (title text, starts timestamptz, timezone text, location text)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    RETURN QUERY SELECT e.title, e.starts, l.timezone, l.name FROM event e JOIN location l ON l.id = e.location_id
    WHERE e.id = wanted AND e.public AND e.status IN ('Proposed', 'Confirmed') AND e.starts > present();
END $$;

-- The place of these lunches has another address: calendars must notice. Which lunches they are.
CREATE FUNCTION revise_events_at(place integer) RETURNS TABLE (event_id uuid)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF i_am('admin') IS NOT TRUE THEN
        RAISE insufficient_privilege USING MESSAGE = 'only an admin changes a location';
    END IF;
    PERFORM FROM event e WHERE e.location_id = place AND e.status IN ('Proposed', 'Confirmed') AND e.starts > present()
        ORDER BY e.id FOR NO KEY UPDATE;
    RETURN QUERY UPDATE event e SET revision = e.revision + 1
        WHERE e.location_id = place AND e.status IN ('Proposed', 'Confirmed') AND e.starts > present() RETURNING e.id;
END $$;

GRANT EXECUTE ON FUNCTION hold_events, ask_for_round_again, public_event, revise_events_at TO rendezvous_app;
GRANT SELECT, INSERT ON event_cancellation TO rendezvous_app;
GRANT INSERT ON event_reminder TO rendezvous_app;
GRANT SELECT, UPDATE (answered) ON silence TO rendezvous_app;
GRANT DELETE ON asked_round TO rendezvous_app;

ALTER TABLE event_cancellation ENABLE ROW LEVEL SECURITY;
ALTER TABLE event_reminder ENABLE ROW LEVEL SECURITY;
ALTER TABLE silence ENABLE ROW LEVEL SECURITY;
ALTER TABLE last_match ENABLE ROW LEVEL SECURITY;
CREATE POLICY through_event ON event_cancellation FOR SELECT TO rendezvous_app
    USING ((SELECT i_am('admin')) OR by_person = (SELECT me()) OR sees_event(event_id));
CREATE POLICY own ON event_cancellation FOR INSERT TO rendezvous_app WITH CHECK (by_person = (SELECT me()));
CREATE POLICY through_event ON event_reminder FOR INSERT TO rendezvous_app
    WITH CHECK (is_asked_to(event_id) OR (SELECT i_am('admin')));
CREATE POLICY own ON silence TO rendezvous_app USING (person_id = (SELECT me()));
CREATE POLICY asked_by_who_proposes ON attendance FOR INSERT TO rendezvous_app
    WITH CHECK (response = 'invited' AND event_id IN (SELECT id FROM event WHERE creator = (SELECT me())));
CREATE POLICY jobs ON event_cancellation TO rendezvous_job USING (true);
CREATE POLICY jobs ON event_reminder TO rendezvous_job USING (true);
CREATE POLICY jobs ON last_match TO rendezvous_job USING (true);
CREATE POLICY jobs ON silence TO rendezvous_job USING (true);
