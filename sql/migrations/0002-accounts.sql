-- People, how they log in, who invited them. What the world may see of a person stands in person; what he logs in
-- with stands in account, which erasure deletes while the id stays.
-- depends: 0001-spine

SET LOCAL lock_timeout = '5s';

CREATE TABLE person (
    id uuid PRIMARY KEY,
    slug text NOT NULL CONSTRAINT person_slug_is_unique UNIQUE,
    name text NOT NULL CONSTRAINT person_name_is_short CHECK (length(name) <= 100),
    timezone text NOT NULL,
    enrolled timestamptz NOT NULL
);
COMMENT ON COLUMN person.name IS 'Display name; empty when the person erased himself.';

CREATE TABLE account (
    person_id uuid PRIMARY KEY REFERENCES person ON DELETE CASCADE,
    username text NOT NULL CONSTRAINT username_is_plain CHECK (username ~ '^[A-Za-z0-9._-]{3,32}$'),
    email text NOT NULL CONSTRAINT email_is_unique UNIQUE
        CONSTRAINT email_is_lower_case CHECK (email = lower(email) AND length(email) <= 254),
    email_confirmed boolean NOT NULL,
    password text NOT NULL
);
CREATE UNIQUE INDEX username_is_unique ON account (lower(username));

CREATE TABLE ban (
    person_id uuid PRIMARY KEY REFERENCES person ON DELETE CASCADE,
    at timestamptz NOT NULL,
    why text NOT NULL
);

CREATE TABLE person_role (
    person_id uuid NOT NULL REFERENCES person ON DELETE CASCADE,
    role text NOT NULL CONSTRAINT role_is_known CHECK (role IN ('member', 'client', 'coach', 'admin')),
    active boolean NOT NULL DEFAULT true,
    PRIMARY KEY (person_id, role),
    CONSTRAINT role_can_be_referred_to UNIQUE (person_id, role, active)
);

CREATE FUNCTION keep_an_admin() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF OLD.role = 'admin' AND OLD.active THEN
        PERFORM pg_advisory_xact_lock(hashtext('the last admin'));
        IF NOT EXISTS (SELECT FROM person_role r JOIN account USING (person_id)
                       WHERE r.role = 'admin' AND r.active AND r.person_id NOT IN (SELECT person_id FROM ban)) THEN
            RAISE EXCEPTION USING ERRCODE = 'check_violation', CONSTRAINT = 'an_admin_remains',
                MESSAGE = 'the last admin cannot be removed';
        END IF;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER an_admin_remains AFTER UPDATE OR DELETE ON person_role
    FOR EACH ROW EXECUTE FUNCTION keep_an_admin();

CREATE TABLE session (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    token_hash bytea NOT NULL CONSTRAINT session_token_is_unique UNIQUE,
    person_id uuid NOT NULL REFERENCES person ON DELETE CASCADE,
    opened timestamptz NOT NULL,
    expires timestamptz NOT NULL CONSTRAINT session_ends_later CHECK (expires > opened)
);
CREATE INDEX session_person ON session (person_id);
CREATE INDEX session_expires ON session (expires);

CREATE TABLE invitation (
    id uuid PRIMARY KEY,
    by_person uuid REFERENCES person,  -- null: the installation itself, which invites its first admin
    digest bytea NOT NULL CONSTRAINT invitation_digest_is_unique UNIQUE,
    role text NOT NULL DEFAULT 'member' CONSTRAINT invitation_role_is_known CHECK (role IN ('member', 'admin')),
    made timestamptz NOT NULL,
    expires timestamptz NOT NULL
);
COMMENT ON COLUMN invitation.digest IS 'SHA-256 of the code; the code itself is derived from the id and stored nowhere.';
CREATE INDEX invitation_by_person ON invitation (by_person, made);

CREATE TABLE invitation_address (
    invitation_id uuid PRIMARY KEY REFERENCES invitation ON DELETE CASCADE,
    email text NOT NULL CONSTRAINT invited_email_is_lower_case CHECK (email = lower(email) AND length(email) <= 255)
);
CREATE TABLE invitation_use (
    invitation_id uuid CONSTRAINT invitation_is_used_once PRIMARY KEY REFERENCES invitation,
    person_id uuid NOT NULL CONSTRAINT person_is_invited_once UNIQUE REFERENCES person ON DELETE CASCADE
);
CREATE TABLE invitation_revocation (
    invitation_id uuid PRIMARY KEY REFERENCES invitation ON DELETE CASCADE,
    at timestamptz NOT NULL
);

