-- Where a pressed form led is kept for seconds (0015). Whoever undoes what was pressed makes the next press a new one:
-- the person themselves when they do anything else, and others when they free or move the person's time. Whoever is
-- just pressing something else holds their own row; they are passed over, for they replace it.
-- depends: 0033-a-former-address-refuses-nothing

SET LOCAL lock_timeout = '5s';

CREATE FUNCTION forget_undone_press() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    DELETE FROM pressed_form WHERE person_id IN (
        SELECT p.person_id FROM pressed_form p JOIN freed USING (person_id)
        WHERE p.person_id IS DISTINCT FROM me() FOR UPDATE OF p SKIP LOCKED);
    RETURN NULL;
END $$;
REVOKE EXECUTE ON FUNCTION forget_undone_press FROM public;

CREATE TRIGGER freed_time_makes_a_press_a_new_one AFTER DELETE ON commitment
    REFERENCING OLD TABLE AS freed FOR EACH STATEMENT EXECUTE FUNCTION forget_undone_press();
CREATE TRIGGER moved_time_makes_a_press_a_new_one AFTER UPDATE ON commitment
    REFERENCING OLD TABLE AS freed FOR EACH STATEMENT EXECUTE FUNCTION forget_undone_press();
