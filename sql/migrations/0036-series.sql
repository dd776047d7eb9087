-- Which calls were booked together as a series, and in which order: from one of them on they are moved or cancelled.
-- depends: 0035-no-shows

SET LOCAL lock_timeout = '5s';

CREATE TABLE series_call (
    appointment_id uuid PRIMARY KEY REFERENCES appointment ON DELETE CASCADE,
    series_id uuid NOT NULL,
    number integer NOT NULL CONSTRAINT series_call_counts_from_one CHECK (number >= 1),
    CONSTRAINT series_call_has_its_place UNIQUE (series_id, number)
);
COMMENT ON COLUMN series_call.number IS 'Which month of the series: it stays when the call is moved by itself.';

GRANT SELECT, INSERT ON series_call TO rendezvous_app;
ALTER TABLE series_call ENABLE ROW LEVEL SECURITY;
CREATE POLICY through_appointment ON series_call FOR SELECT TO rendezvous_app
    USING (EXISTS (SELECT FROM appointment a WHERE a.id = appointment_id));
CREATE POLICY who_booked_it ON series_call FOR INSERT TO rendezvous_app
    WITH CHECK (EXISTS (SELECT FROM appointment a WHERE a.id = appointment_id AND a.booked_by = (SELECT me())));
CREATE POLICY jobs ON series_call TO rendezvous_job USING (true);