-- Links that are mailed: the code in them is derived from the id, so no table holds one.
CREATE TABLE password_reset (
    id uuid PRIMARY KEY,
    person_id uuid NOT NULL REFERENCES person ON DELETE CASCADE,
    asked timestamptz NOT NULL
);
CREATE INDEX password_reset_person ON password_reset (person_id);
CREATE TABLE address_change (
    id uuid PRIMARY KEY,
    person_id uuid NOT NULL REFERENCES person ON DELETE CASCADE,
    email text NOT NULL CONSTRAINT new_email_is_lower_case CHECK (email = lower(email) AND length(email) <= 254),
    asked timestamptz NOT NULL
);
CREATE INDEX address_change_person ON address_change (person_id);
CREATE TABLE former_address (
    id uuid PRIMARY KEY,
    person_id uuid NOT NULL REFERENCES person ON DELETE CASCADE,
    email text NOT NULL,
    at timestamptz NOT NULL
);
COMMENT ON TABLE former_address IS 'Kept for a week, so that the old address can be told of the new one.';

-- What the application may see and do for the person it serves.
GRANT SELECT, UPDATE (name, timezone) ON person TO rendezvous_app;
GRANT SELECT (person_id, username, email, email_confirmed) ON account TO rendezvous_app;
GRANT SELECT ON ban, person_role, invitation_use, invitation_revocation TO rendezvous_app;
GRANT SELECT (id, person_id, opened, expires), DELETE ON session TO rendezvous_app;
GRANT SELECT (id, by_person, role, made, expires) ON invitation TO rendezvous_app;
GRANT INSERT ON invitation, invitation_address TO rendezvous_app;
GRANT SELECT ON invitation_address TO rendezvous_app;
GRANT SELECT, INSERT ON address_change TO rendezvous_app;
GRANT INSERT, UPDATE, DELETE ON ban TO rendezvous_app;
GRANT INSERT, UPDATE ON person_role TO rendezvous_app;

ALTER TABLE person ENABLE ROW LEVEL SECURITY;
ALTER TABLE account ENABLE ROW LEVEL SECURITY;
ALTER TABLE ban ENABLE ROW LEVEL SECURITY;
ALTER TABLE person_role ENABLE ROW LEVEL SECURITY;
ALTER TABLE session ENABLE ROW LEVEL SECURITY;
ALTER TABLE invitation ENABLE ROW LEVEL SECURITY;
ALTER TABLE invitation_address ENABLE ROW LEVEL SECURITY;
ALTER TABLE invitation_use ENABLE ROW LEVEL SECURITY;
ALTER TABLE invitation_revocation ENABLE ROW LEVEL SECURITY;
ALTER TABLE password_reset ENABLE ROW LEVEL SECURITY;
ALTER TABLE address_change ENABLE ROW LEVEL SECURITY;
ALTER TABLE former_address ENABLE ROW LEVEL SECURITY;

CREATE POLICY own ON person TO rendezvous_app USING (id = (SELECT me()));
CREATE POLICY admins ON person FOR SELECT TO rendezvous_app USING ((SELECT i_am('admin')));
CREATE POLICY own ON account FOR SELECT TO rendezvous_app USING (person_id = (SELECT me()));
CREATE POLICY admins ON account FOR SELECT TO rendezvous_app USING ((SELECT i_am('admin')));
CREATE POLICY own ON ban FOR SELECT TO rendezvous_app USING (person_id = (SELECT me()));
CREATE POLICY admins ON ban TO rendezvous_app USING ((SELECT i_am('admin'))) WITH CHECK ((SELECT i_am('admin')));
CREATE POLICY own ON person_role FOR SELECT TO rendezvous_app USING (person_id = (SELECT me()));
CREATE POLICY admins ON person_role TO rendezvous_app USING ((SELECT i_am('admin'))) WITH CHECK ((SELECT i_am('admin')));
CREATE POLICY own ON session TO rendezvous_app USING (person_id = (SELECT me()));
CREATE POLICY own ON invitation TO rendezvous_app USING (by_person = (SELECT me())) WITH CHECK (by_person = (SELECT me()) AND role = 'member');
CREATE POLICY admins ON invitation FOR SELECT TO rendezvous_app USING ((SELECT i_am('admin')));
CREATE POLICY through_invitation ON invitation_address TO rendezvous_app
    USING (invitation_id IN (SELECT id FROM invitation)) WITH CHECK (invitation_id IN (SELECT id FROM invitation));
