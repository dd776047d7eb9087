-- Accounts that can be taken back: what ends with which act, tokens that expire, a second factor, and for an
-- invitation that is mailed a code of its own, which the inviter never sees.
-- depends: 0011-booking-finds-its-index

SET LOCAL lock_timeout = '5s';

-- --- tokens -------------------------------------------------------------------------------------------------------

ALTER TABLE api_token ADD COLUMN expires timestamptz NOT NULL DEFAULT 'infinity',
    ADD COLUMN used timestamptz NOT NULL DEFAULT '-infinity';
UPDATE api_token SET expires = made + interval '90 days';
ALTER TABLE api_token ALTER COLUMN expires DROP DEFAULT,
    ADD CONSTRAINT api_token_expires_later CHECK (expires > made);
COMMENT ON COLUMN api_token.used IS 'When it was last used, to the minute; -infinity until then.';
CREATE INDEX api_token_expires ON api_token (expires);
GRANT SELECT (expires, used) ON api_token TO rendezvous_app;

-- --- the second factor --------------------------------------------------------------------------------------------

CREATE TABLE second_factor (
    person_id uuid PRIMARY KEY REFERENCES person ON DELETE CASCADE,
    id uuid NOT NULL,
    since timestamptz NOT NULL,
    active boolean NOT NULL,
    last_step bigint NOT NULL DEFAULT 0
);
COMMENT ON TABLE second_factor IS 'The key is derived from the id and stored nowhere; not active until a code of it was shown.';
COMMENT ON COLUMN second_factor.last_step IS 'The half minute of the last code that was taken: none is taken twice (RFC 6238, 5.2).';
CREATE TABLE recovery_code (
    person_id uuid NOT NULL REFERENCES second_factor ON DELETE CASCADE,
    digest bytea NOT NULL,
    PRIMARY KEY (person_id, digest)
);
ALTER TABLE session ADD COLUMN proved timestamptz NOT NULL DEFAULT '-infinity';
COMMENT ON COLUMN session.proved IS 'When the second factor was last given here; -infinity: never.';

GRANT SELECT (person_id, id, since, active) ON second_factor TO rendezvous_app;
GRANT SELECT (person_id) ON recovery_code TO rendezvous_app;
GRANT SELECT (proved) ON session TO rendezvous_app;
ALTER TABLE second_factor ENABLE ROW LEVEL SECURITY;
ALTER TABLE recovery_code ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON second_factor FOR SELECT TO rendezvous_app USING (person_id = (SELECT me()));
CREATE POLICY admins ON second_factor FOR SELECT TO rendezvous_app USING ((SELECT i_am('admin')));
CREATE POLICY own ON recovery_code FOR SELECT TO rendezvous_app USING (person_id = (SELECT me()));
CREATE POLICY admins ON session FOR SELECT TO rendezvous_app USING ((SELECT i_am('admin')));
CREATE POLICY jobs ON second_factor TO rendezvous_job USING (true);
CREATE POLICY jobs ON recovery_code TO rendezvous_job USING (true);

-- --- what ends ----------------------------------------------------------------------------------------------------

-- Every session but one; what a session has opened refers to it, and goes with it.
CREATE FUNCTION end_sessions(whose uuid, kept_session uuid) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE ended integer;
BEGIN
    DELETE FROM session WHERE person_id = whose AND id IS DISTINCT FROM kept_session;
    GET DIAGNOSTICS ended = ROW_COUNT;
    RETURN ended;
END $$;

-- All that lets somebody in: whoever takes an account back is alone in it afterwards.
CREATE FUNCTION end_access(whose uuid, kept_session uuid, keep_tokens boolean) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM end_sessions(whose, kept_session);
    DELETE FROM address_change WHERE person_id = whose;
    DELETE FROM password_reset WHERE person_id = whose;
    DELETE FROM second_factor WHERE person_id = whose AND NOT active;
    IF NOT keep_tokens THEN
        DELETE FROM api_token WHERE person_id = whose;
        DELETE FROM feed WHERE person_id = whose;
    END IF;
END $$;

-- The account first, here as wherever links are used: who resets and who confirms wait for each other.
CREATE OR REPLACE FUNCTION reset_password(reset uuid, hash text, at timestamptz, minutes integer) RETURNS uuid
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE whose uuid;
BEGIN
    SELECT person_id INTO whose FROM password_reset WHERE id = reset AND asked + make_interval(mins => minutes) > at;
    PERFORM FROM account WHERE person_id = whose FOR UPDATE;
    DELETE FROM password_reset WHERE id = reset AND person_id = whose;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    UPDATE account SET password = hash WHERE person_id = whose;
    PERFORM end_access(whose, NULL, false);
    RETURN whose;
