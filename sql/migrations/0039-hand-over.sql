-- A client's booked calls go with them to another coach: the same calls, where that coach is free at their hour.
-- depends: 0038-outside-calendars

SET LOCAL lock_timeout = '5s';

-- Gives a call to the coach whom its client has now: 'handed_over', or what stood in the way. The locks of both are held.
CREATE FUNCTION hand_over_call(call uuid, expected integer, to_coach uuid, event jsonb)
RETURNS text LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE a appointment; bond uuid;
BEGIN
    SELECT * INTO a FROM appointment WHERE id = call FOR UPDATE;
    IF NOT FOUND OR i_am('admin') IS NOT TRUE THEN
        RETURN 'not_there';
    ELSIF EXISTS (SELECT FROM cancellation x WHERE x.appointment_id = call) THEN
        RETURN 'cancelled';
    ELSIF a.version <> expected THEN
        RETURN 'stale';
    ELSIF a.starts <= present() THEN
        RETURN 'begun';
    END IF;
    SELECT r.id INTO bond FROM relationship r WHERE r.coach_id = to_coach AND r.client_id = a.client_id AND r.is_current;
    IF NOT FOUND THEN
        RETURN 'no_relationship';
    END IF;
    INSERT INTO commitment (person_id, during, appointment_id) VALUES (to_coach, a.during, call) ON CONFLICT DO NOTHING;
    IF NOT FOUND THEN
        RETURN 'taken';
    END IF;
    DELETE FROM commitment WHERE appointment_id = call AND person_id = a.coach_id;
    UPDATE appointment SET relationship_id = bond, coach_id = to_coach, version = version + 1, changed = present(),
        booked_by = CASE WHEN booked_by = a.coach_id THEN to_coach ELSE booked_by END WHERE id = call;
    INSERT INTO outbox (topic, key, event) VALUES ('Appointments_All', call::text, event);
    RETURN 'handed_over';
END $$;
GRANT EXECUTE ON FUNCTION hand_over_call TO rendezvous_app;