CREATE POLICY through_invitation ON invitation_use FOR SELECT TO rendezvous_app USING (invitation_id IN (SELECT id FROM invitation));
CREATE POLICY through_invitation ON invitation_revocation FOR SELECT TO rendezvous_app USING (invitation_id IN (SELECT id FROM invitation));
CREATE POLICY own ON address_change TO rendezvous_app USING (person_id = (SELECT me())) WITH CHECK (person_id = (SELECT me()));

CREATE POLICY jobs ON person TO rendezvous_job USING (true);
CREATE POLICY jobs ON account TO rendezvous_job USING (true);
CREATE POLICY jobs ON ban TO rendezvous_job USING (true);
CREATE POLICY jobs ON person_role TO rendezvous_job USING (true);
CREATE POLICY jobs ON session TO rendezvous_job USING (true);
CREATE POLICY jobs ON invitation TO rendezvous_job USING (true);
CREATE POLICY jobs ON invitation_address TO rendezvous_job USING (true);
CREATE POLICY jobs ON invitation_use TO rendezvous_job USING (true);
CREATE POLICY jobs ON invitation_revocation TO rendezvous_job USING (true);
CREATE POLICY jobs ON password_reset TO rendezvous_job USING (true);
CREATE POLICY jobs ON address_change TO rendezvous_job USING (true);
CREATE POLICY jobs ON former_address TO rendezvous_job USING (true);

-- Who is there. Sets the transaction's person, roles and present; one row where the token is live, else none.
CREATE FUNCTION enter(token bytea, at timestamptz)
RETURNS TABLE (person_id uuid, session_id uuid, name text, timezone text, roles text[], banned boolean)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM set_config('rendezvous.now', at::text, true);
    IF token IS NOT NULL THEN
        SELECT p.id, s.id, p.name, p.timezone,
               ARRAY(SELECT r.role FROM person_role r WHERE r.person_id = p.id AND r.active ORDER BY r.role),
               EXISTS (SELECT FROM ban b WHERE b.person_id = p.id)
        INTO person_id, session_id, name, timezone, roles, banned
        FROM session s JOIN person p ON p.id = s.person_id
        WHERE s.token_hash = token AND s.expires > at;
    END IF;
    PERFORM set_config('rendezvous.person', coalesce(person_id::text, ''), true),
            set_config('rendezvous.roles', CASE WHEN banned THEN '' ELSE coalesce(array_to_string(roles, ','), '') END, true);
    IF person_id IS NOT NULL THEN
        RETURN NEXT;
    END IF;
END $$;