END $$;

CREATE FUNCTION account_of_reset(reset uuid, at timestamptz, minutes integer) RETURNS TABLE (username text, email text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT a.username, a.email FROM password_reset r JOIN account a USING (person_id)
    WHERE r.id = reset AND r.asked + make_interval(mins => minutes) > at
$$;

DROP FUNCTION change_password(text, text, uuid);
CREATE FUNCTION change_password(former text, hash text, kept_session uuid, keep_tokens boolean) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    UPDATE account SET password = hash WHERE person_id = me() AND password = former;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    PERFORM end_access(me(), kept_session, keep_tokens);
    RETURN true;
END $$;

-- Another address ends the links that were mailed to the former, those to another password too.
CREATE OR REPLACE FUNCTION forget_other_addresses() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    DELETE FROM address_change WHERE person_id = NEW.person_id;
    DELETE FROM password_reset WHERE person_id = NEW.person_id;
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION confirm_address(change uuid, at timestamptz, days integer)
RETURNS TABLE (person_id uuid, former uuid)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE whose uuid; wanted text; old text; was_confirmed boolean;
BEGIN
    SELECT c.person_id INTO whose FROM address_change c WHERE c.id = change AND c.asked + make_interval(days => days) > at;
    SELECT a.email, a.email_confirmed INTO old, was_confirmed FROM account a WHERE a.person_id = whose FOR UPDATE;
    DELETE FROM address_change c WHERE c.id = change AND c.person_id = whose RETURNING c.email INTO wanted;
    IF wanted IS NULL THEN
        RETURN;
    END IF;
    person_id := whose;
    UPDATE account a SET email = wanted, email_confirmed = true WHERE a.person_id = whose;
    IF old <> wanted AND was_confirmed THEN
        former := gen_random_uuid();
        INSERT INTO former_address (id, person_id, email, at) VALUES (former, whose, old, confirm_address.at);
    END IF;
    RETURN NEXT;
END $$;

-- Whoever proved to know the password does what follows only while it is the password, and holds it until the commit.
CREATE FUNCTION hold_password(kept text) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM FROM account WHERE person_id = me() AND password = kept FOR SHARE;
    RETURN FOUND;
END $$;

-- --- logging in ---------------------------------------------------------------------------------------------------

DROP FUNCTION login_of(text);
CREATE FUNCTION login_of(wanted text) RETURNS TABLE (person_id uuid, password text, second_factor uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT a.person_id, a.password, f.id FROM account a LEFT JOIN second_factor f ON f.person_id = a.person_id AND f.active
    WHERE lower(a.username) = lower(wanted)
$$;

-- A session, in place of those whose cookies came with the login; false where the password, or whether a second factor
-- is asked for, changed since it was looked at.
DROP FUNCTION open_session(uuid, bytea, timestamptz, timestamptz);
CREATE FUNCTION open_session(person uuid, kept text, factor uuid, token bytea, at timestamptz, until timestamptz, replaced bytea[])
RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM FROM account WHERE person_id = person AND password = kept FOR SHARE;
    IF NOT FOUND OR factor IS DISTINCT FROM (SELECT f.id FROM second_factor f WHERE f.person_id = person AND f.active) THEN
        RETURN false;
    END IF;
    DELETE FROM session WHERE token_hash = ANY (replaced);
    INSERT INTO session (token_hash, person_id, opened, expires, proved)
        VALUES (token, person, at, until, CASE WHEN factor IS NULL THEN '-infinity' ELSE at END);
    RETURN true;
END $$;

DROP FUNCTION close_session(bytea);
CREATE FUNCTION close_sessions(tokens bytea[]) RETURNS SETOF uuid
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    DELETE FROM session WHERE token_hash = ANY (tokens) RETURNING person_id
$$;

-- A code of the second factor is taken once: the half minute that it is of must be later than that of the last.
CREATE FUNCTION take_step(person uuid, step bigint) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    UPDATE second_factor SET last_step = step WHERE person_id = person AND last_step < step;
    RETURN FOUND;
END $$;
CREATE FUNCTION take_recovery_code(person uuid, given bytea) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    DELETE FROM recovery_code WHERE person_id = person AND digest = given;
    RETURN FOUND;
END $$;

-- The id of a second factor that waits for its first code; null where one is on.
CREATE FUNCTION offer_second_factor(wanted uuid) RETURNS uuid
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    INSERT INTO second_factor AS f (person_id, id, since, active) VALUES (me(), wanted, present(), false)
    ON CONFLICT (person_id) DO UPDATE SET id = excluded.id, since = excluded.since, last_step = 0 WHERE NOT f.active
    RETURNING id
$$;
CREATE FUNCTION switch_on_second_factor(offered uuid, digests bytea[], kept_session uuid) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    UPDATE second_factor SET active = true, since = present() WHERE person_id = me() AND id = offered AND NOT active;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    INSERT INTO recovery_code (person_id, digest) SELECT me(), unnest(digests);
    PERFORM end_sessions(me(), kept_session);
    UPDATE session SET proved = present() WHERE person_id = me() AND id = kept_session;
    RETURN true;
END $$;
CREATE FUNCTION switch_off_second_factor(kept_session uuid) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    DELETE FROM second_factor WHERE person_id = me();
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    PERFORM end_sessions(me(), kept_session);
    UPDATE session SET proved = '-infinity' WHERE person_id = me();
    RETURN true;
END $$;
CREATE FUNCTION prove_session(this uuid) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    UPDATE session SET proved = present() WHERE person_id = me() AND id = this
$$;

-- Admins help who lost a device, or whose account somebody else is in.
CREATE FUNCTION end_sessions_of(person uuid) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF i_am('admin') IS NOT TRUE THEN
        RAISE insufficient_privilege USING MESSAGE = 'only an admin ends the sessions of somebody else';
    END IF;
    RETURN end_sessions(person, NULL);
END $$;
CREATE FUNCTION remove_second_factor_of(person uuid) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF i_am('admin') IS NOT TRUE THEN
        RAISE insufficient_privilege USING MESSAGE = 'only an admin removes the second factor of somebody else';
    END IF;
    DELETE FROM second_factor WHERE person_id = person AND active;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    PERFORM end_sessions(person, NULL);
    RETURN true;
END $$;

-- Who is there. A token counts until it expires; that it was used is written once a minute, and waits for nobody.
DROP FUNCTION enter(bytea, timestamptz, boolean);
CREATE FUNCTION enter(token bytea, at timestamptz, bearer boolean DEFAULT false)
RETURNS TABLE (person_id uuid, session_id uuid, name text, timezone text, roles text[], banned boolean, scope text,
               second_factor boolean, proved timestamptz)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE allowed text;
BEGIN
    PERFORM set_config('rendezvous.now', at::text, true);
    IF token IS NULL THEN
        NULL;
    ELSIF bearer THEN
        SELECT t.person_id, t.scope INTO person_id, allowed
        FROM api_token t WHERE t.token_hash = token AND t.expires > at;
        UPDATE api_token SET used = at WHERE id IN
            (SELECT t.id FROM api_token t WHERE t.token_hash = token AND t.used < at - interval '1 minute' AND t.expires > at
             FOR UPDATE SKIP LOCKED);
    ELSE
        SELECT s.person_id, s.id, 'write', nullif(s.proved, '-infinity') INTO person_id, session_id, allowed, proved
        FROM session s WHERE s.token_hash = token AND s.expires > at;
    END IF;
    IF person_id IS NOT NULL THEN
        SELECT p.name, p.timezone,
               ARRAY(SELECT r.role FROM person_role r WHERE r.person_id = p.id AND r.active ORDER BY r.role),
               EXISTS (SELECT FROM ban b WHERE b.person_id = p.id),
               EXISTS (SELECT FROM second_factor f WHERE f.person_id = p.id AND f.active)
        INTO name, timezone, roles, banned, second_factor
        FROM person p WHERE p.id = enter.person_id;
    END IF;
    PERFORM set_config('rendezvous.person', coalesce(person_id::text, ''), true),
            set_config('rendezvous.roles', CASE WHEN banned THEN '' ELSE coalesce(array_to_string(roles, ','), '') END, true);
    IF person_id IS NOT NULL THEN
        scope := allowed;
        RETURN NEXT;
    END IF;
END $$;

GRANT EXECUTE ON FUNCTION account_of_reset, change_password, hold_password, login_of, open_session, close_sessions,
    take_step, take_recovery_code, offer_second_factor, switch_on_second_factor, switch_off_second_factor, prove_session,
    end_sessions_of, remove_second_factor_of, enter TO rendezvous_app;

-- --- invitations: what the inviter reads is not what is mailed ------------------------------------------------------

CREATE TABLE invitation_mail (
    invitation_id uuid PRIMARY KEY REFERENCES invitation ON DELETE CASCADE,
    digest bytea NOT NULL CONSTRAINT invitation_mail_digest_is_unique UNIQUE
);
COMMENT ON TABLE invitation_mail IS 'SHA-256 of the code that is mailed: who enrols with it has read that mail.';
GRANT INSERT ON invitation_mail TO rendezvous_app;
ALTER TABLE invitation_mail ENABLE ROW LEVEL SECURITY;
CREATE POLICY through_invitation ON invitation_mail FOR INSERT TO rendezvous_app
    WITH CHECK (invitation_id IN (SELECT id FROM invitation));
CREATE POLICY jobs ON invitation_mail TO rendezvous_job USING (true);

CREATE FUNCTION invitation_of(code bytea) RETURNS TABLE (id uuid, mailed boolean)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT i.id, false FROM invitation i WHERE i.digest = code
    UNION ALL SELECT m.invitation_id, true FROM invitation_mail m WHERE m.digest = code
$$;

CREATE OR REPLACE FUNCTION live_invitation(code bytea, for_email text, at timestamptz) RETURNS uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT i.id FROM invitation i
    WHERE i.id = (SELECT o.id FROM invitation_of(code) o) AND i.expires > at
      AND NOT EXISTS (SELECT FROM invitation_use u WHERE u.invitation_id = i.id)
      AND NOT EXISTS (SELECT FROM invitation_revocation r WHERE r.invitation_id = i.id)
      AND NOT EXISTS (SELECT FROM invitation_address a WHERE a.invitation_id = i.id AND a.email <> lower(for_email))
      AND NOT EXISTS (SELECT FROM ban b WHERE b.person_id = i.by_person)
$$;

CREATE OR REPLACE FUNCTION enrol(code bytea, person uuid, wanted_slug text, wanted_username text, hash text, wanted_name text,
                                 wanted_email text, wanted_timezone text, at timestamptz)
RETURNS TABLE (outcome text, invitation uuid, confirmed boolean, holder uuid)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE granted text; stood_in_the_way text;
BEGIN
    SELECT o.id, o.mailed INTO invitation, confirmed FROM invitation_of(code) o;
    SELECT i.role INTO granted FROM invitation i WHERE i.id = invitation FOR UPDATE;
    invitation := live_invitation(code, wanted_email, at);
    IF invitation IS NULL THEN
        outcome := 'invitation'; RETURN NEXT; RETURN;
    END IF;
    BEGIN
        INSERT INTO person (id, slug, name, timezone, enrolled)
        VALUES (person, wanted_slug, wanted_name, wanted_timezone, at);
        INSERT INTO account (person_id, username, email, email_confirmed, password)
        VALUES (person, wanted_username, lower(wanted_email), confirmed, hash);
        INSERT INTO person_role (person_id, role) SELECT person, unnest(ARRAY['member', granted]) ON CONFLICT DO NOTHING;
        INSERT INTO invitation_use (invitation_id, person_id) VALUES (invitation, person);
        PERFORM set_config('rendezvous.person', person::text, true);
        outcome := 'enrolled';
    EXCEPTION WHEN unique_violation THEN
        GET STACKED DIAGNOSTICS stood_in_the_way = CONSTRAINT_NAME;
        outcome := CASE stood_in_the_way WHEN 'username_is_unique' THEN 'username' WHEN 'email_is_unique' THEN 'email' END;
        IF outcome IS NULL THEN RAISE; END IF;
        holder := (SELECT a.person_id FROM account a WHERE a.email = lower(wanted_email));
        -- Both taken: the e-mail must not be told by way of the username.
        IF EXISTS (SELECT FROM account a WHERE lower(a.username) = lower(wanted_username)) THEN outcome := 'username'; END IF;
    END;
    RETURN NEXT;
END $$;

-- --- a button pressed twice ---------------------------------------------------------------------------------------

-- Where a person's last form led to, for seconds: the same press is answered the same, and nothing that came after another act.
CREATE TABLE pressed_form (
    person_id uuid PRIMARY KEY REFERENCES person ON DELETE CASCADE,
    press bytea NOT NULL,
    location text NOT NULL,
    at timestamptz NOT NULL
);
CREATE INDEX pressed_form_at ON pressed_form (at);
GRANT SELECT, INSERT, UPDATE, DELETE ON pressed_form TO rendezvous_app;
ALTER TABLE pressed_form ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON pressed_form TO rendezvous_app USING (person_id = (SELECT me())) WITH CHECK (person_id = (SELECT me()));
CREATE POLICY jobs ON pressed_form TO rendezvous_job USING (true);
-- What was kept of forms until now may hold secrets.
DELETE FROM idempotency WHERE key LIKE 'form %' OR headers ? 'Set-Cookie';
