-- What a person does with his own account: tokens, feed, refused mails, erasure; and how he leaves coming lunches.
-- depends: 0004-lunch

SET LOCAL lock_timeout = '5s';

-- Personal tokens for programs. Shown once; only the digest is kept.
CREATE TABLE api_token (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    person_id uuid NOT NULL REFERENCES person ON DELETE CASCADE,
    name text NOT NULL CONSTRAINT api_token_name_is_short CHECK (length(name) BETWEEN 1 AND 100),
    token_hash bytea NOT NULL CONSTRAINT api_token_is_unique UNIQUE,
    scope text NOT NULL CONSTRAINT api_token_scope_is_known CHECK (scope IN ('read', 'write')),
    made timestamptz NOT NULL,
    CONSTRAINT api_token_name_is_used_once UNIQUE (person_id, name)
);

-- The secret address of a person's calendar: one at a time, a new one ends the former.
CREATE TABLE feed (
    person_id uuid PRIMARY KEY REFERENCES person ON DELETE CASCADE,
    token_hash bytea NOT NULL CONSTRAINT feed_token_is_unique UNIQUE,
    made timestamptz NOT NULL
);

-- Kinds of mail that a person does not want.
CREATE TABLE mail_refusal (
    person_id uuid NOT NULL REFERENCES person ON DELETE CASCADE,
    kind text NOT NULL CONSTRAINT mail_kind_is_a_word CHECK (kind ~ '^[a-z_]{1,40}$'),
    PRIMARY KEY (person_id, kind)
);

-- Counts the changes that a calendar must notice (RFC 5545, SEQUENCE).
ALTER TABLE event ADD COLUMN revision integer NOT NULL DEFAULT 0;
CREATE FUNCTION count_revision() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.revision := OLD.revision + 1;
    RETURN NEW;
END $$;
CREATE TRIGGER event_counts_its_revisions BEFORE UPDATE ON event
    FOR EACH ROW WHEN ((OLD.status, OLD.during, OLD.title, OLD.location_id)
                       IS DISTINCT FROM (NEW.status, NEW.during, NEW.title, NEW.location_id))
    EXECUTE FUNCTION count_revision();

GRANT SELECT (id, person_id, name, scope, made), INSERT, DELETE ON api_token TO rendezvous_app;
GRANT SELECT (person_id, made), DELETE ON feed TO rendezvous_app;
GRANT SELECT, INSERT, DELETE ON mail_refusal TO rendezvous_app;
ALTER TABLE api_token ENABLE ROW LEVEL SECURITY;
ALTER TABLE feed ENABLE ROW LEVEL SECURITY;
ALTER TABLE mail_refusal ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON api_token TO rendezvous_app USING (person_id = (SELECT me())) WITH CHECK (person_id = (SELECT me()));
CREATE POLICY own ON feed TO rendezvous_app USING (person_id = (SELECT me()));
CREATE POLICY own ON mail_refusal TO rendezvous_app USING (person_id = (SELECT me())) WITH CHECK (person_id = (SELECT me()));
CREATE POLICY jobs ON api_token TO rendezvous_job USING (true);
CREATE POLICY jobs ON feed TO rendezvous_job USING (true);
CREATE POLICY jobs ON mail_refusal TO rendezvous_job USING (true);

-- Everybody may take along what is kept of him, the links that wait in his mail included.
GRANT SELECT (person_id, asked) ON password_reset TO rendezvous_app;
GRANT SELECT ON former_address TO rendezvous_app;
CREATE POLICY own ON password_reset FOR SELECT TO rendezvous_app USING (person_id = (SELECT me()));
CREATE POLICY own ON former_address FOR SELECT TO rendezvous_app USING (person_id = (SELECT me()));
CREATE POLICY mine ON invitation_use FOR SELECT TO rendezvous_app USING (person_id = (SELECT me()));

-- Whoever bans somebody withdraws him from coming lunches.
CREATE POLICY admins ON attendance FOR UPDATE TO rendezvous_app USING ((SELECT i_am('admin')));