CREATE FUNCTION login_of(wanted text) RETURNS TABLE (person_id uuid, password text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT a.person_id, a.password FROM account a WHERE lower(a.username) = lower(wanted)
$$;

CREATE FUNCTION open_session(person uuid, token bytea, at timestamptz, until timestamptz) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    INSERT INTO session (token_hash, person_id, opened, expires) VALUES (token, person, at, until)
$$;

CREATE FUNCTION close_session(token bytea) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    DELETE FROM session WHERE token_hash = token
$$;

-- A live invitation: not used, not taken back, not expired, and meant for this address or for anybody.
CREATE FUNCTION live_invitation(code bytea, for_email text, at timestamptz) RETURNS uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT i.id FROM invitation i
    WHERE i.digest = code AND i.expires > at
      AND NOT EXISTS (SELECT FROM invitation_use u WHERE u.invitation_id = i.id)
      AND NOT EXISTS (SELECT FROM invitation_revocation r WHERE r.invitation_id = i.id)
      AND NOT EXISTS (SELECT FROM invitation_address a WHERE a.invitation_id = i.id AND a.email <> lower(for_email))
      AND NOT EXISTS (SELECT FROM ban b WHERE b.person_id = i.by_person)
$$;

-- Enrols who holds a live code. The answer is 'enrolled' or what stood in the way: 'invitation', 'username', 'email'.
CREATE FUNCTION enrol(code bytea, person uuid, wanted_slug text, wanted_username text, hash text, wanted_name text,
                      wanted_email text, wanted_timezone text, at timestamptz)
RETURNS TABLE (outcome text, invitation uuid, confirmed boolean, holder uuid)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE granted text; stood_in_the_way text;
BEGIN
    SELECT i.id, i.role INTO invitation, granted FROM invitation i WHERE i.digest = code FOR UPDATE;
    invitation := live_invitation(code, wanted_email, at);
    IF invitation IS NULL THEN
        outcome := 'invitation'; RETURN NEXT; RETURN;
    END IF;
    confirmed := EXISTS (SELECT FROM invitation_address a WHERE a.invitation_id = invitation);
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

CREATE FUNCTION revoke_invitation(wanted uuid) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM FROM invitation WHERE id = wanted AND by_person = me() FOR UPDATE;
    IF NOT FOUND OR EXISTS (SELECT FROM invitation_use WHERE invitation_id = wanted) THEN
        RETURN false;
    END IF;
    INSERT INTO invitation_revocation (invitation_id, at) VALUES (wanted, present()) ON CONFLICT DO NOTHING;
    RETURN true;
END $$;

-- Forgotten passwords: the row exists only where the address does, and the caller is not told.
CREATE FUNCTION ask_reset(wanted_email text, reset uuid, at timestamptz) RETURNS uuid
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    INSERT INTO password_reset (id, person_id, asked)
    SELECT reset, person_id, at FROM account WHERE email = lower(wanted_email)
    RETURNING person_id
$$;

CREATE FUNCTION reset_password(reset uuid, hash text, at timestamptz, minutes integer) RETURNS uuid
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE whose uuid;
BEGIN
    DELETE FROM password_reset WHERE id = reset AND asked + make_interval(mins => minutes) > at RETURNING person_id INTO whose;
    IF whose IS NOT NULL THEN
        DELETE FROM password_reset WHERE person_id = whose;
        UPDATE account SET password = hash WHERE person_id = whose;
        DELETE FROM session WHERE person_id = whose;
    END IF;
    RETURN whose;
END $$;

CREATE FUNCTION my_password() RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT password FROM account WHERE person_id = me()
$$;

-- A changed password ends every session but the one that changed it.
CREATE FUNCTION change_password(former text, hash text, kept_session uuid) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    UPDATE account SET password = hash WHERE person_id = me() AND password = former;
    IF FOUND THEN
        DELETE FROM session WHERE person_id = me() AND id <> kept_session;
        DELETE FROM password_reset WHERE person_id = me();
    END IF;
    RETURN FOUND;
END $$;

-- Confirms an address; the former one, if it was another and confirmed, is kept a week so that it can be told.
CREATE FUNCTION confirm_address(change uuid, at timestamptz, days integer)
RETURNS TABLE (person_id uuid, former uuid)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE wanted text; old text;
BEGIN
    DELETE FROM address_change c WHERE c.id = change AND c.asked + make_interval(days => days) > at
        RETURNING c.person_id, c.email INTO person_id, wanted;
    IF person_id IS NULL THEN
        RETURN;
    END IF;
    SELECT a.email INTO old FROM account a WHERE a.person_id = confirm_address.person_id FOR UPDATE;
    UPDATE account a SET email = wanted, email_confirmed = true WHERE a.person_id = confirm_address.person_id;
    IF old <> wanted THEN
        former := gen_random_uuid();
        INSERT INTO former_address (id, person_id, email, at) VALUES (former, confirm_address.person_id, old, confirm_address.at);
    END IF;
    RETURN NEXT;
END $$;

GRANT EXECUTE ON FUNCTION enter, login_of, open_session, close_session, live_invitation, enrol, revoke_invitation,
    ask_reset, reset_password, my_password, change_password, confirm_address TO rendezvous_app;
