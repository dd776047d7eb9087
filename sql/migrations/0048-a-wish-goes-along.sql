-- A client who waits for an earlier time waits for it with whoever coaches them: with another coach the wish goes along, and
-- none of that coach's times is known to them.
-- depends: 0045-call-links-by-their-function 0047-a-round-is-written-at-once

SET LOCAL lock_timeout = '5s';

CREATE FUNCTION take_the_wish_along() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    UPDATE waiting w SET coach_id = NEW.coach_id, known = '{}'
    WHERE w.client_id = NEW.client_id
      AND NOT EXISTS (SELECT FROM waiting o WHERE o.client_id = NEW.client_id AND o.coach_id = NEW.coach_id);
    RETURN NULL;
END $$;
CREATE TRIGGER relationship_takes_the_wish_along AFTER INSERT ON relationship
    FOR EACH ROW EXECUTE FUNCTION take_the_wish_along();
REVOKE EXECUTE ON FUNCTION take_the_wish_along FROM public;
