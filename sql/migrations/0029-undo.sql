-- Whoever has just booked a call may take it back for a minute, however near it is.
-- depends: 0028-days-away

SET LOCAL lock_timeout = '5s';

CREATE OR REPLACE FUNCTION cancel_call(call uuid, expected integer, cancellable_from timestamptz, why text, event jsonb)
RETURNS text LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE a appointment;
BEGIN
    SELECT * INTO a FROM appointment WHERE id = call FOR UPDATE;
    IF NOT FOUND OR me() IS NULL OR me() NOT IN (a.coach_id, a.client_id) THEN
        RETURN 'not_there';
    ELSIF EXISTS (SELECT FROM cancellation x WHERE x.appointment_id = call) THEN
        RETURN 'cancelled';
    ELSIF a.version <> expected THEN
        RETURN 'stale';
    ELSIF a.starts <= present() THEN
        RETURN 'begun';
    ELSIF me() = a.client_id AND a.starts < cancellable_from
          AND NOT (a.version = 1 AND a.booked_by = me() AND a.booked > present() - interval '1 minute') THEN
        RETURN 'too_late';
    END IF;
    INSERT INTO cancellation (appointment_id, at, cancelled_by, reason) VALUES (call, present(), me(), why);
    INSERT INTO outbox (topic, key, event) VALUES ('Appointments_All', call::text, event);
    RETURN 'cancelled_now';
END $$;
