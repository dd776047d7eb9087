-- Live updates: a one-time ticket opens a socket, sockets are told what happened at their locations, in tokens that
-- only the pages of those concerned know. All of it goes with the session that it came from.
-- depends: 0011-booking-finds-its-index

SET LOCAL lock_timeout = '5s';

CREATE TABLE ticket (
    token_hash bytea PRIMARY KEY,
    session_id uuid NOT NULL REFERENCES session ON DELETE CASCADE,
    expires timestamptz NOT NULL
);
CREATE INDEX ticket_session ON ticket (session_id);
CREATE INDEX ticket_expires ON ticket (expires);
COMMENT ON TABLE ticket IS 'Opens a socket once, within a minute';

CREATE TABLE socket (
    connection text PRIMARY KEY,
    session_id uuid NOT NULL REFERENCES session ON DELETE CASCADE,
    opened timestamptz NOT NULL
);
CREATE INDEX socket_session ON socket (session_id);
CREATE INDEX socket_opened ON socket (opened);
COMMENT ON TABLE socket IS 'An open page, by the connection id of the WebSocket API';

CREATE TABLE socket_location (
    connection text NOT NULL REFERENCES socket ON DELETE CASCADE,
    location_id integer NOT NULL REFERENCES location ON DELETE CASCADE,
    PRIMARY KEY (connection, location_id)
);
CREATE INDEX socket_location_location ON socket_location (location_id);
COMMENT ON TABLE socket_location IS 'Where a socket hears what happens: its person''s place, and those of their coming lunches';

CREATE TABLE live_update (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    location_id integer NOT NULL REFERENCES location ON DELETE CASCADE,
    token text NOT NULL,
    type text NOT NULL,
    at timestamptz NOT NULL
);
CREATE INDEX live_update_location ON live_update (location_id, id);
CREATE INDEX live_update_at ON live_update (at);
COMMENT ON TABLE live_update IS 'What is to be told to the sockets of a location with its next frame';

CREATE TABLE live_frame (
    location_id integer PRIMARY KEY REFERENCES location ON DELETE CASCADE,
    sent timestamptz NOT NULL
);
COMMENT ON TABLE live_frame IS 'When a location''s sockets were told something last: at most once a second';

-- Who brings a ticket has no session in the request: the socket takes it over from the ticket.
CREATE FUNCTION open_socket(ticket_hash bytea, wanted text, at timestamptz) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    whose uuid;
    by_session uuid;
BEGIN
    DELETE FROM ticket t USING session s
    WHERE t.token_hash = ticket_hash AND t.expires > at AND s.id = t.session_id AND s.expires > at
      AND NOT EXISTS (SELECT FROM ban b WHERE b.person_id = s.person_id)
    RETURNING s.person_id, s.id INTO whose, by_session;
    IF whose IS NULL THEN
        RETURN false;
    END IF;
    INSERT INTO socket (connection, session_id, opened) VALUES (wanted, by_session, at);
    INSERT INTO socket_location (connection, location_id)
    SELECT wanted, location_id FROM person_location WHERE person_id = whose
    UNION
    SELECT wanted, e.location_id FROM attendance a JOIN event e ON e.id = a.event_id
    WHERE a.person_id = whose AND e.ends > at;
    RETURN true;
END $$;

CREATE FUNCTION close_socket(closed text) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    DELETE FROM socket WHERE connection = closed
$$;
REVOKE EXECUTE ON FUNCTION open_socket, close_socket FROM PUBLIC;
GRANT EXECUTE ON FUNCTION open_socket, close_socket TO rendezvous_app, rendezvous_job;

GRANT INSERT ON ticket TO rendezvous_app;
GRANT SELECT, DELETE ON ticket, socket TO rendezvous_job;
GRANT SELECT ON socket_location TO rendezvous_job;
GRANT SELECT, INSERT, DELETE ON live_update TO rendezvous_job;
GRANT SELECT, INSERT, UPDATE ON live_frame TO rendezvous_job;
ALTER TABLE ticket ENABLE ROW LEVEL SECURITY;
ALTER TABLE socket ENABLE ROW LEVEL SECURITY;
ALTER TABLE socket_location ENABLE ROW LEVEL SECURITY;
ALTER TABLE live_update ENABLE ROW LEVEL SECURITY;
ALTER TABLE live_frame ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON ticket FOR INSERT TO rendezvous_app
    WITH CHECK (EXISTS (SELECT FROM session s WHERE s.id = session_id AND s.person_id = (SELECT me())));
CREATE POLICY jobs ON ticket TO rendezvous_job USING (true);
CREATE POLICY jobs ON socket TO rendezvous_job USING (true);
CREATE POLICY jobs ON socket_location TO rendezvous_job USING (true);
CREATE POLICY jobs ON live_update TO rendezvous_job USING (true);
CREATE POLICY jobs ON live_frame TO rendezvous_job USING (true);

-- What no consumer could read or carry out, as admins see it: where it stood and what went wrong, never what it said.
CREATE FUNCTION dead_letters(most integer)
RETURNS TABLE (at timestamptz, consumer text, topic text, partition integer, "offset" bigint, type text, error text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT (event ->> 'time')::timestamptz, event #>> '{data,consumer}', event #>> '{data,topic}',
           (event #>> '{data,partition}')::integer, (event #>> '{data,offset}')::bigint,
           event #>> '{data,type}', event #>> '{data,error}'
    FROM outbox WHERE topic = 'Dead_Letters' AND i_am('admin') ORDER BY id DESC LIMIT most
$$;
REVOKE EXECUTE ON FUNCTION dead_letters FROM PUBLIC;
GRANT EXECUTE ON FUNCTION dead_letters TO rendezvous_app;
CREATE INDEX outbox_dead_letters ON outbox (id) WHERE topic = 'Dead_Letters';
