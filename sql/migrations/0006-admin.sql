-- What admins do: bans that leave an admin, many invitations at once, food types that go, a look at the outbox.
-- depends: 0004-lunch

SET LOCAL lock_timeout = '5s';

-- A banned admin can do nothing, so banning the last one is removing him.
CREATE FUNCTION keep_an_admin_unbanned() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT FROM person_role WHERE person_id = NEW.person_id AND role = 'admin' AND active) THEN
        PERFORM pg_advisory_xact_lock(hashtext('the last admin'));
        IF NOT EXISTS (SELECT FROM person_role r JOIN account USING (person_id)
                       WHERE r.role = 'admin' AND r.active AND r.person_id NOT IN (SELECT person_id FROM ban)) THEN
            RAISE EXCEPTION USING ERRCODE = 'check_violation', CONSTRAINT = 'an_admin_remains',
                MESSAGE = 'the last admin cannot be removed';
        END IF;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER an_admin_remains AFTER INSERT ON ban FOR EACH ROW EXECUTE FUNCTION keep_an_admin_unbanned();

-- Many invitations made at once by an admin; invitation.per_day does not count them. The id comes with the form, so
-- the second press of a button finds the first one's batch.
CREATE TABLE invitation_batch (
    id uuid CONSTRAINT batch_is_sent_once PRIMARY KEY,
    by_person uuid NOT NULL REFERENCES person,
    at timestamptz NOT NULL
);
CREATE TABLE batch_invitation (
    invitation_id uuid PRIMARY KEY REFERENCES invitation ON DELETE CASCADE,
    batch_id uuid NOT NULL REFERENCES invitation_batch
);
CREATE INDEX batch_invitation_batch ON batch_invitation (batch_id);
CREATE TABLE batch_report (
    batch_id uuid PRIMARY KEY REFERENCES invitation_batch ON DELETE CASCADE,
    at timestamptz NOT NULL,
    lines jsonb NOT NULL
);
COMMENT ON TABLE batch_report IS 'What became of each address that was pasted; kept for a week.';
CREATE INDEX batch_report_at ON batch_report (at);

GRANT SELECT, INSERT ON invitation_batch, batch_invitation, batch_report TO rendezvous_app;
ALTER TABLE invitation_batch ENABLE ROW LEVEL SECURITY;
ALTER TABLE batch_invitation ENABLE ROW LEVEL SECURITY;
ALTER TABLE batch_report ENABLE ROW LEVEL SECURITY;
CREATE POLICY admins ON invitation_batch TO rendezvous_app
    USING ((SELECT i_am('admin'))) WITH CHECK ((SELECT i_am('admin')) AND by_person = (SELECT me()));
CREATE POLICY admins ON batch_invitation TO rendezvous_app
    USING ((SELECT i_am('admin'))) WITH CHECK ((SELECT i_am('admin')));
CREATE POLICY admins ON batch_report TO rendezvous_app
    USING ((SELECT i_am('admin'))) WITH CHECK ((SELECT i_am('admin')));
CREATE POLICY jobs ON invitation_batch TO rendezvous_job USING (true);
CREATE POLICY jobs ON batch_invitation TO rendezvous_job USING (true);
CREATE POLICY jobs ON batch_report TO rendezvous_job USING (true);

-- A food type goes only when nobody refuses it, no location serves it and no lunch had it, whoever asks first.
ALTER TABLE location_food DROP CONSTRAINT location_food_food_type_id_fkey,
    ADD CONSTRAINT food_type_is_in_use FOREIGN KEY (food_type_id) REFERENCES food_type;
ALTER TABLE refusal DROP CONSTRAINT refusal_food_type_id_fkey,
    ADD CONSTRAINT food_type_is_in_use FOREIGN KEY (food_type_id) REFERENCES food_type;
ALTER TABLE event_food DROP CONSTRAINT event_food_food_type_id_fkey,
    ADD CONSTRAINT food_type_is_in_use FOREIGN KEY (food_type_id) REFERENCES food_type;

-- What waits, by topic, and when the relay last delivered: counts alone, for messages carry people's ids.
CREATE FUNCTION waiting_messages() RETURNS TABLE (topic text, count bigint, oldest timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT topic, count(*), min((event ->> 'time')::timestamptz) FROM outbox
    WHERE published IS NULL AND i_am('admin') GROUP BY topic ORDER BY topic
$$;
CREATE FUNCTION last_published() RETURNS timestamptz
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT max(published) FROM outbox WHERE published IS NOT NULL AND i_am('admin')
$$;
GRANT EXECUTE ON FUNCTION waiting_messages, last_published TO rendezvous_app;
