-- The roles, the transaction's own settings, and what every slice stands on: rules, outbox, limits, audit.
-- depends:

SET LOCAL lock_timeout = '5s';

CREATE EXTENSION IF NOT EXISTS btree_gist;

-- Roles belong to the whole server, and several databases of one server may be migrated at once.
DO $$
DECLARE wanted text;
BEGIN
    FOREACH wanted IN ARRAY ARRAY['rendezvous_app', 'rendezvous_job'] LOOP
        BEGIN
            EXECUTE format('CREATE ROLE %I NOLOGIN', wanted);
        EXCEPTION WHEN duplicate_object OR unique_violation THEN
            NULL;
        END;
        -- Always: from PostgreSQL 16 on, who makes a role is its member and still may not take it.
        EXECUTE format('GRANT %I TO CURRENT_USER', wanted);
    END LOOP;
END $$;

REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO rendezvous_app, rendezvous_job;
ALTER DEFAULT PRIVILEGES IN SCHEMA public REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO rendezvous_job;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT EXECUTE ON FUNCTIONS TO rendezvous_job;

-- Who acts, and when: set once a transaction by enter(), never by now() or current_user.
CREATE FUNCTION present() RETURNS timestamptz LANGUAGE sql STABLE
    RETURN current_setting('rendezvous.now')::timestamptz;
COMMENT ON FUNCTION present() IS 'The present of this transaction, as the application gave it.';

CREATE FUNCTION me() RETURNS uuid LANGUAGE sql STABLE
    RETURN nullif(current_setting('rendezvous.person', true), '')::uuid;
COMMENT ON FUNCTION me() IS 'The person this transaction serves; null for a visitor.';

CREATE FUNCTION i_am(role text) RETURNS boolean LANGUAGE sql STABLE
    RETURN role = ANY (string_to_array(current_setting('rendezvous.roles', true), ','));
COMMENT ON FUNCTION i_am(text) IS 'Whether the person this transaction serves holds the role.';
GRANT EXECUTE ON FUNCTION present(), me(), i_am(text) TO rendezvous_app;

-- Business rules: only what differs from the default in rules.py is stored. '' is the installation.
CREATE TABLE rule (
    name text NOT NULL CONSTRAINT rule_name_has_a_slice CHECK (name ~ '^[a-z]+\.[a-z_]+$'),
    scope text NOT NULL DEFAULT '',
    value jsonb NOT NULL CONSTRAINT rule_value_is_plain CHECK (jsonb_typeof(value) IN ('number', 'boolean', 'string')),
    PRIMARY KEY (name, scope)
);
CREATE TABLE rule_change (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL,
    scope text NOT NULL,
    before jsonb NOT NULL,
    after jsonb NOT NULL,
    changed_by uuid NOT NULL,
    changed timestamptz NOT NULL
);
GRANT SELECT, INSERT, UPDATE, DELETE ON rule TO rendezvous_app;
GRANT SELECT, INSERT ON rule_change TO rendezvous_app;
ALTER TABLE rule ENABLE ROW LEVEL SECURITY;
ALTER TABLE rule_change ENABLE ROW LEVEL SECURITY;
CREATE POLICY everybody_lives_by_them ON rule FOR SELECT USING (true);
CREATE POLICY admins_set_them ON rule TO rendezvous_app USING (i_am('admin')) WITH CHECK (i_am('admin'));
CREATE POLICY admins_read_and_write ON rule_change TO rendezvous_app USING (i_am('admin')) WITH CHECK (i_am('admin'));
CREATE POLICY jobs ON rule_change TO rendezvous_job USING (true);

-- What happened and must be told to Kafka. The application can only add to it.
CREATE TABLE outbox (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    topic text NOT NULL,
    key text NOT NULL,
    event jsonb NOT NULL,
    published timestamptz  -- null while it waits: a row of its own would double the writes of the hottest table
);
CREATE INDEX outbox_waiting ON outbox (id) WHERE published IS NULL;
CREATE INDEX outbox_published ON outbox (published) WHERE published IS NOT NULL;
GRANT INSERT ON outbox TO rendezvous_app;

-- Which consumer has dealt with which message: a message may come twice, its effect may not.
CREATE TABLE delivered (
    consumer text NOT NULL,
    event_id uuid NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (consumer, event_id)
);
CREATE INDEX delivered_at ON delivered (at);

-- Counters behind the limits. A window opens with the first count; nobody is named: who is a digest.
CREATE TABLE rate (
    what text NOT NULL,
    who bytea NOT NULL,
    since timestamptz NOT NULL,
    count integer NOT NULL CONSTRAINT rate_counts_up CHECK (count >= 0),
    PRIMARY KEY (what, who)
);
CREATE INDEX rate_since ON rate (since);

CREATE FUNCTION tally(what text, who bytea, seconds integer, at timestamptz, step integer DEFAULT 1)
RETURNS TABLE (count integer, until timestamptz)
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    INSERT INTO rate AS r (what, who, since, count)
    VALUES (tally.what, tally.who, tally.at, greatest(tally.step, 0))
    ON CONFLICT (what, who) DO UPDATE SET
        since = CASE WHEN r.since + make_interval(secs => seconds) <= tally.at THEN tally.at ELSE r.since END,
        count = CASE WHEN r.since + make_interval(secs => seconds) <= tally.at THEN greatest(step, 0)
                     ELSE greatest(r.count + step, 0) END
    RETURNING r.count, r.since + make_interval(secs => seconds)
$$;
COMMENT ON FUNCTION tally IS 'Count one more in the running window of so many seconds; the count and when the window ends.';
GRANT EXECUTE ON FUNCTION tally TO rendezvous_app;

-- Every act of an admin: who, what, whom, why, when.
CREATE TABLE audit (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL,
    admin_id uuid NOT NULL,
    what text NOT NULL,
    whom text NOT NULL,
    why text NOT NULL
);
CREATE INDEX audit_at ON audit (at);
GRANT SELECT, INSERT ON audit TO rendezvous_app;
ALTER TABLE audit ENABLE ROW LEVEL SECURITY;
CREATE POLICY admins ON audit TO rendezvous_app USING (i_am('admin')) WITH CHECK (i_am('admin') AND admin_id = me());
CREATE POLICY jobs ON audit TO rendezvous_job USING (true);

-- The answer to a request that carried an Idempotency-Key.
CREATE TABLE idempotency (
    person_id uuid NOT NULL,
    key text NOT NULL CONSTRAINT idempotency_key_is_short CHECK (length(key) BETWEEN 1 AND 255),
    request bytea NOT NULL,
    status integer NOT NULL,
    headers jsonb NOT NULL,
    body text NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (person_id, key)
);
CREATE INDEX idempotency_at ON idempotency (at);
GRANT SELECT, INSERT ON idempotency TO rendezvous_app;
ALTER TABLE idempotency ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON idempotency TO rendezvous_app USING (person_id = me()) WITH CHECK (person_id = me());
CREATE POLICY jobs ON idempotency TO rendezvous_job USING (true);
