-- What a round looked like: how many of its people were free at each hour, and how many have lunch then. Counts alone.
-- depends: 0041-admins-see-hours-and-calls

SET LOCAL lock_timeout = '5s';

CREATE TABLE round_hour (
    round_id uuid NOT NULL REFERENCES round ON DELETE CASCADE,
    starts timestamptz NOT NULL,
    free integer NOT NULL,
    matched integer NOT NULL,
    PRIMARY KEY (round_id, starts),
    CONSTRAINT round_hour_matches_who_is_free CHECK (matched >= 0 AND matched <= free)
);
COMMENT ON TABLE round_hour IS 'How many of a round''s people could begin lunch then, and how many of them do; of older rounds it was not kept';

GRANT SELECT ON round_hour TO rendezvous_app;
GRANT SELECT, INSERT ON round_hour TO rendezvous_job;
ALTER TABLE round_hour ENABLE ROW LEVEL SECURITY;
CREATE POLICY jobs ON round_hour TO rendezvous_job USING (true);
CREATE POLICY admins ON round_hour FOR SELECT TO rendezvous_app USING ((SELECT i_am('admin')));
