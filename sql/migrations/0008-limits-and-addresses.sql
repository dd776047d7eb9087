-- A rule's name may hold digits, as the names of two limits do; an address that was never confirmed is told nothing.
-- depends: 0004-lunch

SET LOCAL lock_timeout = '5s';

ALTER TABLE rule DROP CONSTRAINT rule_name_has_a_slice;
ALTER TABLE rule ADD CONSTRAINT rule_name_has_a_slice CHECK (name ~ '^[a-z]+\.[a-z0-9_]+$');

CREATE OR REPLACE FUNCTION confirm_address(change uuid, at timestamptz, days integer)
RETURNS TABLE (person_id uuid, former uuid)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE wanted text; old text; was_confirmed boolean;
BEGIN
    DELETE FROM address_change c WHERE c.id = change AND c.asked + make_interval(days => days) > at
        RETURNING c.person_id, c.email INTO person_id, wanted;
    IF person_id IS NULL THEN
        RETURN;
    END IF;
    SELECT a.email, a.email_confirmed INTO old, was_confirmed
        FROM account a WHERE a.person_id = confirm_address.person_id FOR UPDATE;
    UPDATE account a SET email = wanted, email_confirmed = true WHERE a.person_id = confirm_address.person_id;
    IF old <> wanted AND was_confirmed THEN
        former := gen_random_uuid();
        INSERT INTO former_address (id, person_id, email, at) VALUES (former, confirm_address.person_id, old, confirm_address.at);
    END IF;
    RETURN NEXT;
END $$;

-- Whoever may execute a function is named: for the functions of one schema alone, PostgreSQL takes nothing from PUBLIC.
ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
DO $$
DECLARE ours regprocedure;
BEGIN
    FOR ours IN
        SELECT p.oid FROM pg_proc p
        WHERE p.pronamespace = 'public'::regnamespace AND p.proowner = (SELECT oid FROM pg_roles WHERE rolname = current_user)
          AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')
    LOOP
        EXECUTE format('REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC', ours);
    END LOOP;
END $$;
