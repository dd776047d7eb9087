-- Whoever is erased leaves no name, no username and no address, in what others wrote and in what waits to be forgotten
-- neither; the address of an invitation that nobody can use is not kept; and who was not asked to a lunch is not at it.
-- depends: 0014-accounts-taken-back

SET LOCAL lock_timeout = '5s';

-- A text without these names: each, where it stands as words of its own, is a former member. Capitals make no difference.
CREATE FUNCTION without_names(given text, names text[]) RETURNS text
LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE name text;
BEGIN
    FOREACH name IN ARRAY names LOOP
        IF name <> '' THEN
            given := regexp_replace(given, '(?<![[:alnum:]])' || regexp_replace(name, '([^[:alnum:][:space:]])', '\\\1', 'g')
                                    || '(?![[:alnum:]])', 'a former member', 'gi');
        END IF;
    END LOOP;
    RETURN given;
END $$;

-- Where people write freely, and may write of others. A migration that adds such a column writes this anew.
CREATE FUNCTION free_texts() RETURNS TABLE (in_table text, in_column text)
LANGUAGE sql IMMUTABLE AS $$
    VALUES ('audit', 'why'), ('ban', 'why'), ('cancellation', 'reason'), ('event', 'title'),
           ('event_cancellation', 'reason'), ('review', 'description')
$$;

-- All by which the world knows a person: the longest first, so that none is left in another.
CREATE FUNCTION names_of(whose uuid) RETURNS text[]
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT coalesce(array_agg(n ORDER BY length(n) DESC, n), '{}') FROM (
        SELECT name FROM person WHERE id = whose
        UNION SELECT slug FROM person WHERE id = whose
        UNION SELECT username FROM account WHERE person_id = whose
        UNION SELECT email FROM account WHERE person_id = whose
        UNION SELECT email FROM former_address WHERE person_id = whose
        UNION SELECT email FROM address_change WHERE person_id = whose
        UNION SELECT a.email FROM invitation_use u JOIN invitation_address a USING (invitation_id) WHERE u.person_id = whose
    ) known (n) WHERE n <> ''
$$;

-- Answers that are kept for who asks again name others: they go with the name. One that is asked for again is then
-- carried out again, as a day later.
CREATE FUNCTION forget_answers_that_name(names text[]) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    DELETE FROM idempotency WHERE EXISTS (
        SELECT FROM unnest(names) n
        WHERE n <> '' AND position(substr(to_json(n)::text, 2, length(to_json(n)::text) - 2) IN body) > 0)
$$;
CREATE FUNCTION forget_the_former_name() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM forget_answers_that_name(ARRAY[OLD.name]);
    RETURN NULL;
END $$;
CREATE TRIGGER a_former_name_is_in_no_answer AFTER UPDATE OF name ON person
    FOR EACH ROW WHEN (OLD.name <> NEW.name) EXECUTE FUNCTION forget_the_former_name();

-- The id stays, so that others keep their history; the rest is blank or gone. False where the password was changed
-- meanwhile. Coming lunches and calls are left before: their people must be told.
CREATE OR REPLACE FUNCTION erase(kept text) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE whose uuid := me(); names text[]; place record;
BEGIN
    PERFORM FROM account WHERE person_id = whose AND password = kept FOR UPDATE;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    names := names_of(whose);
    DELETE FROM person_role WHERE person_id = whose;
    DELETE FROM commitment WHERE person_id = whose;
    DELETE FROM availability WHERE person_id = whose;
    DELETE FROM person_location WHERE person_id = whose;
    DELETE FROM refusal WHERE person_id = whose;
    DELETE FROM pause WHERE person_id = whose;
    DELETE FROM left_over WHERE person_id = whose;
    DELETE FROM idempotency WHERE person_id = whose;
    PERFORM forget_answers_that_name(names);
    DELETE FROM pressed_form;  -- kept for seconds; where others were led to may name people
    PERFORM end_access(whose, NULL, false);
    DELETE FROM second_factor WHERE person_id = whose;
    DELETE FROM mail_refusal WHERE person_id = whose;
    DELETE FROM former_address WHERE person_id = whose;
    DELETE FROM ban WHERE person_id = whose;
    -- The invitations they gave, the one they came by, and those that wait for their address.
    INSERT INTO invitation_revocation (invitation_id, at)
        SELECT i.id, present() FROM invitation i LEFT JOIN invitation_address a ON a.invitation_id = i.id
        WHERE (i.by_person = whose OR a.email = ANY (names))
          AND NOT EXISTS (SELECT FROM invitation_use u WHERE u.invitation_id = i.id) ON CONFLICT DO NOTHING;
    DELETE FROM invitation_address WHERE email = ANY (names)
        OR invitation_id IN (SELECT id FROM invitation WHERE by_person = whose)
        OR invitation_id IN (SELECT invitation_id FROM invitation_use WHERE person_id = whose);
    UPDATE batch_report SET lines = (
        SELECT coalesce(jsonb_agg(CASE WHEN without_names(l ->> 'address', names) = l ->> 'address' THEN l
                                       ELSE jsonb_set(l, '{address}', '"a former member"') END ORDER BY n), '[]')
        FROM jsonb_array_elements(lines) WITH ORDINALITY AS x (l, n))
    WHERE without_names(lines::text, names) <> lines::text;
    UPDATE audit SET why = '' WHERE whom = whose::text AND why <> '';
    FOR place IN SELECT * FROM free_texts() WHERE to_regclass(in_table) IS NOT NULL LOOP
        EXECUTE format('UPDATE %1$I SET %2$I = without_names(%2$I, $1) WHERE without_names(%2$I, $1) <> %2$I',
                       place.in_table, place.in_column) USING names;
    END LOOP;
    DELETE FROM account WHERE person_id = whose;
    UPDATE person SET name = '', slug = id::text, timezone = 'UTC', enrolled = 'epoch' WHERE id = whose;
    RETURN true;
END $$;

-- An invitation that is taken back needs its address no more; of those that expire, a job takes it.
CREATE OR REPLACE FUNCTION revoke_invitation(wanted uuid) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM FROM invitation WHERE id = wanted AND by_person = me() FOR UPDATE;
    IF NOT FOUND OR EXISTS (SELECT FROM invitation_use WHERE invitation_id = wanted) THEN
        RETURN false;
    END IF;
    INSERT INTO invitation_revocation (invitation_id, at) VALUES (wanted, present()) ON CONFLICT DO NOTHING;
    DELETE FROM invitation_address WHERE invitation_id = wanted;
    RETURN true;
END $$;
DELETE FROM invitation_address a WHERE EXISTS (SELECT FROM invitation_revocation r WHERE r.invitation_id = a.invitation_id);

-- Who joins a lunch unasked joins a public one, or one of their own.
ALTER POLICY own ON attendance WITH CHECK (person_id = (SELECT me())
    AND event_id IN (SELECT e.id FROM event e WHERE e.public OR e.creator = (SELECT me())));
