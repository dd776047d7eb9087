-- What would help, too: company that sits out and comes back, or has lunch at a place near.
-- depends: 0025-what-would-help

SET LOCAL lock_timeout = '5s';

CREATE TABLE location_near (
    location_id integer NOT NULL REFERENCES location ON DELETE CASCADE,
    near_id integer NOT NULL REFERENCES location ON DELETE CASCADE,
    PRIMARY KEY (location_id, near_id),
    CONSTRAINT location_near_is_written_once CHECK (location_id < near_id)
);
CREATE INDEX location_near_near ON location_near (near_id);
COMMENT ON TABLE location_near IS 'Two places so near each other that who has lunch at one could have it at the other';

CREATE TABLE suggested_return (
    person_id uuid NOT NULL,
    week date NOT NULL,
    back date NOT NULL CONSTRAINT suggested_return_is_a_monday CHECK (EXTRACT(isodow FROM back) = 1),
    people integer NOT NULL CONSTRAINT suggested_return_tells_of_nobody CHECK (people >= 3),
    PRIMARY KEY (person_id, week),
    FOREIGN KEY (person_id, week) REFERENCES left_over ON DELETE CASCADE
);
COMMENT ON TABLE suggested_return IS 'Until when so many are back who sat out in that week and would have suited this person';

CREATE TABLE suggested_place (
    person_id uuid NOT NULL,
    week date NOT NULL,
    location_id integer NOT NULL REFERENCES location ON DELETE CASCADE,
    people integer NOT NULL CONSTRAINT suggested_place_tells_of_nobody CHECK (people >= 3),
    PRIMARY KEY (person_id, week),
    FOREIGN KEY (person_id, week) REFERENCES left_over ON DELETE CASCADE
);
CREATE INDEX suggested_place_location ON suggested_place (location_id);
COMMENT ON TABLE suggested_place IS 'A place near at which so many have this person''s hours and eat what this person eats';

-- Who was left over may know where: what would have helped is true of that place alone. The round itself is the admins'.
CREATE FUNCTION place_of_round(wanted uuid) RETURNS integer
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT location_id FROM round WHERE id = wanted
$$;
REVOKE EXECUTE ON FUNCTION place_of_round FROM PUBLIC;
GRANT EXECUTE ON FUNCTION place_of_round TO rendezvous_app, rendezvous_job;

GRANT SELECT, INSERT, DELETE ON location_near TO rendezvous_app;
GRANT SELECT ON location_near TO rendezvous_job;
GRANT SELECT, DELETE ON suggested_return, suggested_place TO rendezvous_app;
GRANT SELECT, INSERT, DELETE ON suggested_return, suggested_place TO rendezvous_job;
ALTER TABLE location_near ENABLE ROW LEVEL SECURITY;
ALTER TABLE suggested_return ENABLE ROW LEVEL SECURITY;
ALTER TABLE suggested_place ENABLE ROW LEVEL SECURITY;
CREATE POLICY everybody_reads ON location_near FOR SELECT USING (true);
CREATE POLICY admins ON location_near TO rendezvous_app USING ((SELECT i_am('admin'))) WITH CHECK ((SELECT i_am('admin')));
CREATE POLICY own ON suggested_return TO rendezvous_app USING (person_id = (SELECT me()));
CREATE POLICY own ON suggested_place TO rendezvous_app USING (person_id = (SELECT me()));
CREATE POLICY admins ON suggested_return FOR SELECT TO rendezvous_app USING ((SELECT i_am('admin')));
CREATE POLICY admins ON suggested_place FOR SELECT TO rendezvous_app USING ((SELECT i_am('admin')));
CREATE POLICY jobs ON suggested_return TO rendezvous_job USING (true);
CREATE POLICY jobs ON suggested_place TO rendezvous_job USING (true);