-- Who is there: by a session's cookie or, where bearer says so, by a token; never by the one in place of the other.
DROP FUNCTION enter(bytea, timestamptz);
CREATE FUNCTION enter(token bytea, at timestamptz, bearer boolean DEFAULT false)
RETURNS TABLE (person_id uuid, session_id uuid, name text, timezone text, roles text[], banned boolean, scope text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE allowed text;
BEGIN
    PERFORM set_config('rendezvous.now', at::text, true);
    IF token IS NULL THEN
        NULL;
    ELSIF bearer THEN
        SELECT t.person_id, t.scope INTO person_id, allowed FROM api_token t WHERE t.token_hash = token;
    ELSE
        SELECT s.person_id, s.id, 'write' INTO person_id, session_id, allowed
        FROM session s WHERE s.token_hash = token AND s.expires > at;
    END IF;
    IF person_id IS NOT NULL THEN
        SELECT p.name, p.timezone,
               ARRAY(SELECT r.role FROM person_role r WHERE r.person_id = p.id AND r.active ORDER BY r.role),
               EXISTS (SELECT FROM ban b WHERE b.person_id = p.id)
        INTO name, timezone, roles, banned
        FROM person p WHERE p.id = enter.person_id;
    END IF;
    PERFORM set_config('rendezvous.person', coalesce(person_id::text, ''), true),
            set_config('rendezvous.roles', CASE WHEN banned THEN '' ELSE coalesce(array_to_string(roles, ','), '') END, true);
    IF person_id IS NOT NULL THEN
        scope := allowed;
        RETURN NEXT;
    END IF;
END $$;

-- The person of a feed's address, for whom the rest of the transaction then reads.
CREATE FUNCTION enter_feed(token bytea) RETURNS TABLE (person_id uuid, name text, timezone text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    SELECT p.id, p.name, p.timezone INTO person_id, name, timezone
    FROM feed f JOIN person p ON p.id = f.person_id WHERE f.token_hash = token;
    IF person_id IS NOT NULL THEN
        PERFORM set_config('rendezvous.person', person_id::text, true), set_config('rendezvous.roles', '', true);
        RETURN NEXT;
    END IF;
END $$;

CREATE FUNCTION open_feed(token bytea) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    INSERT INTO feed (person_id, token_hash, made) SELECT me(), token, present()
    ON CONFLICT (person_id) DO UPDATE SET token_hash = excluded.token_hash, made = excluded.made
$$;

-- A link in a mail refuses that kind for its person, whoever opens it: the mail may have been passed on.
CREATE FUNCTION refuse_mail(person uuid, wanted text) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM FROM account WHERE person_id = person FOR KEY SHARE;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    INSERT INTO mail_refusal (person_id, kind) VALUES (person, wanted) ON CONFLICT DO NOTHING;
    RETURN true;
END $$;

-- Whoever is about to go (banned, erased) is held first: nothing that takes his time can pass by meanwhile.
CREATE FUNCTION hold_person(person uuid) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF person IS DISTINCT FROM me() AND i_am('admin') IS NOT TRUE THEN
        RAISE insufficient_privilege USING MESSAGE = 'only an admin withdraws somebody else';
    END IF;
    PERFORM FROM account WHERE person_id = person FOR UPDATE;
END $$;

-- A round may have been computed while somebody went: he takes no seat and no time. It then makes no lunch of it.
CREATE FUNCTION pass_over_who_is_gone() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM FROM account WHERE person_id = NEW.person_id FOR KEY SHARE;
    IF FOUND AND NOT EXISTS (SELECT FROM ban WHERE person_id = NEW.person_id) THEN
        RETURN NEW;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER attendance_is_of_somebody_who_is_here BEFORE INSERT ON attendance
    FOR EACH ROW WHEN (NEW.response <> 'rejected') EXECUTE FUNCTION pass_over_who_is_gone();
CREATE TRIGGER commitment_is_of_somebody_who_is_here BEFORE INSERT ON commitment
    FOR EACH ROW EXECUTE FUNCTION pass_over_who_is_gone();

-- The id stays, so that others keep their history; the rest is blank or gone. False where the password was changed
-- meanwhile. Coming lunches are left before: their people must be told.
CREATE FUNCTION erase(kept text) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE whose uuid := me();
BEGIN
    PERFORM FROM account WHERE person_id = whose AND password = kept FOR UPDATE;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    DELETE FROM person_role WHERE person_id = whose;
    DELETE FROM commitment WHERE person_id = whose;
    DELETE FROM availability WHERE person_id = whose;
    DELETE FROM person_location WHERE person_id = whose;
    DELETE FROM refusal WHERE person_id = whose;
    DELETE FROM pause WHERE person_id = whose;
    DELETE FROM left_over WHERE person_id = whose;
    DELETE FROM idempotency WHERE person_id = whose;
    DELETE FROM session WHERE person_id = whose;
    DELETE FROM api_token WHERE person_id = whose;
    DELETE FROM feed WHERE person_id = whose;
    DELETE FROM mail_refusal WHERE person_id = whose;
    DELETE FROM password_reset WHERE person_id = whose;
    DELETE FROM address_change WHERE person_id = whose;
    DELETE FROM former_address WHERE person_id = whose;
    DELETE FROM ban WHERE person_id = whose;
    DELETE FROM invitation_address WHERE invitation_id IN (SELECT id FROM invitation WHERE by_person = whose);
    INSERT INTO invitation_revocation (invitation_id, at)
        SELECT id, present() FROM invitation i WHERE by_person = whose
        AND NOT EXISTS (SELECT FROM invitation_use u WHERE u.invitation_id = i.id) ON CONFLICT DO NOTHING;
    DELETE FROM account WHERE person_id = whose;
    UPDATE person SET name = '', slug = id::text, timezone = 'UTC', enrolled = 'epoch' WHERE id = whose;
    RETURN true;
END $$;

-- Links that were mailed to other addresses lead nowhere once one is confirmed.
CREATE FUNCTION forget_other_addresses() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    DELETE FROM address_change WHERE person_id = NEW.person_id;
    RETURN NULL;
END $$;
CREATE TRIGGER new_address_ends_other_changes AFTER UPDATE OF email ON account
    FOR EACH ROW WHEN (OLD.email <> NEW.email) EXECUTE FUNCTION forget_other_addresses();

-- A changed password ends every session but the one that changed it, and every one where a token did.
CREATE OR REPLACE FUNCTION change_password(former text, hash text, kept_session uuid) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    UPDATE account SET password = hash WHERE person_id = me() AND password = former;
    IF FOUND THEN
        DELETE FROM session WHERE person_id = me() AND id IS DISTINCT FROM kept_session;
        DELETE FROM password_reset WHERE person_id = me();
        RETURN true;
    END IF;
    RETURN false;
END $$;

GRANT EXECUTE ON FUNCTION enter, enter_feed, open_feed, refuse_mail, hold_person, erase TO rendezvous_app;
