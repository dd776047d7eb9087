-- Clients who asked to be told when an earlier time comes free.
-- depends: 0036-series

SET LOCAL lock_timeout = '5s';

CREATE TABLE waiting (
    id uuid PRIMARY KEY,
    client_id uuid NOT NULL REFERENCES person ON DELETE CASCADE,
    coach_id uuid NOT NULL REFERENCES person ON DELETE CASCADE,
    until timestamptz NOT NULL,
    asked timestamptz NOT NULL,
    looked timestamptz NOT NULL,
    known timestamptz[] NOT NULL,
    CONSTRAINT client_waits_once_for_a_coach UNIQUE (client_id, coach_id)
);
COMMENT ON COLUMN waiting.until IS 'Nothing later than that is told.';
COMMENT ON COLUMN waiting.known IS 'Starts that were free when it was looked last, of which the client knows.';
CREATE INDEX waiting_looked ON waiting (looked);

GRANT SELECT, INSERT, DELETE ON waiting TO rendezvous_app;
ALTER TABLE waiting ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON waiting TO rendezvous_app
    USING (client_id = (SELECT me())) WITH CHECK (client_id = (SELECT me()));
CREATE POLICY jobs ON waiting TO rendezvous_job USING (true);

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
        DELETE FROM waiting WHERE person IN (client_id, coach_id);
        DELETE FROM rule WHERE scope = person::text;
        DELETE FROM no_show n USING appointment a WHERE a.id = n.appointment_id AND person IN (a.coach_id, a.client_id);
        UPDATE cancellation SET reason = '' WHERE cancelled_by = person AND reason <> '';
    END IF;
END $$;
