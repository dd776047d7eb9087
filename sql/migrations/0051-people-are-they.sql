-- People are "they", also in what the schema says of its columns.
-- depends: 0050-a-coachs-call-counts-in-no-month

SET LOCAL lock_timeout = '5s';

COMMENT ON COLUMN person.name IS 'Display name; empty when the person erased themselves.';
COMMENT ON COLUMN appointment.booked_by IS 'A call that the coach booked does not count against the limits of its client.';

CREATE OR REPLACE FUNCTION sees_person(wanted uuid) RETURNS boolean
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
BEGIN
    RETURN EXISTS (SELECT FROM attendance mine JOIN attendance theirs USING (event_id)
                   WHERE mine.person_id = me() AND theirs.person_id = wanted)
        OR EXISTS (SELECT FROM attendance a JOIN event e ON e.id = a.event_id
                   WHERE a.person_id = wanted AND e.public AND me() IS NOT NULL);
END $$;
