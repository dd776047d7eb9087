-- When people are free (availability) and when they are taken (commitment). Nobody is ever in two places at once.
-- depends: 0002-accounts

SET LOCAL lock_timeout = '5s';

CREATE TABLE availability (
    id uuid PRIMARY KEY,
    person_id uuid NOT NULL REFERENCES person ON DELETE CASCADE,
    purpose text NOT NULL CONSTRAINT availability_purpose_is_known CHECK (purpose IN ('lunch', 'coaching')),
    starts timestamp NOT NULL,
    ends timestamp NOT NULL,
    timezone text NOT NULL,
    weekly boolean NOT NULL,
    until date NOT NULL,
    CONSTRAINT availability_ends_after_it_starts CHECK (ends > starts AND ends <= starts + interval '24 hours'),
    CONSTRAINT availability_once_is_one_day CHECK (weekly OR until = starts::date),
    CONSTRAINT availability_until_is_not_before CHECK (until >= starts::date)
);
COMMENT ON COLUMN availability.starts IS 'Wall time in its zone; a weekly one repeats it every seven days.';
COMMENT ON COLUMN availability.until IS 'The last local day it may start on; infinity where a weekly one has no end.';
CREATE INDEX availability_person ON availability (person_id, purpose);

CREATE TABLE availability_exception (
    availability_id uuid NOT NULL REFERENCES availability ON DELETE CASCADE,
    day date NOT NULL,
    PRIMARY KEY (availability_id, day)
);

CREATE TABLE commitment (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    person_id uuid NOT NULL REFERENCES person ON DELETE CASCADE,
    during tstzrange NOT NULL CONSTRAINT commitment_has_a_length
        CHECK (NOT isempty(during) AND lower_inc(during) AND NOT upper_inc(during)
               AND NOT lower_inf(during) AND NOT upper_inf(during)),
    CONSTRAINT commitment_no_overlap EXCLUDE USING gist (person_id WITH =, during WITH &&)
);

GRANT SELECT, INSERT, DELETE ON availability, availability_exception TO rendezvous_app;
GRANT UPDATE ON availability TO rendezvous_app;
GRANT SELECT, INSERT ON commitment TO rendezvous_app;

ALTER TABLE availability ENABLE ROW LEVEL SECURITY;
ALTER TABLE availability_exception ENABLE ROW LEVEL SECURITY;
ALTER TABLE commitment ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON availability TO rendezvous_app USING (person_id = (SELECT me())) WITH CHECK (person_id = (SELECT me()));
CREATE POLICY through_availability ON availability_exception TO rendezvous_app
    USING (availability_id IN (SELECT id FROM availability)) WITH CHECK (availability_id IN (SELECT id FROM availability));
CREATE POLICY own ON commitment TO rendezvous_app USING (person_id = (SELECT me())) WITH CHECK (person_id = (SELECT me()));
CREATE POLICY jobs ON availability TO rendezvous_job USING (true);
CREATE POLICY jobs ON availability_exception TO rendezvous_job USING (true);
CREATE POLICY jobs ON commitment TO rendezvous_job USING (true);
