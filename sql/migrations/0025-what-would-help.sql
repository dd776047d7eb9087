-- What would help somebody who was left over: one change with which others would have suited, in counts alone.
-- depends: 0016-the-life-of-a-lunch

SET LOCAL lock_timeout = '5s';

CREATE TABLE suggested_hour (
    person_id uuid NOT NULL,
    week date NOT NULL,
    weekday smallint NOT NULL CONSTRAINT suggested_hour_is_of_a_week CHECK (weekday BETWEEN 0 AND 6),
    starts time NOT NULL,
    people integer NOT NULL CONSTRAINT suggested_hour_tells_of_nobody CHECK (people >= 3),
    PRIMARY KEY (person_id, week),
    FOREIGN KEY (person_id, week) REFERENCES left_over ON DELETE CASCADE
);
COMMENT ON TABLE suggested_hour IS 'An hour at which so many people are free who eat what this person eats; Monday is 0, the place''s time';

CREATE TABLE suggested_food (
    person_id uuid NOT NULL,
    week date NOT NULL,
    food_type_id smallint NOT NULL REFERENCES food_type ON DELETE CASCADE,
    people integer NOT NULL CONSTRAINT suggested_food_tells_of_nobody CHECK (people >= 3),
    PRIMARY KEY (person_id, week),
    FOREIGN KEY (person_id, week) REFERENCES left_over ON DELETE CASCADE
);
CREATE INDEX suggested_food_food_type ON suggested_food (food_type_id);
COMMENT ON TABLE suggested_food IS 'A food that this person refuses and so many eat who are free when they are';

GRANT SELECT, DELETE ON suggested_hour, suggested_food TO rendezvous_app;
GRANT SELECT, INSERT, DELETE ON suggested_hour, suggested_food TO rendezvous_job;
ALTER TABLE suggested_hour ENABLE ROW LEVEL SECURITY;
ALTER TABLE suggested_food ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON suggested_hour TO rendezvous_app USING (person_id = (SELECT me()));
CREATE POLICY own ON suggested_food TO rendezvous_app USING (person_id = (SELECT me()));
CREATE POLICY admins ON suggested_hour FOR SELECT TO rendezvous_app USING ((SELECT i_am('admin')));
CREATE POLICY admins ON suggested_food FOR SELECT TO rendezvous_app USING ((SELECT i_am('admin')));
CREATE POLICY jobs ON suggested_hour TO rendezvous_job USING (true);
CREATE POLICY jobs ON suggested_food TO rendezvous_job USING (true);
