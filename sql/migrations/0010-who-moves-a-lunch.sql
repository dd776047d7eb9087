-- A lunch is moved from state to state by those who are asked to it, by who made it and by admins, not by everybody who
-- sees it; and what keeps an admin in office is one function, whether he would go by his role or by a ban.
-- depends: 0009-plans-that-are-kept

SET LOCAL lock_timeout = '5s';

CREATE FUNCTION is_asked_to(wanted uuid) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    RETURN EXISTS (SELECT FROM attendance WHERE event_id = wanted AND person_id = me());
END $$;
GRANT EXECUTE ON FUNCTION is_asked_to TO rendezvous_app, rendezvous_job;
ALTER POLICY theirs ON event
    USING (is_asked_to(id) OR creator = (SELECT me()) OR (SELECT i_am('admin')));

CREATE FUNCTION insist_on_an_admin() RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('the last admin'));
    IF NOT EXISTS (SELECT FROM person_role r JOIN account USING (person_id)
                   WHERE r.role = 'admin' AND r.active AND r.person_id NOT IN (SELECT person_id FROM ban)) THEN
        RAISE EXCEPTION USING ERRCODE = 'check_violation', CONSTRAINT = 'an_admin_remains',
            MESSAGE = 'the last admin cannot be removed';
    END IF;
END $$;
CREATE OR REPLACE FUNCTION keep_an_admin() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF OLD.role = 'admin' AND OLD.active THEN
        PERFORM insist_on_an_admin();
    END IF;
    RETURN NULL;
END $$;
CREATE OR REPLACE FUNCTION keep_an_admin_unbanned() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT FROM person_role WHERE person_id = NEW.person_id AND role = 'admin' AND active) THEN
        PERFORM insist_on_an_admin();
    END IF;
    RETURN NULL;
END $$;
