-- The whole schema, to be read from the top; written by `make schema` from what the migrations make, not by hand.
--
-- Tables come first, by chapters, each with its keys, checks, indexes and policies; then the functions, each with the
-- reason why it is one (docs/reference/functions.md is their index) and the triggers that call it; grants come last.
-- docs/architecture.md draws the tables. The roles rendezvous_app, which serves people, and rendezvous_job, which runs
-- jobs, belong to the whole server and must be there before.

SET check_function_bodies = off;
SET search_path = public;

CREATE EXTENSION IF NOT EXISTS btree_gist WITH SCHEMA public;

ALTER DEFAULT PRIVILEGES FOR ROLE rendezvous IN SCHEMA public GRANT ALL ON FUNCTIONS  TO rendezvous_job;

ALTER DEFAULT PRIVILEGES FOR ROLE rendezvous IN SCHEMA public GRANT SELECT,INSERT,DELETE,UPDATE ON TABLES  TO rendezvous_job;

ALTER DEFAULT PRIVILEGES FOR ROLE rendezvous REVOKE ALL ON FUNCTIONS  FROM PUBLIC;

-- ---------------------------------------------------------------------------------------------------------------------
-- What the tables ask
-- Functions that checks and policies call.
-- ---------------------------------------------------------------------------------------------------------------------

-- Who is there

-- policy: the person whom this transaction serves.
CREATE FUNCTION me() RETURNS uuid
    LANGUAGE sql STABLE
    RETURN (NULLIF(current_setting('rendezvous.person', true), ''))::uuid;
COMMENT ON FUNCTION me() IS 'The person this transaction serves; null for a visitor.';

-- policy: whether they hold a role.
CREATE FUNCTION i_am(role text) RETURNS boolean
    LANGUAGE sql STABLE
    RETURN (role = ANY (string_to_array(current_setting('rendezvous.roles', true), ',')));
COMMENT ON FUNCTION i_am(role text) IS 'Whether the person this transaction serves holds the role.';

-- policy: the time this transaction was given, which `make clock` moves; SQL never asks the server for it.
CREATE FUNCTION present() RETURNS timestamptz
    LANGUAGE sql STABLE
    RETURN (current_setting('rendezvous.now'))::timestamptz;
COMMENT ON FUNCTION present() IS 'The present of this transaction, as the application gave it.';

-- Who sees whom

-- policy: people see those they share a lunch with.
CREATE FUNCTION sees_person(wanted uuid) RETURNS boolean
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
BEGIN
    RETURN EXISTS (SELECT FROM attendance mine JOIN attendance theirs USING (event_id)
                   WHERE mine.person_id = me() AND theirs.person_id = wanted)
        OR EXISTS (SELECT FROM attendance a JOIN event e ON e.id = a.event_id
                   WHERE a.person_id = wanted AND e.public AND me() IS NOT NULL);
END $$;

-- policy: people see their own lunches and the public ones.
CREATE FUNCTION sees_event(wanted uuid) RETURNS boolean
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
BEGIN
    RETURN me() IS NOT NULL AND (
        EXISTS (SELECT FROM attendance WHERE event_id = wanted AND person_id = me())
        OR EXISTS (SELECT FROM event WHERE id = wanted AND (public OR creator = me())));
END $$;

-- policy: coach and client see each other, also after the relationship has ended.
CREATE FUNCTION shares_calls_with(wanted uuid) RETURNS boolean
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
BEGIN
    RETURN EXISTS (SELECT FROM relationship r WHERE r.coach_id = wanted AND r.client_id = me())
        OR EXISTS (SELECT FROM relationship r WHERE r.client_id = wanted AND r.coach_id = me());
END $$;

-- policy: whether one is invited to a lunch; a policy on attendance that read attendance would call itself.
CREATE FUNCTION is_asked_to(wanted uuid) RETURNS boolean
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
BEGIN
    RETURN EXISTS (SELECT FROM attendance WHERE event_id = wanted AND person_id = me());
END $$;

-- policy: descriptions of a lunch are read only when no review can come any more, and written only before.
CREATE FUNCTION is_done(wanted uuid) RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
    SELECT EXISTS (SELECT FROM event WHERE id = wanted AND status = 'Done')
$$;

-- ---------------------------------------------------------------------------------------------------------------------
-- People
-- Who there is: what the world sees of a person, what they log in with, what they are, and what opens their pages.
-- ---------------------------------------------------------------------------------------------------------------------

CREATE TABLE person (
    id uuid PRIMARY KEY,
    slug text NOT NULL,
    name text NOT NULL,
    timezone text NOT NULL,
    enrolled timestamptz NOT NULL,
    CONSTRAINT person_slug_is_unique UNIQUE (slug),
    CONSTRAINT person_name_is_short CHECK ((length(name) <= 100))
);
COMMENT ON COLUMN person.name IS 'Display name; empty when the person erased themselves.';
ALTER TABLE person ENABLE ROW LEVEL SECURITY;
CREATE POLICY admins ON person FOR SELECT TO rendezvous_app USING ((SELECT i_am('admin')));
CREATE POLICY coach_and_client ON person FOR SELECT TO rendezvous_app USING (shares_calls_with(id));
CREATE POLICY companions ON person FOR SELECT TO rendezvous_app USING (sees_person(id));
CREATE POLICY jobs ON person TO rendezvous_job USING (true);
CREATE POLICY own ON person TO rendezvous_app USING ((id = (SELECT me())));

CREATE TABLE account (
    person_id uuid PRIMARY KEY REFERENCES person(id) ON DELETE CASCADE,
    username text NOT NULL,
    email text NOT NULL,
    email_confirmed boolean NOT NULL,
    password text NOT NULL,
    CONSTRAINT email_is_unique UNIQUE (email),
    CONSTRAINT email_is_lower_case CHECK (((email = lower(email)) AND (length(email) <= 254))),
    CONSTRAINT username_is_plain CHECK ((username ~ '^[A-Za-z0-9._-]{3,32}$'))
);
CREATE UNIQUE INDEX username_is_unique ON account USING btree (lower(username));
ALTER TABLE account ENABLE ROW LEVEL SECURITY;
CREATE POLICY admins ON account FOR SELECT TO rendezvous_app USING ((SELECT i_am('admin')));
CREATE POLICY jobs ON account TO rendezvous_job USING (true);
CREATE POLICY own ON account FOR SELECT TO rendezvous_app USING ((person_id = (SELECT me())));

CREATE TABLE person_role (
    person_id uuid NOT NULL REFERENCES person(id) ON DELETE CASCADE,
    role text NOT NULL,
    active boolean DEFAULT true NOT NULL,
    CONSTRAINT person_role_pkey PRIMARY KEY (person_id, role),
    CONSTRAINT role_can_be_referred_to UNIQUE (person_id, role, active),
    CONSTRAINT role_is_known CHECK ((role = ANY (ARRAY['member', 'client', 'coach', 'admin'])))
);
ALTER TABLE person_role ENABLE ROW LEVEL SECURITY;
CREATE POLICY admins ON person_role TO rendezvous_app USING ((SELECT i_am('admin'))) WITH CHECK ((SELECT i_am('admin')));
CREATE POLICY jobs ON person_role TO rendezvous_job USING (true);
CREATE POLICY own ON person_role FOR SELECT TO rendezvous_app USING ((person_id = (SELECT me())));

CREATE TABLE ban (
    person_id uuid PRIMARY KEY REFERENCES person(id) ON DELETE CASCADE,
    at timestamptz NOT NULL,
    why text NOT NULL
);
ALTER TABLE ban ENABLE ROW LEVEL SECURITY;
CREATE POLICY admins ON ban TO rendezvous_app USING ((SELECT i_am('admin'))) WITH CHECK ((SELECT i_am('admin')));
CREATE POLICY jobs ON ban TO rendezvous_job USING (true);
CREATE POLICY own ON ban FOR SELECT TO rendezvous_app USING ((person_id = (SELECT me())));

CREATE TABLE session (
    id uuid DEFAULT gen_random_uuid() PRIMARY KEY,
    token_hash bytea NOT NULL,
    person_id uuid NOT NULL REFERENCES person(id) ON DELETE CASCADE,
    opened timestamptz NOT NULL,
    expires timestamptz NOT NULL,
    proved timestamptz DEFAULT '-infinity'::timestamptz NOT NULL,
    CONSTRAINT session_token_is_unique UNIQUE (token_hash),
    CONSTRAINT session_ends_later CHECK ((expires > opened))
);
COMMENT ON COLUMN session.proved IS 'When the second factor was last given here; -infinity: never.';
CREATE INDEX session_expires ON session USING btree (expires);
CREATE INDEX session_person ON session USING btree (person_id);
ALTER TABLE session ENABLE ROW LEVEL SECURITY;
CREATE POLICY admins ON session FOR SELECT TO rendezvous_app USING ((SELECT i_am('admin')));
CREATE POLICY jobs ON session TO rendezvous_job USING (true);
CREATE POLICY own ON session TO rendezvous_app USING ((person_id = (SELECT me())));

CREATE TABLE second_factor (
    person_id uuid PRIMARY KEY REFERENCES person(id) ON DELETE CASCADE,
    id uuid NOT NULL,
    since timestamptz NOT NULL,
    active boolean NOT NULL,
    last_step bigint DEFAULT 0 NOT NULL
);
COMMENT ON TABLE second_factor IS 'The key is derived from the id and stored nowhere; not active until a code of it was shown.';
COMMENT ON COLUMN second_factor.last_step IS 'The half minute of the last code that was taken: none is taken twice (RFC 6238, 5.2).';
ALTER TABLE second_factor ENABLE ROW LEVEL SECURITY;
CREATE POLICY admins ON second_factor FOR SELECT TO rendezvous_app USING ((SELECT i_am('admin')));
CREATE POLICY jobs ON second_factor TO rendezvous_job USING (true);
CREATE POLICY own ON second_factor FOR SELECT TO rendezvous_app USING ((person_id = (SELECT me())));

CREATE TABLE recovery_code (
    person_id uuid NOT NULL REFERENCES second_factor(person_id) ON DELETE CASCADE,
    digest bytea NOT NULL,
    CONSTRAINT recovery_code_pkey PRIMARY KEY (person_id, digest)
);
ALTER TABLE recovery_code ENABLE ROW LEVEL SECURITY;
CREATE POLICY jobs ON recovery_code TO rendezvous_job USING (true);
CREATE POLICY own ON recovery_code FOR SELECT TO rendezvous_app USING ((person_id = (SELECT me())));

CREATE TABLE api_token (
    id uuid DEFAULT gen_random_uuid() PRIMARY KEY,
    person_id uuid NOT NULL REFERENCES person(id) ON DELETE CASCADE,
    name text NOT NULL,
    token_hash bytea NOT NULL,
    scope text NOT NULL,
    made timestamptz NOT NULL,
    expires timestamptz NOT NULL,
    used timestamptz DEFAULT '-infinity'::timestamptz NOT NULL,
    CONSTRAINT api_token_is_unique UNIQUE (token_hash),
    CONSTRAINT api_token_name_is_used_once UNIQUE (person_id, name),
    CONSTRAINT api_token_expires_later CHECK ((expires > made)),
    CONSTRAINT api_token_name_is_short CHECK (((length(name) >= 1) AND (length(name) <= 100))),
    CONSTRAINT api_token_scope_is_known CHECK ((scope = ANY (ARRAY['read', 'write'])))
);
COMMENT ON COLUMN api_token.used IS 'When it was last used, to the minute; -infinity until then.';
CREATE INDEX api_token_expires ON api_token USING btree (expires);
ALTER TABLE api_token ENABLE ROW LEVEL SECURITY;
CREATE POLICY jobs ON api_token TO rendezvous_job USING (true);
CREATE POLICY own ON api_token TO rendezvous_app USING ((person_id = (SELECT me()))) WITH CHECK ((person_id = (SELECT me())));

CREATE TABLE feed (
    person_id uuid PRIMARY KEY REFERENCES person(id) ON DELETE CASCADE,
    token_hash bytea NOT NULL,
    made timestamptz NOT NULL,
    CONSTRAINT feed_token_is_unique UNIQUE (token_hash)
);
ALTER TABLE feed ENABLE ROW LEVEL SECURITY;
CREATE POLICY jobs ON feed TO rendezvous_job USING (true);
CREATE POLICY own ON feed TO rendezvous_app USING ((person_id = (SELECT me())));

CREATE TABLE mail_refusal (
    person_id uuid NOT NULL REFERENCES person(id) ON DELETE CASCADE,
    kind text NOT NULL,
    CONSTRAINT mail_refusal_pkey PRIMARY KEY (person_id, kind),
    CONSTRAINT mail_kind_is_a_word CHECK ((kind ~ '^[a-z_]{1,40}$'))
);
ALTER TABLE mail_refusal ENABLE ROW LEVEL SECURITY;
CREATE POLICY jobs ON mail_refusal TO rendezvous_job USING (true);
CREATE POLICY own ON mail_refusal TO rendezvous_app USING ((person_id = (SELECT me()))) WITH CHECK ((person_id = (SELECT me())));

CREATE TABLE address_change (
    id uuid PRIMARY KEY,
    person_id uuid NOT NULL REFERENCES person(id) ON DELETE CASCADE,
    email text NOT NULL,
    asked timestamptz NOT NULL,
    CONSTRAINT new_email_is_lower_case CHECK (((email = lower(email)) AND (length(email) <= 254)))
);
CREATE INDEX address_change_person ON address_change USING btree (person_id);
ALTER TABLE address_change ENABLE ROW LEVEL SECURITY;
CREATE POLICY jobs ON address_change TO rendezvous_job USING (true);
CREATE POLICY own ON address_change TO rendezvous_app USING ((person_id = (SELECT me()))) WITH CHECK ((person_id = (SELECT me())));

CREATE TABLE former_address (
    id uuid PRIMARY KEY,
    person_id uuid NOT NULL REFERENCES person(id) ON DELETE CASCADE,
    email text NOT NULL,
    at timestamptz NOT NULL
);
COMMENT ON TABLE former_address IS 'Kept for a week, so that the old address can be told of the new one.';
ALTER TABLE former_address ENABLE ROW LEVEL SECURITY;
CREATE POLICY jobs ON former_address TO rendezvous_job USING (true);
CREATE POLICY own ON former_address FOR SELECT TO rendezvous_app USING ((person_id = (SELECT me())));

CREATE TABLE password_reset (
    id uuid PRIMARY KEY,
    person_id uuid NOT NULL REFERENCES person(id) ON DELETE CASCADE,
    asked timestamptz NOT NULL
);
CREATE INDEX password_reset_person ON password_reset USING btree (person_id);
ALTER TABLE password_reset ENABLE ROW LEVEL SECURITY;
CREATE POLICY jobs ON password_reset TO rendezvous_job USING (true);
CREATE POLICY own ON password_reset FOR SELECT TO rendezvous_app USING ((person_id = (SELECT me())));

-- ---------------------------------------------------------------------------------------------------------------------
-- Invitations
-- How people come in: one by one, or a list of addresses that an admin pasted.
-- ---------------------------------------------------------------------------------------------------------------------

CREATE TABLE invitation (
    id uuid PRIMARY KEY,
    by_person uuid REFERENCES person(id),
    digest bytea NOT NULL,
    role text DEFAULT 'member' NOT NULL,
    made timestamptz NOT NULL,
    expires timestamptz NOT NULL,
    CONSTRAINT invitation_digest_is_unique UNIQUE (digest),
    CONSTRAINT invitation_role_is_known CHECK ((role = ANY (ARRAY['member', 'admin'])))
);
COMMENT ON COLUMN invitation.digest IS 'SHA-256 of the code; the code itself is derived from the id and stored nowhere.';
CREATE INDEX invitation_by_person ON invitation USING btree (by_person, made);
ALTER TABLE invitation ENABLE ROW LEVEL SECURITY;
CREATE POLICY admins ON invitation FOR SELECT TO rendezvous_app USING ((SELECT i_am('admin')));
CREATE POLICY jobs ON invitation TO rendezvous_job USING (true);
CREATE POLICY own ON invitation TO rendezvous_app USING ((by_person = (SELECT me()))) WITH CHECK (((by_person = (SELECT me())) AND (role = 'member')));

CREATE TABLE invitation_address (
    invitation_id uuid PRIMARY KEY REFERENCES invitation(id) ON DELETE CASCADE,
    email text NOT NULL,
    CONSTRAINT invited_email_is_lower_case CHECK (((email = lower(email)) AND (length(email) <= 255)))
);
CREATE INDEX invitation_address_email ON invitation_address USING btree (email);
ALTER TABLE invitation_address ENABLE ROW LEVEL SECURITY;
CREATE POLICY jobs ON invitation_address TO rendezvous_job USING (true);
CREATE POLICY through_invitation ON invitation_address TO rendezvous_app USING ((invitation_id IN ( SELECT invitation.id
   FROM invitation))) WITH CHECK ((invitation_id IN ( SELECT invitation.id
   FROM invitation)));

CREATE TABLE invitation_mail (
    invitation_id uuid PRIMARY KEY REFERENCES invitation(id) ON DELETE CASCADE,
    digest bytea NOT NULL,
    CONSTRAINT invitation_mail_digest_is_unique UNIQUE (digest)
);
COMMENT ON TABLE invitation_mail IS 'SHA-256 of the code that is mailed: who enrols with it has read that mail.';
ALTER TABLE invitation_mail ENABLE ROW LEVEL SECURITY;
CREATE POLICY jobs ON invitation_mail TO rendezvous_job USING (true);
CREATE POLICY through_invitation ON invitation_mail FOR INSERT TO rendezvous_app WITH CHECK ((invitation_id IN ( SELECT invitation.id
   FROM invitation)));

CREATE TABLE invitation_use (
    invitation_id uuid NOT NULL REFERENCES invitation(id),
    person_id uuid NOT NULL REFERENCES person(id) ON DELETE CASCADE,
    CONSTRAINT invitation_is_used_once PRIMARY KEY (invitation_id),
    CONSTRAINT person_is_invited_once UNIQUE (person_id)
);
ALTER TABLE invitation_use ENABLE ROW LEVEL SECURITY;
CREATE POLICY jobs ON invitation_use TO rendezvous_job USING (true);
CREATE POLICY mine ON invitation_use FOR SELECT TO rendezvous_app USING ((person_id = (SELECT me())));
CREATE POLICY through_invitation ON invitation_use FOR SELECT TO rendezvous_app USING ((invitation_id IN ( SELECT invitation.id
   FROM invitation)));

CREATE TABLE invitation_revocation (
    invitation_id uuid PRIMARY KEY REFERENCES invitation(id) ON DELETE CASCADE,
    at timestamptz NOT NULL
);
ALTER TABLE invitation_revocation ENABLE ROW LEVEL SECURITY;
CREATE POLICY jobs ON invitation_revocation TO rendezvous_job USING (true);
CREATE POLICY through_invitation ON invitation_revocation FOR SELECT TO rendezvous_app USING ((invitation_id IN ( SELECT invitation.id
   FROM invitation)));

CREATE TABLE invitation_batch (
    id uuid NOT NULL,
    by_person uuid NOT NULL REFERENCES person(id),
    at timestamptz NOT NULL,
    CONSTRAINT batch_is_sent_once PRIMARY KEY (id)
);
ALTER TABLE invitation_batch ENABLE ROW LEVEL SECURITY;
CREATE POLICY admins ON invitation_batch TO rendezvous_app USING ((SELECT i_am('admin'))) WITH CHECK (((SELECT i_am('admin')) AND (by_person = (SELECT me()))));
CREATE POLICY jobs ON invitation_batch TO rendezvous_job USING (true);

CREATE TABLE batch_invitation (
    invitation_id uuid PRIMARY KEY REFERENCES invitation(id) ON DELETE CASCADE,
    batch_id uuid NOT NULL REFERENCES invitation_batch(id)
);
CREATE INDEX batch_invitation_batch ON batch_invitation USING btree (batch_id);
ALTER TABLE batch_invitation ENABLE ROW LEVEL SECURITY;
CREATE POLICY admins ON batch_invitation TO rendezvous_app USING ((SELECT i_am('admin'))) WITH CHECK ((SELECT i_am('admin')));
CREATE POLICY jobs ON batch_invitation TO rendezvous_job USING (true);

CREATE TABLE batch_report (
    batch_id uuid PRIMARY KEY REFERENCES invitation_batch(id) ON DELETE CASCADE,
    at timestamptz NOT NULL,
    lines jsonb NOT NULL
);
COMMENT ON TABLE batch_report IS 'What became of each address that was pasted; kept for a week.';
CREATE INDEX batch_report_at ON batch_report USING btree (at);
ALTER TABLE batch_report ENABLE ROW LEVEL SECURITY;
CREATE POLICY admins ON batch_report TO rendezvous_app USING ((SELECT i_am('admin'))) WITH CHECK ((SELECT i_am('admin')));
CREATE POLICY jobs ON batch_report TO rendezvous_job USING (true);

-- ---------------------------------------------------------------------------------------------------------------------
-- When people are free
-- Hours for lunches and for calls, in local wall time; occurrences are computed in Python.
-- ---------------------------------------------------------------------------------------------------------------------

CREATE TABLE availability (
    id uuid PRIMARY KEY,
    person_id uuid NOT NULL REFERENCES person(id) ON DELETE CASCADE,
    purpose text NOT NULL,
    starts timestamp without time zone NOT NULL,
    ends timestamp without time zone NOT NULL,
    timezone text NOT NULL,
    weekly boolean NOT NULL,
    until date NOT NULL,
    CONSTRAINT availability_ends_after_it_starts CHECK (((ends > starts) AND (ends <= (starts + '24:00:00'::interval)))),
    CONSTRAINT availability_once_is_one_day CHECK ((weekly OR (until = (starts)::date))),
    CONSTRAINT availability_purpose_is_known CHECK ((purpose = ANY (ARRAY['lunch', 'coaching']))),
    CONSTRAINT availability_until_is_not_before CHECK ((until >= (starts)::date))
);
COMMENT ON COLUMN availability.starts IS 'Wall time in its zone; a weekly one repeats it every seven days.';
COMMENT ON COLUMN availability.until IS 'The last local day it may start on; infinity where a weekly one has no end.';
CREATE INDEX availability_person ON availability USING btree (person_id, purpose);
ALTER TABLE availability ENABLE ROW LEVEL SECURITY;
CREATE POLICY jobs ON availability TO rendezvous_job USING (true);
CREATE POLICY only_coaches_have_office_hours ON availability AS RESTRICTIVE TO rendezvous_app USING (true) WITH CHECK (((purpose <> 'coaching') OR (SELECT i_am('coach'))));
CREATE POLICY own ON availability TO rendezvous_app USING ((person_id = (SELECT me()))) WITH CHECK ((person_id = (SELECT me())));

CREATE TABLE availability_exception (
    availability_id uuid NOT NULL REFERENCES availability(id) ON DELETE CASCADE,
    day date NOT NULL,
    CONSTRAINT availability_exception_pkey PRIMARY KEY (availability_id, day)
);
ALTER TABLE availability_exception ENABLE ROW LEVEL SECURITY;
CREATE POLICY jobs ON availability_exception TO rendezvous_job USING (true);
CREATE POLICY through_availability ON availability_exception TO rendezvous_app USING ((availability_id IN ( SELECT availability.id
   FROM availability))) WITH CHECK ((availability_id IN ( SELECT availability.id
   FROM availability)));

CREATE TABLE outside_calendar (
    id uuid PRIMARY KEY,
    person_id uuid NOT NULL REFERENCES person(id) ON DELETE CASCADE,
    number integer NOT NULL,
    url text NOT NULL,
    host text NOT NULL,
    added timestamptz NOT NULL,
    due timestamptz NOT NULL,
    read timestamptz DEFAULT '1970-01-01 00:00:00+00'::timestamptz NOT NULL,
    failures integer DEFAULT 0 NOT NULL,
    problem text DEFAULT '' NOT NULL,
    lost boolean DEFAULT false NOT NULL,
    etag text DEFAULT '' NOT NULL,
    modified text DEFAULT '' NOT NULL,
    CONSTRAINT outside_calendar_has_its_number UNIQUE (person_id, number),
    CONSTRAINT outside_calendar_is_given_once UNIQUE (person_id, url),
    CONSTRAINT at_most_five_outside_calendars CHECK (((number >= 1) AND (number <= 5))),
    CONSTRAINT outside_calendar_failures_count_up CHECK ((failures >= 0)),
    CONSTRAINT outside_calendar_is_https CHECK (((length(url) <= 2000) AND (url ~~ 'https://%')))
);
COMMENT ON COLUMN outside_calendar.url IS 'A secret of its owner: read by the job that fetches it, shown to nobody.';
COMMENT ON COLUMN outside_calendar.read IS 'When it was read last; the epoch before that.';
COMMENT ON COLUMN outside_calendar.lost IS 'It could not be read for a day: its busy times are gone, and its owner was told.';
CREATE INDEX outside_calendar_due ON outside_calendar USING btree (due);
ALTER TABLE outside_calendar ENABLE ROW LEVEL SECURITY;
CREATE POLICY jobs ON outside_calendar TO rendezvous_job USING (true);
CREATE POLICY own ON outside_calendar TO rendezvous_app USING ((person_id = (SELECT me()))) WITH CHECK ((person_id = (SELECT me())));

CREATE TABLE outside_busy (
    calendar_id uuid NOT NULL REFERENCES outside_calendar(id) ON DELETE CASCADE,
    person_id uuid NOT NULL REFERENCES person(id) ON DELETE CASCADE,
    during tstzrange NOT NULL,
    CONSTRAINT outside_busy_has_a_length CHECK (((NOT isempty(during)) AND lower_inc(during) AND (NOT upper_inc(during)) AND (NOT lower_inf(during)) AND (NOT upper_inf(during))))
);
CREATE INDEX outside_busy_calendar ON outside_busy USING btree (calendar_id);
CREATE INDEX outside_busy_person ON outside_busy USING gist (person_id, during);
ALTER TABLE outside_busy ENABLE ROW LEVEL SECURITY;
CREATE POLICY jobs ON outside_busy TO rendezvous_job USING (true);
CREATE POLICY own ON outside_busy FOR SELECT TO rendezvous_app USING ((person_id = (SELECT me())));

-- ---------------------------------------------------------------------------------------------------------------------
-- Lunch
-- Where lunches are, what is eaten there, the weekly round, and the events that come of it.
-- ---------------------------------------------------------------------------------------------------------------------

CREATE TABLE location (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL,
    timezone text NOT NULL,
    address text DEFAULT '' NOT NULL,
    meeting_point text DEFAULT '' NOT NULL,
    open boolean DEFAULT true NOT NULL,
    CONSTRAINT location_address_is_short CHECK ((length(address) <= 255)),
    CONSTRAINT location_meeting_point_is_short CHECK ((length(meeting_point) <= 255)),
    CONSTRAINT location_name_is_short CHECK (((length(name) >= 1) AND (length(name) <= 100)))
);
COMMENT ON COLUMN location.open IS 'A closed location keeps its history and is offered to nobody.';
CREATE UNIQUE INDEX location_name_is_unique ON location USING btree (lower(name));
ALTER TABLE location ENABLE ROW LEVEL SECURITY;
CREATE POLICY admins ON location TO rendezvous_app USING ((SELECT i_am('admin'))) WITH CHECK ((SELECT i_am('admin')));
CREATE POLICY everybody_reads ON location FOR SELECT USING (true);
CREATE POLICY jobs ON location TO rendezvous_job USING (true);

CREATE TABLE food_type (
    id smallint PRIMARY KEY,
    name text NOT NULL,
    CONSTRAINT at_most_64_food_types CHECK (((id >= 0) AND (id <= 63))),
    CONSTRAINT food_type_name_is_short CHECK (((length(name) >= 1) AND (length(name) <= 40)))
);
COMMENT ON COLUMN food_type.id IS 'The bit that stands for it in the matcher''s masks.';
CREATE UNIQUE INDEX food_type_name_is_unique ON food_type USING btree (lower(name));
ALTER TABLE food_type ENABLE ROW LEVEL SECURITY;
CREATE POLICY admins ON food_type TO rendezvous_app USING ((SELECT i_am('admin'))) WITH CHECK ((SELECT i_am('admin')));
CREATE POLICY everybody_reads ON food_type FOR SELECT USING (true);
CREATE POLICY jobs ON food_type TO rendezvous_job USING (true);

CREATE TABLE location_food (
    location_id integer NOT NULL REFERENCES location(id) ON DELETE CASCADE,
    food_type_id smallint NOT NULL,
    CONSTRAINT location_food_pkey PRIMARY KEY (location_id, food_type_id),
    CONSTRAINT food_type_is_in_use FOREIGN KEY (food_type_id) REFERENCES food_type(id)
);
ALTER TABLE location_food ENABLE ROW LEVEL SECURITY;
CREATE POLICY admins ON location_food TO rendezvous_app USING ((SELECT i_am('admin'))) WITH CHECK ((SELECT i_am('admin')));
CREATE POLICY everybody_reads ON location_food FOR SELECT USING (true);
CREATE POLICY jobs ON location_food TO rendezvous_job USING (true);

CREATE TABLE location_near (
    location_id integer NOT NULL REFERENCES location(id) ON DELETE CASCADE,
    near_id integer NOT NULL REFERENCES location(id) ON DELETE CASCADE,
    CONSTRAINT location_near_pkey PRIMARY KEY (location_id, near_id),
    CONSTRAINT location_near_is_written_once CHECK ((location_id < near_id))
);
COMMENT ON TABLE location_near IS 'Two places so near each other that who has lunch at one could have it at the other';
CREATE INDEX location_near_near ON location_near USING btree (near_id);
ALTER TABLE location_near ENABLE ROW LEVEL SECURITY;
CREATE POLICY admins ON location_near TO rendezvous_app USING ((SELECT i_am('admin'))) WITH CHECK ((SELECT i_am('admin')));
CREATE POLICY everybody_reads ON location_near FOR SELECT USING (true);

CREATE TABLE person_location (
    person_id uuid PRIMARY KEY REFERENCES person(id) ON DELETE CASCADE,
    location_id integer NOT NULL REFERENCES location(id)
);
CREATE INDEX person_location_location ON person_location USING btree (location_id);
ALTER TABLE person_location ENABLE ROW LEVEL SECURITY;
CREATE POLICY admins ON person_location TO rendezvous_app USING ((SELECT i_am('admin')));
CREATE POLICY jobs ON person_location TO rendezvous_job USING (true);
CREATE POLICY own ON person_location TO rendezvous_app USING ((person_id = (SELECT me()))) WITH CHECK ((person_id = (SELECT me())));

CREATE TABLE refusal (
    person_id uuid NOT NULL REFERENCES person(id) ON DELETE CASCADE,
    food_type_id smallint NOT NULL,
    CONSTRAINT refusal_pkey PRIMARY KEY (person_id, food_type_id),
    CONSTRAINT food_type_is_in_use FOREIGN KEY (food_type_id) REFERENCES food_type(id)
);
ALTER TABLE refusal ENABLE ROW LEVEL SECURITY;
CREATE POLICY admins ON refusal FOR SELECT TO rendezvous_app USING ((SELECT i_am('admin')));
CREATE POLICY jobs ON refusal TO rendezvous_job USING (true);
CREATE POLICY own ON refusal TO rendezvous_app USING ((person_id = (SELECT me()))) WITH CHECK ((person_id = (SELECT me())));

CREATE TABLE pause (
    id uuid PRIMARY KEY,
    person_id uuid NOT NULL REFERENCES person(id) ON DELETE CASCADE,
    weeks daterange NOT NULL,
    CONSTRAINT pause_no_overlap EXCLUDE USING gist (person_id WITH =, weeks WITH &&),
    CONSTRAINT pause_is_whole_weeks CHECK (((NOT isempty(weeks)) AND (EXTRACT(isodow FROM lower(weeks)) = (1)::numeric) AND (EXTRACT(isodow FROM upper(weeks)) = (1)::numeric)))
);
ALTER TABLE pause ENABLE ROW LEVEL SECURITY;
CREATE POLICY jobs ON pause TO rendezvous_job USING (true);
CREATE POLICY own ON pause TO rendezvous_app USING ((person_id = (SELECT me()))) WITH CHECK ((person_id = (SELECT me())));

CREATE TABLE asked_round (
    week date NOT NULL,
    location_id integer NOT NULL REFERENCES location(id),
    asked timestamptz NOT NULL,
    sent timestamptz DEFAULT '-infinity'::timestamptz NOT NULL,
    due timestamptz DEFAULT 'infinity'::timestamptz NOT NULL,
    again boolean DEFAULT false NOT NULL,
    CONSTRAINT asked_round_pkey PRIMARY KEY (week, location_id),
    CONSTRAINT asked_round_week_is_a_monday CHECK ((EXTRACT(isodow FROM week) = (1)::numeric))
);
COMMENT ON COLUMN asked_round.sent IS 'When a message was last put into the queue: one that got lost is sent again.';
COMMENT ON COLUMN asked_round.due IS 'When its hour came; infinity where it was asked for at no set hour.';
COMMENT ON COLUMN asked_round.again IS 'Somebody left a lunch: the round offers no hour that could not be approved in time.';
ALTER TABLE asked_round ENABLE ROW LEVEL SECURITY;
CREATE POLICY admins ON asked_round TO rendezvous_app USING ((SELECT i_am('admin'))) WITH CHECK ((SELECT i_am('admin')));
CREATE POLICY jobs ON asked_round TO rendezvous_job USING (true);

CREATE TABLE round (
    id uuid PRIMARY KEY,
    week date NOT NULL,
    location_id integer NOT NULL REFERENCES location(id),
    ran timestamptz NOT NULL,
    people integer NOT NULL,
    lunches integer NOT NULL,
    left_over integer NOT NULL,
    bound integer NOT NULL,
    proven boolean NOT NULL,
    seed bigint NOT NULL,
    digest bytea NOT NULL,
    due timestamptz DEFAULT 'infinity'::timestamptz NOT NULL,
    CONSTRAINT round_leaves_no_fewer_than_its_bound CHECK (((left_over >= bound) AND (bound >= 0))),
    CONSTRAINT round_week_is_a_monday CHECK ((EXTRACT(isodow FROM week) = (1)::numeric))
);
COMMENT ON COLUMN round.due IS 'When its hour came; infinity where it was asked for at no set hour.';
CREATE INDEX round_week ON round USING btree (week, location_id, ran);
ALTER TABLE round ENABLE ROW LEVEL SECURITY;
CREATE POLICY admins ON round FOR SELECT TO rendezvous_app USING ((SELECT i_am('admin')));
CREATE POLICY jobs ON round TO rendezvous_job USING (true);

CREATE TABLE round_hour (
    round_id uuid NOT NULL REFERENCES round(id) ON DELETE CASCADE,
    starts timestamptz NOT NULL,
    free integer NOT NULL,
    matched integer NOT NULL,
    CONSTRAINT round_hour_pkey PRIMARY KEY (round_id, starts),
    CONSTRAINT round_hour_matches_who_is_free CHECK (((matched >= 0) AND (matched <= free)))
);
COMMENT ON TABLE round_hour IS 'How many of a round''s people could begin lunch then, and how many of them do; of older rounds it was not kept';
ALTER TABLE round_hour ENABLE ROW LEVEL SECURITY;
CREATE POLICY admins ON round_hour FOR SELECT TO rendezvous_app USING ((SELECT i_am('admin')));
CREATE POLICY jobs ON round_hour TO rendezvous_job USING (true);

CREATE TABLE left_over (
    person_id uuid NOT NULL REFERENCES person(id) ON DELETE CASCADE,
    week date NOT NULL,
    round_id uuid NOT NULL REFERENCES round(id) ON DELETE CASCADE,
    reason text NOT NULL,
    CONSTRAINT left_over_pkey PRIMARY KEY (person_id, week),
    CONSTRAINT left_over_reason_is_known CHECK ((reason = ANY (ARRAY['no_hours', 'nobody_free', 'nobody_suitable', 'more_people_than_partners'])))
);
CREATE INDEX left_over_round ON left_over USING btree (round_id);
ALTER TABLE left_over ENABLE ROW LEVEL SECURITY;
CREATE POLICY admins ON left_over FOR SELECT TO rendezvous_app USING ((SELECT i_am('admin')));
CREATE POLICY jobs ON left_over TO rendezvous_job USING (true);
CREATE POLICY own ON left_over FOR SELECT TO rendezvous_app USING ((person_id = (SELECT me())));

CREATE TABLE suggested_hour (
    person_id uuid NOT NULL,
    week date NOT NULL,
    weekday smallint NOT NULL,
    starts time without time zone NOT NULL,
    people integer NOT NULL,
    CONSTRAINT suggested_hour_pkey PRIMARY KEY (person_id, week),
    CONSTRAINT suggested_hour_person_id_week_fkey FOREIGN KEY (person_id, week) REFERENCES left_over(person_id, week) ON DELETE CASCADE,
    CONSTRAINT suggested_hour_is_of_a_week CHECK (((weekday >= 0) AND (weekday <= 6))),
    CONSTRAINT suggested_hour_tells_of_nobody CHECK ((people >= 3))
);
COMMENT ON TABLE suggested_hour IS 'An hour at which so many people are free who eat what this person eats; Monday is 0, the place''s time';
ALTER TABLE suggested_hour ENABLE ROW LEVEL SECURITY;
CREATE POLICY admins ON suggested_hour FOR SELECT TO rendezvous_app USING ((SELECT i_am('admin')));
CREATE POLICY jobs ON suggested_hour TO rendezvous_job USING (true);
CREATE POLICY own ON suggested_hour TO rendezvous_app USING ((person_id = (SELECT me())));

CREATE TABLE suggested_food (
    person_id uuid NOT NULL,
    week date NOT NULL,
    food_type_id smallint NOT NULL REFERENCES food_type(id) ON DELETE CASCADE,
    people integer NOT NULL,
    CONSTRAINT suggested_food_pkey PRIMARY KEY (person_id, week),
    CONSTRAINT suggested_food_person_id_week_fkey FOREIGN KEY (person_id, week) REFERENCES left_over(person_id, week) ON DELETE CASCADE,
    CONSTRAINT suggested_food_tells_of_nobody CHECK ((people >= 3))
);
COMMENT ON TABLE suggested_food IS 'A food that this person refuses and so many eat who are free when they are';
CREATE INDEX suggested_food_food_type ON suggested_food USING btree (food_type_id);
ALTER TABLE suggested_food ENABLE ROW LEVEL SECURITY;
CREATE POLICY admins ON suggested_food FOR SELECT TO rendezvous_app USING ((SELECT i_am('admin')));
CREATE POLICY jobs ON suggested_food TO rendezvous_job USING (true);
CREATE POLICY own ON suggested_food TO rendezvous_app USING ((person_id = (SELECT me())));

CREATE TABLE suggested_return (
    person_id uuid NOT NULL,
    week date NOT NULL,
    back date NOT NULL,
    people integer NOT NULL,
    CONSTRAINT suggested_return_pkey PRIMARY KEY (person_id, week),
    CONSTRAINT suggested_return_person_id_week_fkey FOREIGN KEY (person_id, week) REFERENCES left_over(person_id, week) ON DELETE CASCADE,
    CONSTRAINT suggested_return_is_a_monday CHECK ((EXTRACT(isodow FROM back) = (1)::numeric)),
    CONSTRAINT suggested_return_tells_of_nobody CHECK ((people >= 3))
);
COMMENT ON TABLE suggested_return IS 'Until when so many are back who sat out in that week and would have suited this person';
ALTER TABLE suggested_return ENABLE ROW LEVEL SECURITY;
CREATE POLICY admins ON suggested_return FOR SELECT TO rendezvous_app USING ((SELECT i_am('admin')));
CREATE POLICY jobs ON suggested_return TO rendezvous_job USING (true);
CREATE POLICY own ON suggested_return TO rendezvous_app USING ((person_id = (SELECT me())));

CREATE TABLE suggested_place (
    person_id uuid NOT NULL,
    week date NOT NULL,
    location_id integer NOT NULL REFERENCES location(id) ON DELETE CASCADE,
    people integer NOT NULL,
    CONSTRAINT suggested_place_pkey PRIMARY KEY (person_id, week),
    CONSTRAINT suggested_place_person_id_week_fkey FOREIGN KEY (person_id, week) REFERENCES left_over(person_id, week) ON DELETE CASCADE,
    CONSTRAINT suggested_place_tells_of_nobody CHECK ((people >= 3))
);
COMMENT ON TABLE suggested_place IS 'A place near at which so many have this person''s hours and eat what this person eats';
CREATE INDEX suggested_place_location ON suggested_place USING btree (location_id);
ALTER TABLE suggested_place ENABLE ROW LEVEL SECURITY;
CREATE POLICY admins ON suggested_place FOR SELECT TO rendezvous_app USING ((SELECT i_am('admin')));
CREATE POLICY jobs ON suggested_place TO rendezvous_job USING (true);
CREATE POLICY own ON suggested_place TO rendezvous_app USING ((person_id = (SELECT me())));

CREATE TABLE last_match (
    at timestamptz NOT NULL
);
CREATE UNIQUE INDEX last_match_is_one ON last_match USING btree ((true));
ALTER TABLE last_match ENABLE ROW LEVEL SECURITY;
CREATE POLICY jobs ON last_match TO rendezvous_job USING (true);

CREATE TABLE event (
    id uuid PRIMARY KEY,
    title text NOT NULL,
    location_id integer NOT NULL REFERENCES location(id),
    during tstzrange NOT NULL,
    starts timestamptz GENERATED ALWAYS AS (lower(during)) STORED NOT NULL,
    ends timestamptz GENERATED ALWAYS AS (upper(during)) STORED NOT NULL,
    min_attendees smallint DEFAULT 2 NOT NULL,
    max_attendees smallint DEFAULT 3 NOT NULL,
    creator uuid REFERENCES person(id),
    allow_evaluation boolean DEFAULT true NOT NULL,
    public boolean DEFAULT false NOT NULL,
    status text DEFAULT 'Proposed' NOT NULL,
    revision integer DEFAULT 0 NOT NULL,
    changed timestamptz DEFAULT '1970-01-01 00:00:00+00'::timestamptz NOT NULL,
    CONSTRAINT event_can_be_referred_to UNIQUE (id, during),
    CONSTRAINT event_has_a_length CHECK (((NOT isempty(during)) AND lower_inc(during) AND (NOT upper_inc(during)) AND (NOT lower_inf(during)) AND (NOT upper_inf(during)))),
    CONSTRAINT event_seats_are_sane CHECK ((((min_attendees >= 2) AND (min_attendees <= max_attendees)) AND (max_attendees <= 8))),
    CONSTRAINT event_status_is_known CHECK ((status = ANY (ARRAY['Proposed', 'Confirmed', 'Rejected', 'Canceled', 'Awaiting Evaluation', 'Done']))),
    CONSTRAINT event_title_is_short CHECK (((length(title) >= 1) AND (length(title) <= 100)))
);
COMMENT ON COLUMN event.changed IS 'When its revision was made; the epoch where nobody noted it.';
CREATE INDEX event_due ON event USING btree (status, starts) WHERE (status = ANY (ARRAY['Proposed', 'Confirmed', 'Awaiting Evaluation']));
CREATE INDEX event_public ON event USING btree (starts) WHERE public;
CREATE INDEX event_starts ON event USING btree (starts);
ALTER TABLE event ENABLE ROW LEVEL SECURITY;
CREATE POLICY jobs ON event TO rendezvous_job USING (true);
CREATE POLICY own ON event FOR INSERT TO rendezvous_app WITH CHECK ((creator = (SELECT me())));
CREATE POLICY theirs ON event FOR UPDATE TO rendezvous_app USING ((is_asked_to(id) OR (creator = (SELECT me())) OR (SELECT i_am('admin'))));
CREATE POLICY theirs_and_public ON event FOR SELECT TO rendezvous_app USING (((SELECT i_am('admin')) OR (public AND ((SELECT me()) IS NOT NULL)) OR sees_event(id)));

CREATE TABLE event_food (
    event_id uuid NOT NULL REFERENCES event(id) ON DELETE CASCADE,
    food_type_id smallint NOT NULL,
    CONSTRAINT event_food_pkey PRIMARY KEY (event_id, food_type_id),
    CONSTRAINT food_type_is_in_use FOREIGN KEY (food_type_id) REFERENCES food_type(id)
);
ALTER TABLE event_food ENABLE ROW LEVEL SECURITY;
CREATE POLICY jobs ON event_food TO rendezvous_job USING (true);
CREATE POLICY own ON event_food FOR INSERT TO rendezvous_app WITH CHECK ((event_id IN ( SELECT event.id
   FROM event
  WHERE (event.creator = (SELECT me())))));
CREATE POLICY through_event ON event_food FOR SELECT TO rendezvous_app USING ((sees_event(event_id) OR (SELECT i_am('admin'))));

CREATE TABLE event_cancellation (
    event_id uuid NOT NULL REFERENCES event(id) ON DELETE CASCADE,
    by_person uuid NOT NULL REFERENCES person(id),
    at timestamptz NOT NULL,
    reason text NOT NULL,
    CONSTRAINT event_is_called_off_once PRIMARY KEY (event_id),
    CONSTRAINT event_cancellation_reason_is_short CHECK ((length(reason) <= 255))
);
ALTER TABLE event_cancellation ENABLE ROW LEVEL SECURITY;
CREATE POLICY jobs ON event_cancellation TO rendezvous_job USING (true);
CREATE POLICY own ON event_cancellation FOR INSERT TO rendezvous_app WITH CHECK ((by_person = (SELECT me())));
CREATE POLICY through_event ON event_cancellation FOR SELECT TO rendezvous_app USING (((SELECT i_am('admin')) OR (by_person = (SELECT me())) OR sees_event(event_id)));

CREATE TABLE event_reminder (
    event_id uuid PRIMARY KEY REFERENCES event(id) ON DELETE CASCADE
);
ALTER TABLE event_reminder ENABLE ROW LEVEL SECURITY;
CREATE POLICY jobs ON event_reminder TO rendezvous_job USING (true);
CREATE POLICY through_event ON event_reminder FOR INSERT TO rendezvous_app WITH CHECK ((is_asked_to(event_id) OR (SELECT i_am('admin'))));

CREATE TABLE attendance (
    event_id uuid NOT NULL REFERENCES event(id) ON DELETE CASCADE,
    person_id uuid NOT NULL REFERENCES person(id),
    response text NOT NULL,
    reviewed boolean DEFAULT false NOT NULL,
    CONSTRAINT attendance_pkey PRIMARY KEY (event_id, person_id),
    CONSTRAINT attendance_response_is_known CHECK ((response = ANY (ARRAY['invited', 'approved', 'rejected'])))
);
CREATE INDEX attendance_person ON attendance USING btree (person_id, event_id);
ALTER TABLE attendance ENABLE ROW LEVEL SECURITY;
CREATE POLICY admins ON attendance FOR UPDATE TO rendezvous_app USING ((SELECT i_am('admin')));
CREATE POLICY asked_by_who_proposes ON attendance FOR INSERT TO rendezvous_app WITH CHECK (((response = 'invited') AND (event_id IN ( SELECT event.id
   FROM event
  WHERE (event.creator = (SELECT me()))))));
CREATE POLICY jobs ON attendance TO rendezvous_job USING (true);
CREATE POLICY own ON attendance FOR INSERT TO rendezvous_app WITH CHECK (((person_id = (SELECT me())) AND (event_id IN ( SELECT e.id
   FROM event e
  WHERE (e.public OR (e.creator = (SELECT me())))))));
CREATE POLICY own_response ON attendance FOR UPDATE TO rendezvous_app USING ((person_id = (SELECT me())));
CREATE POLICY through_event ON attendance FOR SELECT TO rendezvous_app USING (((person_id = (SELECT me())) OR (SELECT i_am('admin')) OR sees_event(event_id)));

CREATE TABLE silence (
    person_id uuid PRIMARY KEY REFERENCES account(person_id) ON DELETE CASCADE,
    asked timestamptz NOT NULL,
    answered timestamptz DEFAULT 'infinity'::timestamptz NOT NULL,
    CONSTRAINT silence_is_answered_later CHECK ((answered >= asked))
);
ALTER TABLE silence ENABLE ROW LEVEL SECURITY;
CREATE POLICY jobs ON silence TO rendezvous_job USING (true);
CREATE POLICY own ON silence TO rendezvous_app USING ((person_id = (SELECT me())));

CREATE TABLE review (
    id uuid PRIMARY KEY,
    event_id uuid NOT NULL REFERENCES event(id) ON DELETE CASCADE,
    description text NOT NULL,
    CONSTRAINT review_is_short CHECK (((length(description) >= 1) AND (length(description) <= 1000)))
);
CREATE INDEX review_event ON review USING btree (event_id);
ALTER TABLE review ENABLE ROW LEVEL SECURITY;
CREATE POLICY admins_read ON review FOR SELECT TO rendezvous_app USING (((SELECT i_am('admin')) AND is_done(event_id)));
CREATE POLICY attendants_write ON review FOR INSERT TO rendezvous_app WITH CHECK (((NOT is_done(event_id)) AND (event_id IN ( SELECT attendance.event_id
   FROM attendance
  WHERE ((attendance.person_id = (SELECT me())) AND (attendance.response = 'approved'))))));
CREATE POLICY jobs ON review TO rendezvous_job USING (true);

CREATE TABLE filter_chunk (
    layer smallint NOT NULL,
    chunk integer NOT NULL,
    seal_key text NOT NULL,
    sealed bytea NOT NULL,
    CONSTRAINT filter_chunk_pkey PRIMARY KEY (layer, chunk),
    CONSTRAINT filter_chunk_is_of_a_layer CHECK (((layer >= 0) AND (layer <= 19))),
    CONSTRAINT filter_chunk_is_whole CHECK ((length(sealed) = 8220)),
    CONSTRAINT filter_chunk_is_within_its_layer CHECK (((chunk >= 0) AND (chunk < (1 << (layer)::integer)))),
    CONSTRAINT filter_chunk_names_its_key CHECK ((seal_key ~ '^[0-9a-f]{8}$'))
);
COMMENT ON COLUMN filter_chunk.seal_key IS 'What the key that sealed it is called: a digest, no part of it.';
ALTER TABLE filter_chunk ENABLE ROW LEVEL SECURITY;
CREATE POLICY jobs ON filter_chunk TO rendezvous_job USING (true);
CREATE POLICY the_first ON filter_chunk FOR INSERT TO rendezvous_app WITH CHECK ((((SELECT me()) IS NOT NULL) AND (layer = 0)));
CREATE POLICY whoever_is_there ON filter_chunk FOR SELECT TO rendezvous_app USING (((SELECT me()) IS NOT NULL));
CREATE POLICY whoever_reviews ON filter_chunk FOR UPDATE TO rendezvous_app USING (((SELECT me()) IS NOT NULL));

-- ---------------------------------------------------------------------------------------------------------------------
-- Coaching
-- Who coaches whom, and their calls; a call that is moved stays the same row.
-- ---------------------------------------------------------------------------------------------------------------------

CREATE TABLE relationship (
    id uuid DEFAULT gen_random_uuid() PRIMARY KEY,
    coach_id uuid NOT NULL,
    client_id uuid NOT NULL,
    begun timestamptz NOT NULL,
    ended timestamptz DEFAULT 'infinity'::timestamptz NOT NULL,
    is_current boolean GENERATED ALWAYS AS ( CASE WHEN (ended = 'infinity'::timestamptz) THEN true ELSE NULL::boolean END) STORED,
    coach_role text GENERATED ALWAYS AS ('coach') STORED NOT NULL,
    client_role text GENERATED ALWAYS AS ('client') STORED NOT NULL,
    CONSTRAINT client_has_one_coach UNIQUE (client_id, is_current),
    CONSTRAINT relationship_can_be_referred_to UNIQUE (id, coach_id, client_id),
    CONSTRAINT relationship_client_is_a_person FOREIGN KEY (client_id) REFERENCES person(id) ON DELETE CASCADE,
    CONSTRAINT relationship_client_is_active FOREIGN KEY (client_id, client_role, is_current) REFERENCES person_role(person_id, role, active),
    CONSTRAINT relationship_coach_is_a_person FOREIGN KEY (coach_id) REFERENCES person(id) ON DELETE CASCADE,
    CONSTRAINT relationship_coach_is_active FOREIGN KEY (coach_id, coach_role, is_current) REFERENCES person_role(person_id, role, active),
    CONSTRAINT relationship_ends_after_it_began CHECK ((ended >= begun)),
    CONSTRAINT relationship_is_of_two_people CHECK ((coach_id <> client_id))
);
COMMENT ON CONSTRAINT client_has_one_coach ON relationship IS 'What a later many-to-many would drop, for one over the pair.';
CREATE INDEX relationship_coach ON relationship USING btree (coach_id, client_id);
ALTER TABLE relationship ENABLE ROW LEVEL SECURITY;
CREATE POLICY admins ON relationship TO rendezvous_app USING ((SELECT i_am('admin'))) WITH CHECK ((SELECT i_am('admin')));
CREATE POLICY jobs ON relationship TO rendezvous_job USING (true);
CREATE POLICY own ON relationship FOR SELECT TO rendezvous_app USING (((client_id = (SELECT me())) OR (coach_id = (SELECT me()))));

CREATE TABLE call_link (
    coach_id uuid PRIMARY KEY REFERENCES person(id) ON DELETE CASCADE,
    url text NOT NULL,
    CONSTRAINT call_link_can_be_opened CHECK (((length(url) <= 255) AND (url ~ '^(https://[^[:space:]/]+[^[:space:]]*|tel:\+?[0-9][0-9().-]*)$')))
);
ALTER TABLE call_link ENABLE ROW LEVEL SECURITY;
CREATE POLICY clients_read ON call_link FOR SELECT TO rendezvous_app USING (shares_calls_with(coach_id));
CREATE POLICY jobs ON call_link TO rendezvous_job USING (true);
CREATE POLICY own ON call_link TO rendezvous_app USING ((coach_id = (SELECT me()))) WITH CHECK (((coach_id = (SELECT me())) AND (SELECT i_am('coach'))));

CREATE TABLE day_away (
    id uuid PRIMARY KEY,
    person_id uuid NOT NULL REFERENCES person(id) ON DELETE CASCADE,
    during tstzrange NOT NULL,
    timezone text NOT NULL,
    made timestamptz NOT NULL,
    CONSTRAINT day_away_has_a_length CHECK (((NOT isempty(during)) AND lower_inc(during) AND (NOT upper_inc(during)) AND (NOT lower_inf(during)) AND (NOT upper_inf(during))))
);
COMMENT ON COLUMN day_away.timezone IS 'In which it was said, and is shown.';
CREATE INDEX day_away_person ON day_away USING btree (person_id, upper(during));
ALTER TABLE day_away ENABLE ROW LEVEL SECURITY;
CREATE POLICY jobs ON day_away TO rendezvous_job USING (true);
CREATE POLICY own ON day_away TO rendezvous_app USING ((person_id = (SELECT me()))) WITH CHECK (((person_id = (SELECT me())) AND (SELECT i_am('coach'))));

CREATE TABLE block (
    id uuid PRIMARY KEY,
    person_id uuid NOT NULL REFERENCES person(id) ON DELETE CASCADE,
    during tstzrange NOT NULL,
    CONSTRAINT block_can_be_referred_to UNIQUE (id, during),
    CONSTRAINT block_has_a_length CHECK (((NOT isempty(during)) AND lower_inc(during) AND (NOT upper_inc(during)) AND (NOT lower_inf(during)) AND (NOT upper_inf(during))))
);
CREATE INDEX block_person ON block USING btree (person_id, lower(during));
ALTER TABLE block ENABLE ROW LEVEL SECURITY;
CREATE POLICY jobs ON block TO rendezvous_job USING (true);
CREATE POLICY own ON block TO rendezvous_app USING ((person_id = (SELECT me()))) WITH CHECK (((person_id = (SELECT me())) AND (SELECT i_am('coach'))));

CREATE TABLE appointment (
    id uuid PRIMARY KEY,
    relationship_id uuid NOT NULL,
    coach_id uuid NOT NULL,
    client_id uuid NOT NULL,
    during tstzrange NOT NULL,
    starts timestamptz GENERATED ALWAYS AS (lower(during)) STORED NOT NULL,
    ends timestamptz GENERATED ALWAYS AS (upper(during)) STORED NOT NULL,
    booked timestamptz NOT NULL,
    booked_by uuid NOT NULL,
    changed timestamptz NOT NULL,
    version integer DEFAULT 1 NOT NULL,
    CONSTRAINT appointment_can_be_referred_to UNIQUE (id, during),
    CONSTRAINT appointment_is_of_a_relationship FOREIGN KEY (relationship_id, coach_id, client_id) REFERENCES relationship(id, coach_id, client_id) ON DELETE CASCADE,
    CONSTRAINT appointment_has_a_length CHECK (((NOT isempty(during)) AND lower_inc(during) AND (NOT upper_inc(during)) AND (NOT lower_inf(during)) AND (NOT upper_inf(during)) AND (upper(during) <= (lower(during) + '04:00:00'::interval)))),
    CONSTRAINT appointment_is_booked_by_its_people CHECK (((booked_by = coach_id) OR (booked_by = client_id))),
    CONSTRAINT appointment_version_counts_up CHECK ((version >= 1))
);
COMMENT ON COLUMN appointment.booked_by IS 'A call that the coach booked does not count against the limits of its client.';
CREATE INDEX appointment_client ON appointment USING btree (client_id, starts);
CREATE INDEX appointment_coach ON appointment USING btree (coach_id, starts);
CREATE INDEX appointment_starts ON appointment USING btree (starts);
ALTER TABLE appointment ENABLE ROW LEVEL SECURITY;
CREATE POLICY admins ON appointment FOR SELECT TO rendezvous_app USING ((SELECT i_am('admin')));
CREATE POLICY jobs ON appointment TO rendezvous_job USING (true);
CREATE POLICY own ON appointment FOR SELECT TO rendezvous_app USING (((client_id = (SELECT me())) OR (coach_id = (SELECT me()))));

CREATE TABLE appointment_change (
    appointment_id uuid NOT NULL REFERENCES appointment(id) ON DELETE CASCADE,
    version integer NOT NULL,
    before tstzrange NOT NULL,
    after tstzrange NOT NULL,
    moved_by uuid NOT NULL REFERENCES person(id),
    at timestamptz NOT NULL,
    CONSTRAINT appointment_change_pkey PRIMARY KEY (appointment_id, version)
);
COMMENT ON COLUMN appointment_change.version IS 'The version that the move made.';
ALTER TABLE appointment_change ENABLE ROW LEVEL SECURITY;
CREATE POLICY jobs ON appointment_change TO rendezvous_job USING (true);
CREATE POLICY through_appointment ON appointment_change FOR SELECT TO rendezvous_app USING ((EXISTS ( SELECT
   FROM appointment a
  WHERE (a.id = appointment_change.appointment_id))));

CREATE TABLE cancellation (
    appointment_id uuid NOT NULL REFERENCES appointment(id) ON DELETE CASCADE,
    at timestamptz NOT NULL,
    cancelled_by uuid NOT NULL REFERENCES person(id),
    reason text DEFAULT '' NOT NULL,
    CONSTRAINT appointment_is_cancelled_once PRIMARY KEY (appointment_id),
    CONSTRAINT cancellation_reason_is_short CHECK ((length(reason) <= 255))
);
ALTER TABLE cancellation ENABLE ROW LEVEL SECURITY;
CREATE POLICY jobs ON cancellation TO rendezvous_job USING (true);
CREATE POLICY through_appointment ON cancellation FOR SELECT TO rendezvous_app USING ((EXISTS ( SELECT
   FROM appointment a
  WHERE (a.id = cancellation.appointment_id))));

CREATE TABLE no_show (
    appointment_id uuid NOT NULL REFERENCES appointment(id) ON DELETE CASCADE,
    at timestamptz NOT NULL,
    counts boolean NOT NULL,
    CONSTRAINT no_show_is_noted_once PRIMARY KEY (appointment_id)
);
COMMENT ON COLUMN no_show.counts IS 'Whether it counts as a call of its month, by the rule that was in force when it was noted.';
ALTER TABLE no_show ENABLE ROW LEVEL SECURITY;
CREATE POLICY its_coach_notes ON no_show FOR INSERT TO rendezvous_app WITH CHECK (((EXISTS ( SELECT
   FROM appointment a
  WHERE ((a.id = no_show.appointment_id) AND (a.coach_id = (SELECT me())) AND (a.ends <= present())))) AND (NOT (EXISTS ( SELECT
   FROM cancellation x
  WHERE (x.appointment_id = no_show.appointment_id))))));
CREATE POLICY its_coach_takes_back ON no_show FOR DELETE TO rendezvous_app USING ((EXISTS ( SELECT
   FROM appointment a
  WHERE ((a.id = no_show.appointment_id) AND (a.coach_id = (SELECT me()))))));
CREATE POLICY jobs ON no_show TO rendezvous_job USING (true);
CREATE POLICY through_appointment ON no_show FOR SELECT TO rendezvous_app USING ((EXISTS ( SELECT
   FROM appointment a
  WHERE (a.id = no_show.appointment_id))));

CREATE TABLE series_call (
    appointment_id uuid PRIMARY KEY REFERENCES appointment(id) ON DELETE CASCADE,
    series_id uuid NOT NULL,
    number integer NOT NULL,
    CONSTRAINT series_call_has_its_place UNIQUE (series_id, number),
    CONSTRAINT series_call_counts_from_one CHECK ((number >= 1))
);
COMMENT ON COLUMN series_call.number IS 'Which month of the series: it stays when the call is moved by itself.';
ALTER TABLE series_call ENABLE ROW LEVEL SECURITY;
CREATE POLICY jobs ON series_call TO rendezvous_job USING (true);
CREATE POLICY through_appointment ON series_call FOR SELECT TO rendezvous_app USING ((EXISTS ( SELECT
   FROM appointment a
  WHERE (a.id = series_call.appointment_id))));
CREATE POLICY who_booked_it ON series_call FOR INSERT TO rendezvous_app WITH CHECK ((EXISTS ( SELECT
   FROM appointment a
  WHERE ((a.id = series_call.appointment_id) AND (a.booked_by = (SELECT me()))))));

CREATE TABLE waiting (
    id uuid PRIMARY KEY,
    client_id uuid NOT NULL REFERENCES person(id) ON DELETE CASCADE,
    coach_id uuid NOT NULL REFERENCES person(id) ON DELETE CASCADE,
    until timestamptz NOT NULL,
    asked timestamptz NOT NULL,
    looked timestamptz NOT NULL,
    known timestamptz[] NOT NULL,
    CONSTRAINT client_waits_once_for_a_coach UNIQUE (client_id, coach_id)
);
COMMENT ON COLUMN waiting.until IS 'Nothing later than that is told.';
COMMENT ON COLUMN waiting.known IS 'Starts that were free when it was looked last, of which the client knows.';
CREATE INDEX waiting_looked ON waiting USING btree (looked);
ALTER TABLE waiting ENABLE ROW LEVEL SECURITY;
CREATE POLICY jobs ON waiting TO rendezvous_job USING (true);
CREATE POLICY own ON waiting TO rendezvous_app USING ((client_id = (SELECT me()))) WITH CHECK ((client_id = (SELECT me())));

CREATE TABLE reminder (
    appointment_id uuid NOT NULL REFERENCES appointment(id) ON DELETE CASCADE,
    starts timestamptz NOT NULL,
    CONSTRAINT reminder_pkey PRIMARY KEY (appointment_id, starts)
);
ALTER TABLE reminder ENABLE ROW LEVEL SECURITY;
CREATE POLICY jobs ON reminder TO rendezvous_job USING (true);

-- ---------------------------------------------------------------------------------------------------------------------
-- Nobody is in two places at once
-- A row per person and lunch or call; its exclusion constraint is what the product is built on.
-- ---------------------------------------------------------------------------------------------------------------------

CREATE TABLE commitment (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    person_id uuid NOT NULL REFERENCES person(id) ON DELETE CASCADE,
    during tstzrange NOT NULL,
    event_id uuid,
    appointment_id uuid,
    block_id uuid,
    CONSTRAINT commitment_no_overlap EXCLUDE USING gist (person_id WITH =, during WITH &&),
    CONSTRAINT commitment_follows_appointment FOREIGN KEY (appointment_id, during) REFERENCES appointment(id, during) ON UPDATE CASCADE ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT commitment_follows_block FOREIGN KEY (block_id, during) REFERENCES block(id, during) ON UPDATE CASCADE ON DELETE CASCADE,
    CONSTRAINT commitment_follows_event FOREIGN KEY (event_id, during) REFERENCES event(id, during) ON UPDATE CASCADE ON DELETE CASCADE,
    CONSTRAINT commitment_is_an_attendance FOREIGN KEY (event_id, person_id) REFERENCES attendance(event_id, person_id) ON DELETE CASCADE,
    CONSTRAINT commitment_has_a_length CHECK (((NOT isempty(during)) AND lower_inc(during) AND (NOT upper_inc(during)) AND (NOT lower_inf(during)) AND (NOT upper_inf(during)))),
    CONSTRAINT commitment_stands_for_one_thing CHECK ((num_nonnulls(event_id, appointment_id, block_id) = 1))
);
CREATE INDEX commitment_appointment ON commitment USING btree (appointment_id) WHERE (appointment_id IS NOT NULL);
CREATE INDEX commitment_block ON commitment USING btree (block_id) WHERE (block_id IS NOT NULL);
CREATE INDEX commitment_event ON commitment USING btree (event_id);
ALTER TABLE commitment ENABLE ROW LEVEL SECURITY;
CREATE POLICY jobs ON commitment TO rendezvous_job USING (true);
CREATE POLICY own ON commitment TO rendezvous_app USING ((person_id = (SELECT me()))) WITH CHECK (((person_id = (SELECT me())) AND (appointment_id IS NULL) AND (block_id IS NULL)));

-- ---------------------------------------------------------------------------------------------------------------------
-- Rules and admins
-- Business rules that admins change, and what admins did.
-- ---------------------------------------------------------------------------------------------------------------------

CREATE TABLE rule (
    name text NOT NULL,
    scope text DEFAULT '' NOT NULL,
    value jsonb NOT NULL,
    CONSTRAINT rule_pkey PRIMARY KEY (name, scope),
    CONSTRAINT rule_name_has_a_slice CHECK ((name ~ '^[a-z]+\.[a-z0-9_]+$')),
    CONSTRAINT rule_value_is_plain CHECK ((jsonb_typeof(value) = ANY (ARRAY['number', 'boolean', 'string'])))
);
ALTER TABLE rule ENABLE ROW LEVEL SECURITY;
CREATE POLICY admins_set_them ON rule TO rendezvous_app USING (i_am('admin')) WITH CHECK (i_am('admin'));
CREATE POLICY everybody_lives_by_them ON rule FOR SELECT USING (true);

CREATE TABLE rule_change (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL,
    scope text NOT NULL,
    before jsonb NOT NULL,
    after jsonb NOT NULL,
    changed_by uuid NOT NULL,
    changed timestamptz NOT NULL
);
ALTER TABLE rule_change ENABLE ROW LEVEL SECURITY;
CREATE POLICY admins_read_and_write ON rule_change TO rendezvous_app USING (i_am('admin')) WITH CHECK (i_am('admin'));
CREATE POLICY jobs ON rule_change TO rendezvous_job USING (true);

CREATE TABLE audit (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL,
    admin_id uuid NOT NULL,
    what text NOT NULL,
    whom text NOT NULL,
    why text NOT NULL
);
CREATE INDEX audit_at ON audit USING btree (at);
ALTER TABLE audit ENABLE ROW LEVEL SECURITY;
CREATE POLICY admins ON audit TO rendezvous_app USING (i_am('admin')) WITH CHECK ((i_am('admin') AND (admin_id = me())));
CREATE POLICY jobs ON audit TO rendezvous_job USING (true);

-- ---------------------------------------------------------------------------------------------------------------------
-- Live updates
-- What open pages are told without a reload: tickets that open sockets, who listens where, and what waits.
-- ---------------------------------------------------------------------------------------------------------------------

CREATE TABLE ticket (
    token_hash bytea PRIMARY KEY,
    session_id uuid NOT NULL REFERENCES session(id) ON DELETE CASCADE,
    expires timestamptz NOT NULL
);
COMMENT ON TABLE ticket IS 'Opens a socket once, within a minute';
CREATE INDEX ticket_expires ON ticket USING btree (expires);
CREATE INDEX ticket_session ON ticket USING btree (session_id);
ALTER TABLE ticket ENABLE ROW LEVEL SECURITY;
CREATE POLICY jobs ON ticket TO rendezvous_job USING (true);
CREATE POLICY own ON ticket FOR INSERT TO rendezvous_app WITH CHECK ((EXISTS ( SELECT
   FROM session s
  WHERE ((s.id = ticket.session_id) AND (s.person_id = (SELECT me()))))));

CREATE TABLE socket (
    connection text PRIMARY KEY,
    session_id uuid NOT NULL REFERENCES session(id) ON DELETE CASCADE,
    opened timestamptz NOT NULL
);
COMMENT ON TABLE socket IS 'An open page, by the connection id of the WebSocket API';
CREATE INDEX socket_opened ON socket USING btree (opened);
CREATE INDEX socket_session ON socket USING btree (session_id);
ALTER TABLE socket ENABLE ROW LEVEL SECURITY;
CREATE POLICY jobs ON socket TO rendezvous_job USING (true);

CREATE TABLE socket_location (
    connection text NOT NULL REFERENCES socket(connection) ON DELETE CASCADE,
    location_id integer NOT NULL REFERENCES location(id) ON DELETE CASCADE,
    CONSTRAINT socket_location_pkey PRIMARY KEY (connection, location_id)
);
COMMENT ON TABLE socket_location IS 'Where a socket hears what happens: its person''s place, and those of their coming lunches';
CREATE INDEX socket_location_location ON socket_location USING btree (location_id);
ALTER TABLE socket_location ENABLE ROW LEVEL SECURITY;
CREATE POLICY jobs ON socket_location TO rendezvous_job USING (true);

CREATE TABLE live_update (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    location_id integer NOT NULL REFERENCES location(id) ON DELETE CASCADE,
    token text NOT NULL,
    type text NOT NULL,
    at timestamptz NOT NULL
);
COMMENT ON TABLE live_update IS 'What is to be told to the sockets of a location with its next frame';
CREATE INDEX live_update_at ON live_update USING btree (at);
CREATE INDEX live_update_location ON live_update USING btree (location_id, id);
ALTER TABLE live_update ENABLE ROW LEVEL SECURITY;
CREATE POLICY jobs ON live_update TO rendezvous_job USING (true);

CREATE TABLE live_frame (
    location_id integer PRIMARY KEY REFERENCES location(id) ON DELETE CASCADE,
    sent timestamptz NOT NULL
);
COMMENT ON TABLE live_frame IS 'When a location''s sockets were told something last: at most once a second';
ALTER TABLE live_frame ENABLE ROW LEVEL SECURITY;
CREATE POLICY jobs ON live_frame TO rendezvous_job USING (true);

-- ---------------------------------------------------------------------------------------------------------------------
-- Messages and limits
-- What leaves for Kafka, what was worked off, the mails that have not left, what was answered, and what is counted.
-- ---------------------------------------------------------------------------------------------------------------------

CREATE TABLE outbox (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    topic text NOT NULL,
    key text NOT NULL,
    event jsonb NOT NULL,
    published timestamptz
);
CREATE INDEX outbox_dead_letters ON outbox USING btree (id) WHERE (topic = 'Dead_Letters');
CREATE INDEX outbox_published ON outbox USING btree (published) WHERE (published IS NOT NULL);
CREATE INDEX outbox_waiting ON outbox USING btree (id) WHERE (published IS NULL);

CREATE TABLE delivered (
    consumer text NOT NULL,
    event_id uuid NOT NULL,
    at timestamptz NOT NULL,
    CONSTRAINT delivered_pkey PRIMARY KEY (consumer, event_id)
);
CREATE INDEX delivered_at ON delivered USING btree (at);

CREATE TABLE mail (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    message uuid NOT NULL,
    recipient uuid NOT NULL,
    kind text NOT NULL,
    about jsonb NOT NULL,
    urgent boolean NOT NULL,
    written timestamptz NOT NULL,
    due timestamptz NOT NULL,
    state text DEFAULT 'waiting' NOT NULL,
    attempts integer DEFAULT 0 NOT NULL,
    answer text DEFAULT '' NOT NULL,
    CONSTRAINT mail_is_written_once UNIQUE (message, recipient, kind),
    CONSTRAINT mail_answer_is_a_code CHECK ((answer ~ '^[A-Za-z0-9. ]{0,60}$')),
    CONSTRAINT mail_attempts_count_up CHECK ((attempts >= 0)),
    CONSTRAINT mail_is_of_a_kind CHECK ((kind ~ '^[a-z_]{1,40}$')),
    CONSTRAINT mail_state_is_known CHECK ((state = ANY (ARRAY['waiting', 'refused', 'expired'])))
);
COMMENT ON COLUMN mail.recipient IS 'The person, or the invitation whose address it goes to: who is invited is no person yet.';
COMMENT ON COLUMN mail.about IS 'The data of the message: ids and times.';
COMMENT ON COLUMN mail.urgent IS 'Somebody waits for it now, as for a link to a new password: it passes by all others.';
COMMENT ON COLUMN mail.answer IS 'What the mail server said last, as codes alone: its words often repeat the address.';
CREATE INDEX mail_recipient ON mail USING btree (recipient);
CREATE INDEX mail_waiting ON mail USING btree (urgent, due) WHERE (state = 'waiting');
CREATE INDEX mail_written ON mail USING btree (written);
ALTER TABLE mail ENABLE ROW LEVEL SECURITY;
CREATE POLICY admins ON mail FOR SELECT TO rendezvous_app USING ((SELECT i_am('admin')));
CREATE POLICY jobs ON mail TO rendezvous_job USING (true);
CREATE POLICY own ON mail FOR SELECT TO rendezvous_app USING ((recipient = (SELECT me())));

CREATE TABLE idempotency (
    person_id uuid NOT NULL,
    key text NOT NULL,
    request bytea NOT NULL,
    status integer NOT NULL,
    headers jsonb NOT NULL,
    body text NOT NULL,
    at timestamptz NOT NULL,
    CONSTRAINT idempotency_pkey PRIMARY KEY (person_id, key),
    CONSTRAINT idempotency_key_is_short CHECK (((length(key) >= 1) AND (length(key) <= 255)))
);
CREATE INDEX idempotency_at ON idempotency USING btree (at);
ALTER TABLE idempotency ENABLE ROW LEVEL SECURITY;
CREATE POLICY jobs ON idempotency TO rendezvous_job USING (true);
CREATE POLICY own ON idempotency TO rendezvous_app USING ((person_id = me())) WITH CHECK ((person_id = me()));

CREATE TABLE pressed_form (
    person_id uuid PRIMARY KEY REFERENCES person(id) ON DELETE CASCADE,
    press bytea NOT NULL,
    location text NOT NULL,
    at timestamptz NOT NULL
);
CREATE INDEX pressed_form_at ON pressed_form USING btree (at);
ALTER TABLE pressed_form ENABLE ROW LEVEL SECURITY;
CREATE POLICY jobs ON pressed_form TO rendezvous_job USING (true);
CREATE POLICY own ON pressed_form TO rendezvous_app USING ((person_id = (SELECT me()))) WITH CHECK ((person_id = (SELECT me())));

CREATE TABLE rate (
    what text NOT NULL,
    who bytea NOT NULL,
    since timestamptz NOT NULL,
    count integer NOT NULL,
    CONSTRAINT rate_pkey PRIMARY KEY (what, who),
    CONSTRAINT rate_counts_up CHECK ((count >= 0))
);
CREATE INDEX rate_since ON rate USING btree (since);

-- ---------------------------------------------------------------------------------------------------------------------
-- Functions
-- By the table they are about.
-- ---------------------------------------------------------------------------------------------------------------------

-- Who is there

-- owner: turns the cookie's or the token's hash into a person and their roles for this transaction; nobody is known before it.
CREATE FUNCTION enter(token bytea, at timestamptz, bearer boolean DEFAULT false) RETURNS TABLE(person_id uuid, session_id uuid, name text, timezone text, roles text[], banned boolean, scope text, second_factor boolean, proved timestamptz, pressed boolean)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
DECLARE setting text := set_config('rendezvous.now', at::text, true);
BEGIN
    IF token IS NOT NULL THEN
        SELECT p.id, c.session, p.name, p.timezone,
               ARRAY(SELECT r.role FROM person_role r WHERE r.person_id = p.id AND r.active ORDER BY r.role),
               EXISTS (SELECT FROM ban b WHERE b.person_id = p.id), c.scope,
               EXISTS (SELECT FROM second_factor f WHERE f.person_id = p.id AND f.active), c.proved,
               EXISTS (SELECT FROM pressed_form f WHERE f.person_id = p.id)
        INTO person_id, session_id, name, timezone, roles, banned, scope, second_factor, proved, pressed
        FROM (SELECT s.person_id AS person, s.id AS session, 'write' AS scope, nullif(s.proved, '-infinity') AS proved
              FROM session s WHERE s.token_hash = token AND s.expires > at AND NOT bearer
              UNION ALL
              SELECT t.person_id, NULL, t.scope, NULL
              FROM api_token t WHERE t.token_hash = token AND t.expires > at AND bearer) c
        JOIN person p ON p.id = c.person;
    END IF;
    IF bearer THEN
        UPDATE api_token SET used = at WHERE id IN
            (SELECT t.id FROM api_token t WHERE t.token_hash = token AND t.used < at - interval '1 minute' AND t.expires > at
             FOR UPDATE SKIP LOCKED);
    END IF;
    setting := set_config('rendezvous.person', coalesce(person_id::text, ''), true);
    setting := set_config('rendezvous.roles', CASE WHEN banned THEN '' ELSE coalesce(array_to_string(roles, ','), '') END, true);
    IF person_id IS NOT NULL THEN
        RETURN NEXT;
    END IF;
END $$;

-- owner: the same for a calendar address, without any role.
CREATE FUNCTION enter_feed(token bytea) RETURNS TABLE(person_id uuid, name text, timezone text)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
BEGIN
    SELECT p.id, p.name, p.timezone INTO person_id, name, timezone
    FROM feed f JOIN person p ON p.id = f.person_id WHERE f.token_hash = token;
    IF person_id IS NOT NULL THEN
        PERFORM set_config('rendezvous.person', person_id::text, true), set_config('rendezvous.roles', '', true);
        RETURN NEXT;
    END IF;
END $$;

-- policy: whether a job asks, for functions that serve both.
CREATE FUNCTION i_am_a_job() RETURNS boolean
    LANGUAGE sql STABLE
    RETURN (current_setting('role') = 'rendezvous_job');

-- owner: a login is written before anybody is known.
CREATE FUNCTION open_session(person uuid, kept text, factor uuid, token bytea, at timestamptz, until timestamptz, replaced bytea[]) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
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

-- owner: a logout works for whoever holds the tokens, also after a ban.
CREATE FUNCTION close_sessions(tokens bytea[]) RETURNS SETOF uuid
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
    DELETE FROM session WHERE token_hash = ANY (tokens) RETURNING person_id
$$;

-- owner: a login takes a code of the second factor before anybody is known, and each code once.
CREATE FUNCTION take_step(person uuid, step bigint) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
BEGIN
    UPDATE second_factor SET last_step = step WHERE person_id = person AND last_step < step;
    RETURN FOUND;
END $$;

-- owner: the same of a recovery code, whose digests nobody may read.
CREATE FUNCTION take_recovery_code(person uuid, given bytea) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
BEGIN
    DELETE FROM recovery_code WHERE person_id = person AND digest = given;
    RETURN FOUND;
END $$;

-- owner: notes in a session that the second factor was shown; people may not write sessions.
CREATE FUNCTION prove_session(this uuid) RETURNS void
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
    UPDATE session SET proved = present() WHERE person_id = me() AND id = this
$$;

-- owner: only hashes of calendar addresses are kept, and people may not read them.
CREATE FUNCTION open_feed(token bytea) RETURNS void
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
    INSERT INTO feed (person_id, token_hash, made) SELECT me(), token, present()
    ON CONFLICT (person_id) DO UPDATE SET token_hash = excluded.token_hash, made = excluded.made
$$;

-- Accounts

-- owner: ends all that lets somebody in, in one place, whichever act takes an account back.
CREATE FUNCTION end_access(whose uuid, kept_session uuid, keep_tokens boolean) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
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

-- owner: every session but one, and with it what it has opened.
CREATE FUNCTION end_sessions(whose uuid, kept_session uuid) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
DECLARE ended integer;
BEGIN
    DELETE FROM session WHERE person_id = whose AND id IS DISTINCT FROM kept_session;
    GET DIAGNOSTICS ended = ROW_COUNT;
    RETURN ended;
END $$;

-- owner: an admin ends the sessions of somebody else, and reads none.
CREATE FUNCTION end_sessions_of(person uuid) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
BEGIN
    IF i_am('admin') IS NOT TRUE THEN
        RAISE insufficient_privilege USING MESSAGE = 'only an admin ends the sessions of somebody else';
    END IF;
    RETURN end_sessions(person, NULL);
END $$;

-- owner: an admin helps who lost the device.
CREATE FUNCTION remove_second_factor_of(person uuid) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
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

-- owner: a key waits for its first code, and replaces none that is on.
CREATE FUNCTION offer_second_factor(wanted uuid) RETURNS uuid
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
    INSERT INTO second_factor AS f (person_id, id, since, active) VALUES (me(), wanted, present(), false)
    ON CONFLICT (person_id) DO UPDATE SET id = excluded.id, since = excluded.since, last_step = 0 WHERE NOT f.active
    RETURNING id
$$;

-- owner: on, with its recovery codes, and every other session ended, at once.
CREATE FUNCTION switch_on_second_factor(offered uuid, digests bytea[], kept_session uuid) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
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

-- owner: off, and every other session ended.
CREATE FUNCTION switch_off_second_factor(kept_session uuid) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
BEGIN
    DELETE FROM second_factor WHERE person_id = me();
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    PERFORM end_sessions(me(), kept_session);
    UPDATE session SET proved = '-infinity' WHERE person_id = me();
    RETURN true;
END $$;

-- owner: what was proved by a password is done only while it is the password.
CREATE FUNCTION hold_password(kept text) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
BEGIN
    PERFORM FROM account WHERE person_id = me() AND password = kept FOR SHARE;
    RETURN FOUND;
END $$;

-- owner: the username and address that a new password must not be, for who holds the link.
CREATE FUNCTION account_of_reset(reset uuid, at timestamptz, minutes integer) RETURNS TABLE(username text, email text)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
    SELECT a.username, a.email FROM password_reset r JOIN account a USING (person_id)
    WHERE r.id = reset AND r.asked + make_interval(mins => minutes) > at
$$;

-- owner: an invitation by the digest of either of its codes, and which of the two it was.
CREATE FUNCTION invitation_of(code bytea) RETURNS TABLE(id uuid, mailed boolean)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
    SELECT i.id, false FROM invitation i WHERE i.digest = code
    UNION ALL SELECT m.invitation_id, true FROM invitation_mail m WHERE m.digest = code
$$;

-- one trip: a text without a person's names, over every row in which people write freely.
CREATE FUNCTION without_names(given text, names text[]) RETURNS text
    LANGUAGE plpgsql IMMUTABLE
    AS $$
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

-- one trip: the columns in which people write freely, for who is erased; a test holds that it is complete.
CREATE FUNCTION free_texts() RETURNS TABLE(in_table text, in_column text)
    LANGUAGE sql IMMUTABLE
    AS $$
    VALUES ('audit', 'why'), ('ban', 'why'), ('cancellation', 'reason'), ('event', 'title'),
           ('event_cancellation', 'reason'), ('review', 'description')
$$;

-- owner: all by which the world knows a person, read once before it is blanked.
CREATE FUNCTION names_of(whose uuid) RETURNS text[]
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
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

-- owner: answers that are kept for who asks again go with a name that stands in them.
CREATE FUNCTION forget_answers_that_name(names text[]) RETURNS void
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
    DELETE FROM idempotency WHERE EXISTS (
        SELECT FROM unnest(names) n
        WHERE n <> '' AND position(substr(to_json(n)::text, 2, length(to_json(n)::text) - 2) IN body) > 0)
$$;

-- trigger: they go when a name is changed, too.
CREATE FUNCTION forget_the_former_name() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
BEGIN
    PERFORM forget_answers_that_name(ARRAY[OLD.name]);
    RETURN NULL;
END $$;
CREATE TRIGGER a_former_name_is_in_no_answer AFTER UPDATE OF name ON person FOR EACH ROW WHEN ((old.name <> new.name)) EXECUTE FUNCTION forget_the_former_name();

-- trigger: whoever is erased keeps no calendars elsewhere; their addresses are secrets.
CREATE FUNCTION forget_outside_calendars() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
BEGIN
    DELETE FROM outside_calendar WHERE person_id = OLD.person_id;
    RETURN NULL;
END $$;
CREATE TRIGGER who_is_gone_keeps_no_calendars AFTER DELETE ON account FOR EACH ROW EXECUTE FUNCTION forget_outside_calendars();

-- trigger: a form pressed again after somebody else undid it is carried out anew.
CREATE FUNCTION forget_undone_press() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
BEGIN
    DELETE FROM pressed_form WHERE person_id IN (
        SELECT p.person_id FROM pressed_form p JOIN freed USING (person_id)
        WHERE p.person_id IS DISTINCT FROM me() FOR UPDATE OF p SKIP LOCKED);
    RETURN NULL;
END $$;
CREATE TRIGGER freed_time_makes_a_press_a_new_one AFTER DELETE ON commitment REFERENCING OLD TABLE AS freed FOR EACH STATEMENT EXECUTE FUNCTION forget_undone_press();
CREATE TRIGGER moved_time_makes_a_press_a_new_one AFTER UPDATE ON commitment REFERENCING OLD TABLE AS freed FOR EACH STATEMENT EXECUTE FUNCTION forget_undone_press();

-- owner: the password's hash, which no query of people's may read, by username.
CREATE FUNCTION login_of(wanted text) RETURNS TABLE(person_id uuid, password text, second_factor uuid)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
    SELECT a.person_id, a.password, f.id FROM account a LEFT JOIN second_factor f ON f.person_id = a.person_id AND f.active
    WHERE lower(a.username) = lower(wanted)
$$;

-- owner: the hash of one's own, asked before acts that ask for the password.
CREATE FUNCTION my_password() RETURNS text
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
    SELECT password FROM account WHERE person_id = me()
$$;

-- owner: writes the new hash and ends what let somebody in together.
CREATE FUNCTION change_password(former text, hash text, kept_session uuid, keep_tokens boolean) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
BEGIN
    UPDATE account SET password = hash WHERE person_id = me() AND password = former;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    PERFORM end_access(me(), kept_session, keep_tokens);
    RETURN true;
END $$;

-- owner: notes that a reset was asked for, of somebody who is not logged in.
CREATE FUNCTION ask_reset(wanted_email text, reset uuid, at timestamptz) RETURNS uuid
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
    INSERT INTO password_reset (id, person_id, asked)
    SELECT reset, person_id, at FROM account WHERE email = lower(wanted_email)
    RETURNING person_id
$$;

-- owner: uses up a reset once, and ends all that lets somebody in.
CREATE FUNCTION reset_password(reset uuid, hash text, at timestamptz, minutes integer) RETURNS uuid
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
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

-- owner: uses up a change of address once, for whoever holds the mailed link.
CREATE FUNCTION confirm_address(change uuid, at timestamptz, days integer) RETURNS TABLE(person_id uuid, former uuid)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
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

-- trigger: a new address ends the links that were mailed to the former.
CREATE FUNCTION forget_other_addresses() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
BEGIN
    DELETE FROM address_change WHERE person_id = NEW.person_id;
    DELETE FROM password_reset WHERE person_id = NEW.person_id;
    RETURN NULL;
END $$;
CREATE TRIGGER new_address_ends_other_changes AFTER UPDATE OF email ON account FOR EACH ROW WHEN ((old.email <> new.email)) EXECUTE FUNCTION forget_other_addresses();

-- owner: which code shows an invitation to who made it, while the digests are read by nobody.
CREATE FUNCTION digest_of_my_invitation(invitation uuid, since timestamptz) RETURNS bytea
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
    SELECT digest FROM invitation i
    WHERE i.id = digest_of_my_invitation.invitation AND i.by_person = me() AND i.made > since
$$;

-- owner: whether a mailbox is still somebody's, without telling whose address it is.
CREATE FUNCTION takes_mail_at(person uuid, mailbox text) RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
    SELECT EXISTS (SELECT FROM account
        WHERE person_id = person AND left(encode(sha256(convert_to(email, 'UTF8')), 'hex'), 16) = mailbox)
$$;

-- owner: unsubscribes by a link, without a login.
CREATE FUNCTION refuse_mail(person uuid, mailbox text, wanted text) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
BEGIN
    PERFORM FROM account WHERE person_id = person FOR KEY SHARE;
    IF takes_mail_at(person, mailbox) IS NOT TRUE THEN
        RETURN false;
    END IF;
    INSERT INTO mail_refusal (person_id, kind) VALUES (person, wanted) ON CONFLICT DO NOTHING;
    RETURN true;
END $$;

-- owner: blanks a person and removes what is theirs from every table, in one place.
CREATE FUNCTION erase(kept text) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $_$
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
END $_$;

-- one trip: counts an attempt in its window and answers the count, so that two at once count two.
CREATE FUNCTION tally(what text, who bytea, seconds integer, at timestamptz, step integer DEFAULT 1) RETURNS TABLE(count integer, until timestamptz)
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
    INSERT INTO rate AS r (what, who, since, count)
    VALUES (tally.what, tally.who, tally.at, greatest(tally.step, 0))
    ON CONFLICT (what, who) DO UPDATE SET
        since = CASE WHEN r.since + make_interval(secs => seconds) <= tally.at THEN tally.at ELSE r.since END,
        count = CASE WHEN r.since + make_interval(secs => seconds) <= tally.at THEN greatest(step, 0)
                     ELSE greatest(r.count + step, 0) END
    RETURNING r.count, r.since + make_interval(secs => seconds)
$$;
COMMENT ON FUNCTION tally(what text, who bytea, seconds integer, at timestamptz, step integer) IS 'Count one more in the running window of so many seconds; the count and when the window ends.';

-- lock: two admins who remove each other at once wait for one another, and one stays.
CREATE FUNCTION insist_on_an_admin() RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('the last admin'));
    IF NOT EXISTS (SELECT FROM person_role r JOIN account USING (person_id)
                   WHERE r.role = 'admin' AND r.active AND r.person_id NOT IN (SELECT person_id FROM ban)) THEN
        RAISE EXCEPTION USING ERRCODE = 'check_violation', CONSTRAINT = 'an_admin_remains',
            MESSAGE = 'the last admin cannot be removed';
    END IF;
END $$;

-- trigger: no change of roles removes the last admin.
CREATE FUNCTION keep_an_admin() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
BEGIN
    IF OLD.role = 'admin' AND OLD.active THEN
        PERFORM insist_on_an_admin();
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER an_admin_remains AFTER DELETE OR UPDATE ON person_role FOR EACH ROW EXECUTE FUNCTION keep_an_admin();

-- trigger: no ban does either.
CREATE FUNCTION keep_an_admin_unbanned() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
BEGIN
    IF EXISTS (SELECT FROM person_role WHERE person_id = NEW.person_id AND role = 'admin' AND active) THEN
        PERFORM insist_on_an_admin();
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER an_admin_remains AFTER INSERT ON ban FOR EACH ROW EXECUTE FUNCTION keep_an_admin_unbanned();

-- Invitations

-- owner: makes a person of an invitation in one go, and says what stood in the way.
CREATE FUNCTION enrol(code bytea, person uuid, wanted_slug text, wanted_username text, hash text, wanted_name text, wanted_email text, wanted_timezone text, at timestamptz) RETURNS TABLE(outcome text, invitation uuid, confirmed boolean, holder uuid)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
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

-- owner: whether a code can still be used, asked before anybody is known.
CREATE FUNCTION live_invitation(code bytea, for_email text, at timestamptz) RETURNS uuid
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
    SELECT i.id FROM invitation i
    WHERE i.id = (SELECT o.id FROM invitation_of(code) o) AND i.expires > at
      AND NOT EXISTS (SELECT FROM invitation_use u WHERE u.invitation_id = i.id)
      AND NOT EXISTS (SELECT FROM invitation_revocation r WHERE r.invitation_id = i.id)
      AND NOT EXISTS (SELECT FROM invitation_address a WHERE a.invitation_id = i.id AND a.email <> lower(for_email))
      AND NOT EXISTS (SELECT FROM ban b WHERE b.person_id = i.by_person)
$$;

-- owner: a used invitation cannot be revoked, whatever happens at the same time.
CREATE FUNCTION revoke_invitation(wanted uuid) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
BEGIN
    PERFORM FROM invitation WHERE id = wanted AND by_person = me() FOR UPDATE;
    IF NOT FOUND OR EXISTS (SELECT FROM invitation_use WHERE invitation_id = wanted) THEN
        RETURN false;
    END IF;
    INSERT INTO invitation_revocation (invitation_id, at) VALUES (wanted, present()) ON CONFLICT DO NOTHING;
    DELETE FROM invitation_address WHERE invitation_id = wanted;
    RETURN true;
END $$;

-- Who sees whom

-- policy: a coach's calendar is for the coach, their clients, admins and jobs.
CREATE FUNCTION sees_coach(wanted uuid) RETURNS boolean
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
BEGIN
    RETURN coalesce(me() = wanted, false) OR coalesce(i_am('admin'), false) OR i_am_a_job()
        OR EXISTS (SELECT FROM relationship r WHERE r.coach_id = wanted AND r.client_id = me() AND r.is_current);
END $$;

-- Lunch

-- trigger: a new lunch is Proposed.
CREATE FUNCTION begin_event_at_the_start() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    RAISE EXCEPTION USING ERRCODE = 'check_violation', CONSTRAINT = 'event_state_allows_it',
        MESSAGE = 'a new event is Proposed';
END $$;
CREATE TRIGGER event_begins_proposed BEFORE INSERT ON event FOR EACH ROW WHEN ((new.status <> 'Proposed')) EXECUTE FUNCTION begin_event_at_the_start();

-- trigger: a lunch goes from state to state only as the table of states says.
CREATE FUNCTION hold_event_to_its_states() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    IF (OLD.status, NEW.status) NOT IN (
        ('Proposed', 'Confirmed'), ('Proposed', 'Rejected'), ('Proposed', 'Canceled'),
        ('Confirmed', 'Proposed'), ('Confirmed', 'Canceled'), ('Confirmed', 'Awaiting Evaluation'),
        ('Awaiting Evaluation', 'Done'))
       AND NOT ((OLD.status, NEW.status) = ('Confirmed', 'Done') AND NOT NEW.allow_evaluation) THEN
        RAISE EXCEPTION USING ERRCODE = 'check_violation', CONSTRAINT = 'event_state_allows_it',
            MESSAGE = format('an event cannot go from %s to %s', OLD.status, NEW.status);
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER event_state_allows_it BEFORE UPDATE OF status ON event FOR EACH ROW WHEN ((old.status IS DISTINCT FROM new.status)) EXECUTE FUNCTION hold_event_to_its_states();

-- trigger: every change counts, so that calendar programs see which of two versions is newer.
CREATE FUNCTION count_revision() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    NEW.revision := OLD.revision + 1;
    RETURN NEW;
END $$;
CREATE TRIGGER event_counts_its_revisions BEFORE UPDATE ON event FOR EACH ROW WHEN (((((old.status IS DISTINCT FROM new.status) OR (old.during IS DISTINCT FROM new.during)) OR (old.title IS DISTINCT FROM new.title)) OR (old.location_id IS DISTINCT FROM new.location_id))) EXECUTE FUNCTION count_revision();

-- trigger: a lunch that is called off frees everybody.
CREATE FUNCTION free_people_of_event() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
BEGIN
    DELETE FROM commitment WHERE event_id = NEW.id;
    RETURN NULL;
END $$;
CREATE TRIGGER event_frees_its_people AFTER UPDATE OF status ON event FOR EACH ROW WHEN ((new.status = ANY (ARRAY['Rejected', 'Canceled']))) EXECUTE FUNCTION free_people_of_event();

-- trigger: whoever leaves a lunch is free again.
CREATE FUNCTION free_person() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
BEGIN
    DELETE FROM commitment WHERE event_id = NEW.event_id AND person_id = NEW.person_id;
    RETURN NULL;
END $$;
CREATE TRIGGER attendance_frees_its_person AFTER UPDATE OF response ON attendance FOR EACH ROW WHEN (((old.response = 'approved') AND (new.response <> 'approved'))) EXECUTE FUNCTION free_person();

-- trigger: whoever approved is taken for that time, or the transaction fails.
CREATE FUNCTION hold_attendance_to_its_commitment() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
BEGIN
    IF NEW.person_id IN (SELECT c.person_id FROM commitment c WHERE c.event_id = NEW.event_id) THEN
        RETURN NULL;
    END IF;
    IF EXISTS (SELECT FROM attendance a JOIN event e ON e.id = a.event_id
               WHERE a.event_id = NEW.event_id AND a.person_id = NEW.person_id AND a.response = 'approved'
                 AND e.status NOT IN ('Rejected', 'Canceled')) THEN
        RAISE EXCEPTION USING ERRCODE = 'check_violation', CONSTRAINT = 'attendance_is_a_commitment',
            MESSAGE = 'who approved must be taken';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER attendance_is_a_commitment AFTER INSERT OR UPDATE OF response ON attendance DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN ((new.response = 'approved')) EXECUTE FUNCTION hold_attendance_to_its_commitment();

-- trigger: no more people approve than there are seats, two at once included.
CREATE FUNCTION keep_to_the_seats() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
BEGIN
    PERFORM (SELECT e.id FROM event e WHERE e.id = n.event_id FOR NO KEY UPDATE)
        FROM (SELECT DISTINCT event_id FROM approval WHERE response = 'approved' ORDER BY event_id) n;
    IF EXISTS (SELECT FROM (SELECT DISTINCT event_id FROM approval WHERE response = 'approved') n
               WHERE (SELECT count(*) FROM attendance a WHERE a.event_id = n.event_id AND a.response = 'approved')
                   > (SELECT e.max_attendees FROM event e WHERE e.id = n.event_id)) THEN
        RAISE EXCEPTION USING ERRCODE = 'check_violation', CONSTRAINT = 'event_has_a_seat', MESSAGE = 'all seats are taken';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER event_has_a_seat AFTER INSERT ON attendance REFERENCING NEW TABLE AS approval FOR EACH STATEMENT EXECUTE FUNCTION keep_to_the_seats();
CREATE TRIGGER event_has_a_seat_left AFTER UPDATE ON attendance REFERENCING NEW TABLE AS approval FOR EACH STATEMENT EXECUTE FUNCTION keep_to_the_seats();

-- lock: a round holds its people, and learns who of them was erased or banned since it was read.
CREATE FUNCTION hold_people(wanted uuid[]) RETURNS SETOF uuid
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
BEGIN
    PERFORM FROM account a JOIN unnest(wanted) w ON w = a.person_id ORDER BY a.person_id FOR KEY SHARE OF a;
    RETURN QUERY SELECT w FROM unnest(wanted) w
        WHERE NOT EXISTS (SELECT FROM account a WHERE a.person_id = w) OR EXISTS (SELECT FROM ban b WHERE b.person_id = w);
END $$;

-- trigger: who was erased or banned meanwhile takes no seat.
CREATE FUNCTION hold_seats_to_who_is_here() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
BEGIN
    IF EXISTS (SELECT FROM hold_people(ARRAY(SELECT person_id FROM seat WHERE response <> 'rejected'))) THEN
        RAISE EXCEPTION USING ERRCODE = 'check_violation', CONSTRAINT = 'attendance_is_of_somebody_who_is_here',
            MESSAGE = 'who is gone takes no seat';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER attendance_is_of_somebody_who_is_here AFTER INSERT ON attendance REFERENCING NEW TABLE AS seat FOR EACH STATEMENT EXECUTE FUNCTION hold_seats_to_who_is_here();

-- trigger: who was erased or banned meanwhile takes no time.
CREATE FUNCTION hold_time_to_who_is_here() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
BEGIN
    IF EXISTS (SELECT FROM hold_people(ARRAY(SELECT person_id FROM taken))) THEN
        RAISE EXCEPTION USING ERRCODE = 'check_violation', CONSTRAINT = 'commitment_is_of_somebody_who_is_here',
            MESSAGE = 'who is gone takes no time';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER commitment_is_of_somebody_who_is_here AFTER INSERT ON commitment REFERENCING NEW TABLE AS taken FOR EACH STATEMENT EXECUTE FUNCTION hold_time_to_who_is_here();

-- trigger: nobody joins a lunch that is called off or over.
CREATE FUNCTION keep_to_what_is_coming() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
BEGIN
    IF EXISTS (SELECT FROM approval n
               WHERE n.response = 'approved'
                 AND (SELECT e.status FROM event e WHERE e.id = n.event_id) NOT IN ('Proposed', 'Confirmed')) THEN
        RAISE EXCEPTION USING ERRCODE = 'check_violation', CONSTRAINT = 'event_state_allows_it',
            MESSAGE = 'nobody approves what is off or over';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER event_is_still_coming AFTER INSERT ON attendance REFERENCING NEW TABLE AS approval FOR EACH STATEMENT EXECUTE FUNCTION keep_to_what_is_coming();

-- trigger: nor approves one, when they had been asked to it.
CREATE FUNCTION keep_changes_to_what_is_coming() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
BEGIN
    IF EXISTS (SELECT FROM approval n JOIN before b USING (event_id, person_id) JOIN event e ON e.id = n.event_id
               WHERE n.response = 'approved' AND b.response <> 'approved'
                 AND e.status NOT IN ('Proposed', 'Confirmed')) THEN
        RAISE EXCEPTION USING ERRCODE = 'check_violation', CONSTRAINT = 'event_state_allows_it',
            MESSAGE = 'nobody approves what is off or over';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER event_is_still_coming_then AFTER UPDATE ON attendance REFERENCING OLD TABLE AS before NEW TABLE AS approval FOR EACH STATEMENT EXECUTE FUNCTION keep_changes_to_what_is_coming();

-- lock: whoever joins a public lunch holds its row, which a policy hides from their updates.
CREATE FUNCTION hold_events(wanted uuid[]) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
BEGIN
    PERFORM FROM account WHERE person_id = me() FOR KEY SHARE;
    PERFORM FROM event WHERE id = ANY(wanted) AND (i_am('admin') OR i_am_a_job() OR sees_event(id))
        ORDER BY id FOR NO KEY UPDATE;
END $$;

-- owner: whoever leaves a lunch has its round run again; only admins ask for others.
CREATE FUNCTION ask_for_round_again(lunch uuid, monday date, at timestamptz) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
BEGIN
    INSERT INTO asked_round (week, location_id, asked, again)
    SELECT monday, e.location_id, at, true FROM event e JOIN location l ON l.id = e.location_id
    WHERE e.id = lunch AND l.open AND (i_am('admin') OR i_am_a_job() OR sees_event(e.id))
    ON CONFLICT (week, location_id) DO UPDATE
    SET asked = greatest(asked_round.asked, excluded.asked), sent = '-infinity', again = true;
END $$;

-- owner: what a visitor reads of a public lunch, and nothing of its people.
CREATE FUNCTION public_event(wanted uuid) RETURNS TABLE(title text, starts timestamptz, timezone text, location text)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
BEGIN
    RETURN QUERY SELECT e.title, e.starts, l.timezone, l.name FROM event e JOIN location l ON l.id = e.location_id
    WHERE e.id = wanted AND e.public AND e.status IN ('Proposed', 'Confirmed') AND e.starts > present();
END $$;

-- trigger: a revision of a lunch notes its time, which calendars are told.
CREATE FUNCTION note_when_event_changed() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    IF TG_OP = 'INSERT' OR NEW.revision <> OLD.revision THEN
        NEW.changed := coalesce(nullif(current_setting('rendezvous.now', true), '')::timestamptz, NEW.changed);
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER event_notes_when_it_changed BEFORE INSERT OR UPDATE ON event FOR EACH ROW EXECUTE FUNCTION note_when_event_changed();

-- owner: another address of a location is a change of its lunches, which calendars must notice.
CREATE FUNCTION revise_events_at(place integer) RETURNS TABLE(event_id uuid)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
BEGIN
    IF i_am('admin') IS NOT TRUE THEN
        RAISE insufficient_privilege USING MESSAGE = 'only an admin changes a location';
    END IF;
    PERFORM FROM event e WHERE e.location_id = place AND e.status IN ('Proposed', 'Confirmed') AND e.starts > present()
        ORDER BY e.id FOR NO KEY UPDATE;
    RETURN QUERY UPDATE event e SET revision = e.revision + 1
        WHERE e.location_id = place AND e.status IN ('Proposed', 'Confirmed') AND e.starts > present() RETURNING e.id;
END $$;

-- trigger: titles and reasons that somebody wrote go with their account.
CREATE FUNCTION forget_what_they_wrote() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
BEGIN
    UPDATE event_cancellation SET reason = '' WHERE by_person = OLD.person_id;
    UPDATE event SET title = 'Lunch' WHERE creator = OLD.person_id;
    RETURN NULL;
END $$;
CREATE TRIGGER account_goes_with_what_they_wrote AFTER DELETE ON account FOR EACH ROW EXECUTE FUNCTION forget_what_they_wrote();

-- lock: withdrawing somebody waits for whatever else is done to them.
CREATE FUNCTION hold_person(person uuid) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
BEGIN
    IF person IS DISTINCT FROM me() AND i_am('admin') IS NOT TRUE THEN
        RAISE insufficient_privilege USING MESSAGE = 'only an admin withdraws somebody else';
    END IF;
    PERFORM FROM account WHERE person_id = person FOR UPDATE;
END $$;

-- owner: where somebody was left over, who may not read the round itself.
CREATE FUNCTION place_of_round(wanted uuid) RETURNS integer
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
    SELECT location_id FROM round WHERE id = wanted
$$;

-- Coaching

-- one trip: everything that slots are computed from, of one coach and one client.
CREATE FUNCTION coach_calendar(coach_slug text, client uuid, span tstzrange, moving uuid, hold text) RETURNS TABLE(id uuid, name text, timezone text, call_link text, client_slug text, client_name text, client_timezone text, rules jsonb, hours text, away_from timestamptz[], away_until timestamptz[], outside_from timestamptz[], outside_until timestamptz[], client_outside_from timestamptz[], client_outside_until timestamptz[], taken_from timestamptz[], taken_until timestamptz[], client_from timestamptz[], client_until timestamptz[], calls timestamptz[], banned boolean)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    SET plan_cache_mode TO 'force_generic_plan'
    AS $$
#variable_conflict use_variable
DECLARE looker uuid := me(); widely boolean := coalesce(i_am('admin'), false) OR i_am_a_job();
BEGIN
    SELECT p.id, p.name, p.timezone, coalesce(l.url, ''), k.slug, k.name, k.timezone,
           (SELECT coalesce(jsonb_object_agg(r.name, r.value ORDER BY r.scope), '{}')
            FROM rule r WHERE r.scope IN ('', p.id::text) AND r.name LIKE 'coaching.%')
    INTO id, name, timezone, call_link, client_slug, client_name, client_timezone, rules
    FROM person p
    JOIN person_role as_coach ON as_coach.person_id = p.id AND as_coach.role = 'coach'
    LEFT JOIN person k ON k.id = client
    LEFT JOIN call_link l ON l.coach_id = p.id
    WHERE p.slug = coach_slug
      AND (widely OR looker = p.id OR (looker = client AND EXISTS (
            SELECT FROM relationship r WHERE r.coach_id = p.id AND r.client_id = looker AND r.is_current)))
      AND (client IS NULL OR client = looker OR EXISTS (
            SELECT FROM relationship r WHERE r.coach_id = p.id AND r.client_id = client AND (r.is_current OR widely)));
    IF NOT FOUND THEN
        RETURN;
    END IF;
    IF hold = 'change' OR (hold = 'book' AND coalesce((rules -> 'coaching.buffer_minutes')::int, 0) > 0) THEN
        PERFORM lock_coach(id);
    ELSIF hold = 'book' THEN
        PERFORM share_coach(id);
    END IF;
    SELECT given.hours, closed.begins, closed.ends, elsewhere.begins, elsewhere.ends, client_elsewhere.begins, client_elsewhere.ends, of_coach.begins, of_coach.ends, of_client.begins, of_client.ends, counted.starts,
           EXISTS (SELECT FROM ban b WHERE b.person_id IN (id, client))
           OR NOT EXISTS (SELECT FROM person_role r WHERE r.person_id = id AND r.role = 'coach' AND r.active)
    INTO hours, away_from, away_until, outside_from, outside_until, client_outside_from, client_outside_until, taken_from, taken_until, client_from, client_until, calls, banned
    FROM (SELECT coalesce(json_agg(json_build_array(v.starts, v.ends, v.timezone, v.weekly,
                     CASE WHEN isfinite(v.until) THEN v.until::text END,
                     ARRAY(SELECT x.day FROM availability_exception x WHERE x.availability_id = v.id))
                     ORDER BY v.starts, v.id), '[]') AS hours
          FROM availability v
          WHERE v.person_id = id AND v.purpose = 'coaching'
            AND v.starts < upper(span)::date + 3 AND v.until >= lower(span)::date - 3) given,
         (SELECT array_agg(lower(d.during)) AS begins, array_agg(upper(d.during)) AS ends
          FROM day_away d WHERE d.person_id = id AND d.during && span) closed,
         (SELECT array_agg(lower(o.during)) AS begins, array_agg(upper(o.during)) AS ends
          FROM outside_busy o WHERE o.person_id = id AND o.during && span) elsewhere,
         (SELECT array_agg(lower(o.during)) AS begins, array_agg(upper(o.during)) AS ends
          FROM outside_busy o WHERE o.person_id = client AND o.during && span) client_elsewhere,
         (SELECT array_agg(lower(c.during)) AS begins, array_agg(upper(c.during)) AS ends
          FROM commitment c WHERE c.person_id = id AND c.during && span
            AND (moving IS NULL OR c.appointment_id IS DISTINCT FROM moving)) of_coach,
         (SELECT array_agg(lower(c.during)) AS begins, array_agg(upper(c.during)) AS ends
          FROM commitment c WHERE c.person_id = client AND c.during && span
            AND (moving IS NULL OR c.appointment_id IS DISTINCT FROM moving)) of_client,
         (SELECT array_agg(a.starts) AS starts FROM appointment a
          WHERE a.client_id = client AND a.booked_by = client AND (moving IS NULL OR a.id <> moving)
            AND a.starts > lower(span) - interval '32 days' AND a.starts < upper(span) + interval '32 days'
            AND (moving IS NULL OR EXISTS (SELECT FROM appointment m WHERE m.id = moving AND m.booked_by = client))
            AND NOT EXISTS (SELECT FROM cancellation x WHERE x.appointment_id = a.id)
            AND NOT EXISTS (SELECT FROM no_show n WHERE n.appointment_id = a.id AND NOT n.counts)) counted;
    RETURN NEXT;
END $$;

-- owner: when a coach is taken, and nothing of with whom; row-level security would take the index away.
CREATE FUNCTION busy(coach uuid, span tstzrange) RETURNS SETOF tstzrange
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    SET plan_cache_mode TO 'force_generic_plan'
    AS $$
BEGIN
    IF sees_coach(coach) THEN
        RETURN QUERY SELECT c.during FROM commitment c WHERE c.person_id = coach AND c.during && span ORDER BY c.during;
    END IF;
END $$;

-- owner: books one call or a series for both people, all or none, and says why not.
CREATE FUNCTION book_calls(ids uuid[], coach uuid, client uuid, wanted tstzrange[], months tstzrange[], most integer, events jsonb[]) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    SET plan_cache_mode TO 'force_generic_plan'
    AS $$
DECLARE bond uuid; booked integer; by_client boolean := me() = client;
BEGIN
    IF me() IS NULL OR me() NOT IN (coach, client) THEN
        RETURN 'no_relationship';
    END IF;
    SELECT r.id INTO bond FROM relationship r WHERE r.coach_id = coach AND r.client_id = client AND r.is_current;
    IF NOT FOUND THEN
        RETURN 'no_relationship';
    END IF;
    -- What is taken is refused before anything is locked or written: such a transaction waits for no disk.
    IF EXISTS (SELECT FROM unnest(wanted) w CROSS JOIN LATERAL (
            SELECT FROM commitment c WHERE c.person_id = coach AND c.during && w LIMIT 1) c) THEN
        RETURN 'taken';
    END IF;
    IF EXISTS (SELECT FROM unnest(wanted) w CROSS JOIN LATERAL (
            SELECT FROM commitment c WHERE c.person_id = client AND c.during && w LIMIT 1) c) THEN
        RETURN 'client_taken';
    END IF;
    PERFORM FROM relationship r WHERE r.id = bond AND r.is_current FOR NO KEY UPDATE;
    IF NOT FOUND OR EXISTS (SELECT FROM ban b WHERE b.person_id IN (coach, client)) THEN
        RETURN 'no_relationship';
    END IF;
    IF by_client AND EXISTS (SELECT FROM unnest(months) m WHERE calls_in(m, client, NULL) >= most) THEN
        RETURN 'month_is_full';
    END IF;
    WITH call AS (SELECT * FROM unnest(ids, wanted, events) AS c (id, during, event)),
    taken AS (
        INSERT INTO commitment (person_id, during, appointment_id)
        SELECT p.id, c.during, c.id FROM call c CROSS JOIN unnest(ARRAY[coach, client]) AS p (id)
        ORDER BY p.id, c.during ON CONFLICT DO NOTHING RETURNING appointment_id),
    made AS (
        INSERT INTO appointment (id, relationship_id, coach_id, client_id, during, booked, booked_by, changed)
        SELECT c.id, bond, coach, client, c.during, present(), me(), present() FROM call c
        WHERE (SELECT count(*) FROM taken) = 2 * cardinality(ids) RETURNING id),
    told AS (
        INSERT INTO outbox (topic, key, event)
        SELECT 'Appointments_All', c.id::text, c.event FROM call c
        WHERE (SELECT count(*) FROM taken) = 2 * cardinality(ids))
    SELECT count(*) INTO booked FROM made;
    IF booked < cardinality(ids) THEN
        DELETE FROM commitment WHERE appointment_id = ANY (ids);
        RETURN 'taken';
    END IF;
    RETURN 'booked';
END $$;

-- owner: moves a call if nobody has changed it since.
CREATE FUNCTION move_call(call uuid, expected integer, wanted tstzrange, month tstzrange, most integer, most_moves integer, movable_from timestamptz, event jsonb) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
DECLARE a appointment; by_client boolean;
BEGIN
    SELECT * INTO a FROM appointment WHERE id = call;
    IF NOT FOUND OR me() IS NULL OR me() NOT IN (a.coach_id, a.client_id) THEN
        RETURN 'not_there';
    END IF;
    PERFORM lock_coach(a.coach_id);
    PERFORM FROM relationship r WHERE r.coach_id = a.coach_id AND r.client_id = a.client_id AND r.is_current
        FOR NO KEY UPDATE;
    IF NOT FOUND OR EXISTS (SELECT FROM ban b WHERE b.person_id IN (a.coach_id, a.client_id)) THEN
        RETURN 'no_relationship';
    END IF;
    SELECT * INTO a FROM appointment WHERE id = call FOR UPDATE;
    by_client := me() = a.client_id;
    IF EXISTS (SELECT FROM cancellation x WHERE x.appointment_id = call) THEN
        RETURN 'cancelled';
    ELSIF a.version <> expected THEN
        RETURN 'stale';
    ELSIF a.starts <= present() THEN
        RETURN 'begun';
    ELSIF by_client AND a.starts < movable_from THEN
        RETURN 'too_late';
    ELSIF by_client AND (SELECT count(*) FROM appointment_change c
                         WHERE c.appointment_id = call AND c.moved_by = a.client_id) >= most_moves THEN
        RETURN 'moved_enough';
    ELSIF by_client AND a.booked_by = a.client_id AND calls_in(month, a.client_id, call) >= most THEN
        RETURN 'month_is_full';
    ELSIF EXISTS (SELECT FROM commitment c WHERE c.person_id = a.coach_id AND c.during && wanted
                  AND c.appointment_id IS DISTINCT FROM call) THEN
        RETURN 'taken';
    ELSIF EXISTS (SELECT FROM commitment c WHERE c.person_id = a.client_id AND c.during && wanted
                  AND c.appointment_id IS DISTINCT FROM call) THEN
        RETURN 'client_taken';
    END IF;
    UPDATE appointment SET during = wanted, version = version + 1, changed = present() WHERE id = call;
    INSERT INTO appointment_change (appointment_id, version, before, after, moved_by, at)
    VALUES (call, a.version + 1, a.during, wanted, me(), present());
    INSERT INTO outbox (topic, key, event) VALUES ('Appointments_All', call::text, event);
    RETURN 'moved';
END $$;

-- owner: an admin gives a call to the coach whom its client has now; nobody may write calls.
CREATE FUNCTION hand_over_call(call uuid, expected integer, to_coach uuid, event jsonb) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
DECLARE a appointment; bond uuid;
BEGIN
    SELECT * INTO a FROM appointment WHERE id = call FOR UPDATE;
    IF NOT FOUND OR i_am('admin') IS NOT TRUE THEN
        RETURN 'not_there';
    ELSIF EXISTS (SELECT FROM cancellation x WHERE x.appointment_id = call) THEN
        RETURN 'cancelled';
    ELSIF a.version <> expected THEN
        RETURN 'stale';
    ELSIF a.starts <= present() THEN
        RETURN 'begun';
    END IF;
    SELECT r.id INTO bond FROM relationship r WHERE r.coach_id = to_coach AND r.client_id = a.client_id AND r.is_current;
    IF NOT FOUND THEN
        RETURN 'no_relationship';
    END IF;
    INSERT INTO commitment (person_id, during, appointment_id) VALUES (to_coach, a.during, call) ON CONFLICT DO NOTHING;
    IF NOT FOUND THEN
        RETURN 'taken';
    END IF;
    DELETE FROM commitment WHERE appointment_id = call AND person_id = a.coach_id;
    UPDATE appointment SET relationship_id = bond, coach_id = to_coach, version = version + 1, changed = present(),
        booked_by = CASE WHEN booked_by = a.coach_id THEN to_coach ELSE booked_by END WHERE id = call;
    INSERT INTO outbox (topic, key, event) VALUES ('Appointments_All', call::text, event);
    RETURN 'handed_over';
END $$;

-- owner: cancels a call if nobody has changed it since.
CREATE FUNCTION cancel_call(call uuid, expected integer, cancellable_from timestamptz, why text, event jsonb) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
DECLARE a appointment;
BEGIN
    SELECT * INTO a FROM appointment WHERE id = call FOR UPDATE;
    IF NOT FOUND OR me() IS NULL OR me() NOT IN (a.coach_id, a.client_id) THEN
        RETURN 'not_there';
    ELSIF EXISTS (SELECT FROM cancellation x WHERE x.appointment_id = call) THEN
        RETURN 'cancelled';
    ELSIF a.version <> expected THEN
        RETURN 'stale';
    ELSIF a.starts <= present() THEN
        RETURN 'begun';
    ELSIF me() = a.client_id AND a.starts < cancellable_from
          AND NOT (a.version = 1 AND a.booked_by = me() AND a.booked > present() - interval '1 minute') THEN
        RETURN 'too_late';
    END IF;
    INSERT INTO cancellation (appointment_id, at, cancelled_by, reason) VALUES (call, present(), me(), why);
    INSERT INTO outbox (topic, key, event) VALUES ('Appointments_All', call::text, event);
    RETURN 'cancelled_now';
END $$;

-- owner: cancels what a ban, an erasure, a day away or an end of coaching makes void.
CREATE FUNCTION cancel_coming_calls(of_coach uuid, of_client uuid, span tstzrange, why text) RETURNS TABLE(id uuid, coach_id uuid, client_id uuid, starts timestamptz, ends timestamptz, version integer)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
BEGIN
    IF NOT (coalesce(i_am('admin'), false) OR i_am_a_job() OR me() IN (of_coach, of_client)) IS TRUE THEN
        RETURN;
    END IF;
    -- Whoever books just now is waited for, in one order everywhere, and whoever comes later sees what we did.
    PERFORM lock_coach(c.coach) FROM (
        SELECT of_coach AS coach WHERE of_coach IS NOT NULL
        UNION SELECT r.coach_id FROM relationship r WHERE of_coach IS NULL AND r.client_id = of_client
        ORDER BY coach) c;
    RETURN QUERY
    WITH coming AS (
        SELECT a.* FROM appointment a
        WHERE (of_coach IS NULL OR a.coach_id = of_coach) AND (of_client IS NULL OR a.client_id = of_client)
          AND num_nonnulls(of_coach, of_client) > 0
          AND a.starts > present() AND a.during && span
          AND NOT EXISTS (SELECT FROM cancellation x WHERE x.appointment_id = a.id)
        ORDER BY a.id FOR UPDATE),
    gone AS (
        INSERT INTO cancellation (appointment_id, at, cancelled_by, reason)
        SELECT c.id, present(), coalesce(me(), of_coach, of_client), why FROM coming c
        ON CONFLICT DO NOTHING RETURNING appointment_id)
    SELECT c.id, c.coach_id, c.client_id, c.starts, c.ends, c.version
    FROM coming c JOIN gone g ON g.appointment_id = c.id ORDER BY c.starts;
END $$;

-- owner: another link is another version of every call to come, which calendars must notice; names them.
CREATE FUNCTION change_call_link(wanted text) RETURNS TABLE(id uuid, client_id uuid, starts timestamptz, ends timestamptz)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
DECLARE coach uuid := me();
BEGIN
    IF i_am('coach') IS NOT TRUE THEN
        RAISE insufficient_privilege USING MESSAGE = 'only a coach has a call link';
    END IF;
    PERFORM lock_coach(coach);
    IF wanted = coalesce((SELECT l.url FROM call_link l WHERE l.coach_id = coach), '') THEN
        RETURN;
    END IF;
    DELETE FROM call_link l WHERE l.coach_id = coach;
    INSERT INTO call_link (coach_id, url) SELECT coach, wanted WHERE wanted <> '';
    PERFORM FROM appointment a WHERE a.coach_id = coach AND a.starts > present() ORDER BY a.id FOR UPDATE;
    RETURN QUERY UPDATE appointment a SET version = a.version + 1, changed = present()
        WHERE a.coach_id = coach AND a.starts > present()
          AND NOT EXISTS (SELECT FROM cancellation x WHERE x.appointment_id = a.id)
        RETURNING a.id, a.client_id, a.starts, a.ends;
END $$;

-- one trip: how many calls a client has booked in a month, asked by the two functions above that book.
CREATE FUNCTION calls_in(month tstzrange, of_client uuid, besides uuid) RETURNS bigint
    LANGUAGE plpgsql STABLE
    AS $$
BEGIN
    RETURN (SELECT count(*) FROM appointment a
        WHERE a.client_id = of_client AND a.booked_by = of_client AND a.starts >= lower(month) AND a.starts < upper(month)
          AND (besides IS NULL OR a.id <> besides) AND NOT EXISTS (SELECT FROM cancellation x WHERE x.appointment_id = a.id)
          AND NOT EXISTS (SELECT FROM no_show n WHERE n.appointment_id = a.id AND NOT n.counts));
END $$;

-- owner: ends somebody's relationships, as coach and as client.
CREATE FUNCTION leave_coaching(person uuid) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
BEGIN
    IF (coalesce(i_am('admin'), false) OR i_am_a_job() OR me() = person) IS TRUE THEN
        PERFORM lock_coach(r.coach_id) FROM (SELECT DISTINCT coach_id FROM relationship
            WHERE is_current AND person IN (coach_id, client_id) ORDER BY coach_id) r;
        UPDATE relationship SET ended = greatest(begun, present())
        WHERE is_current AND person IN (coach_id, client_id);
        DELETE FROM call_link WHERE coach_id = person;
        DELETE FROM block WHERE person_id = person;
        DELETE FROM day_away WHERE person_id = person;
        DELETE FROM waiting WHERE person IN (client_id, coach_id);
        DELETE FROM rule WHERE scope = person::text;
        DELETE FROM no_show n USING appointment a WHERE a.id = n.appointment_id AND person IN (a.coach_id, a.client_id);
        UPDATE cancellation SET reason = '' WHERE cancelled_by = person AND reason <> '';
    END IF;
END $$;

-- lock: whoever changes a coach's hours waits for bookings in progress, and the other way round.
CREATE FUNCTION lock_coach(coach uuid) RETURNS void
    LANGUAGE sql
    AS $$ SELECT pg_advisory_xact_lock(hashtextextended(coach::text, 3)) $$;

-- lock: those who book with a coach do not wait for each other.
CREATE FUNCTION share_coach(coach uuid) RETURNS void
    LANGUAGE sql
    AS $$ SELECT pg_advisory_xact_lock_shared(hashtextextended(coach::text, 3)) $$;

-- trigger: no change of office hours is made past that lock.
CREATE FUNCTION lock_whose_hours_change() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
BEGIN
    IF TG_OP <> 'INSERT' AND OLD.purpose = 'coaching' THEN
        PERFORM lock_coach(OLD.person_id);
    END IF;
    IF TG_OP = 'INSERT' AND NEW.purpose = 'coaching' THEN
        PERFORM lock_coach(NEW.person_id);
    END IF;
    RETURN coalesce(NEW, OLD);
END $$;
CREATE TRIGGER availability_locks_its_coach BEFORE INSERT OR DELETE OR UPDATE ON availability FOR EACH ROW EXECUTE FUNCTION lock_whose_hours_change();

-- trigger: nor one of their exceptions.
CREATE FUNCTION lock_whose_exceptions_change() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
BEGIN
    PERFORM lock_coach(a.person_id) FROM availability a
    WHERE a.id = coalesce(NEW.availability_id, OLD.availability_id) AND a.purpose = 'coaching';
    RETURN coalesce(NEW, OLD);
END $$;
CREATE TRIGGER exception_locks_its_coach BEFORE INSERT OR DELETE OR UPDATE ON availability_exception FOR EACH ROW EXECUTE FUNCTION lock_whose_exceptions_change();

-- trigger: who waits for an earlier time waits for one of the coach they have now.
CREATE FUNCTION take_the_wish_along() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
BEGIN
    UPDATE waiting w SET coach_id = NEW.coach_id, known = '{}'
    WHERE w.client_id = NEW.client_id
      AND NOT EXISTS (SELECT FROM waiting o WHERE o.client_id = NEW.client_id AND o.coach_id = NEW.coach_id);
    RETURN NULL;
END $$;
CREATE TRIGGER relationship_takes_the_wish_along AFTER INSERT ON relationship FOR EACH ROW EXECUTE FUNCTION take_the_wish_along();

-- trigger: nor a day away.
CREATE FUNCTION lock_who_is_away() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
BEGIN
    PERFORM lock_coach(coalesce(NEW.person_id, OLD.person_id));
    RETURN coalesce(NEW, OLD);
END $$;
CREATE TRIGGER day_away_locks_its_coach BEFORE INSERT OR DELETE OR UPDATE ON day_away FOR EACH ROW EXECUTE FUNCTION lock_who_is_away();

-- trigger: time that a coach blocks is taken, like a call.
CREATE FUNCTION take_blocked_time() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
BEGIN
    PERFORM lock_coach(NEW.person_id);
    INSERT INTO commitment (person_id, during, block_id) VALUES (NEW.person_id, NEW.during, NEW.id);
    RETURN NULL;
END $$;
CREATE TRIGGER block_takes_its_time AFTER INSERT ON block FOR EACH ROW EXECUTE FUNCTION take_blocked_time();

-- trigger: a cancelled call frees both.
CREATE FUNCTION free_people_of_call() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
BEGIN
    DELETE FROM commitment WHERE appointment_id = NEW.appointment_id;
    RETURN NULL;
END $$;
CREATE TRIGGER cancellation_frees_its_people AFTER INSERT ON cancellation FOR EACH ROW EXECUTE FUNCTION free_people_of_call();

-- What admins see

-- owner: somebody's hours, for admins who find out why that person is left over.
CREATE FUNCTION hours_of_person(wanted uuid) RETURNS TABLE(id uuid, purpose text, starts timestamp without time zone, ends timestamp without time zone, timezone text, weekly boolean, until date, exceptions date[])
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
    SELECT a.id, a.purpose, a.starts, a.ends, a.timezone, a.weekly, a.until,
           ARRAY(SELECT x.day FROM availability_exception x WHERE x.availability_id = a.id)
    FROM availability a WHERE a.person_id = wanted AND i_am('admin') ORDER BY a.starts, a.id
$$;

-- owner: somebody's calls to come, for admins.
CREATE FUNCTION calls_of_person(wanted uuid, since timestamptz, most integer) RETURNS TABLE(id uuid, starts timestamptz, ends timestamptz, other uuid, other_name text, coaches boolean)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
    SELECT a.id, a.starts, a.ends, p.id, p.name, a.coach_id = wanted
    FROM appointment a JOIN person p ON p.id = CASE WHEN a.coach_id = wanted THEN a.client_id ELSE a.coach_id END
    WHERE wanted IN (a.coach_id, a.client_id) AND a.starts > since AND i_am('admin')
      AND NOT EXISTS (SELECT FROM cancellation x WHERE x.appointment_id = a.id)
    ORDER BY a.starts, a.id LIMIT most
$$;

-- owner: of each coach the minutes given and booked, for admins.
CREATE FUNCTION use_of_office_hours(first date, last date) RETURNS TABLE(coach uuid, name text, given bigint, booked bigint)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
    SELECT r.person_id, p.name,
           coalesce((SELECT sum(extract(epoch FROM a.ends - a.starts) / 60)
                     FROM availability a CROSS JOIN LATERAL generate_series(
                          a.starts::date + greatest(0, (first - a.starts::date + 6) / 7) * 7,
                          least(a.until, last), CASE WHEN a.weekly THEN '7 days' ELSE '1000 years' END::interval) AS on_day
                     WHERE a.person_id = r.person_id AND a.purpose = 'coaching' AND on_day::date BETWEEN first AND last
                       AND (a.weekly OR on_day::date = a.starts::date)
                       AND NOT EXISTS (SELECT FROM availability_exception x
                                       WHERE x.availability_id = a.id AND x.day = on_day::date)), 0)::bigint,
           coalesce((SELECT sum(extract(epoch FROM a.ends - a.starts) / 60) FROM appointment a
                     WHERE a.coach_id = r.person_id AND (a.starts AT TIME ZONE p.timezone)::date BETWEEN first AND last
                       AND NOT EXISTS (SELECT FROM cancellation x WHERE x.appointment_id = a.id)), 0)::bigint
    FROM person_role r JOIN person p ON p.id = r.person_id
    WHERE r.role = 'coach' AND r.active AND i_am('admin') ORDER BY lower(p.name), p.id
$$;

-- Messages

-- owner: how many messages wait for Kafka, for admins, who may not read the messages.
CREATE FUNCTION waiting_messages() RETURNS TABLE(topic text, count bigint, oldest timestamptz)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
    SELECT topic, count(*), min((event ->> 'time')::timestamptz) FROM outbox
    WHERE published IS NULL AND i_am('admin') GROUP BY topic ORDER BY topic
$$;

-- owner: when one last left.
CREATE FUNCTION last_published() RETURNS timestamptz
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
    SELECT max(published) FROM outbox WHERE published IS NOT NULL AND i_am('admin')
$$;

-- one trip: the newest mail that somebody waits for, else the oldest; by its index, even if it was planned while there were none.
CREATE FUNCTION claim_mail(at timestamptz, taken uuid[], crowded boolean) RETURNS TABLE(id bigint, message uuid, recipient uuid, kind text, about jsonb, written timestamptz, due timestamptz, attempts integer)
    LANGUAGE plpgsql
    SET enable_seqscan TO 'off'
    SET enable_bitmapscan TO 'off'
    SET enable_sort TO 'off'
    AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY SELECT m.id, m.message, m.recipient, m.kind, m.about, m.written, m.due, m.attempts FROM mail m
        WHERE m.state = 'waiting' AND m.urgent AND m.due <= at AND m.recipient <> ALL (taken) AND (m.attempts = 0 OR NOT crowded)
        ORDER BY m.due DESC LIMIT 1 FOR UPDATE SKIP LOCKED;
    IF NOT FOUND THEN
        RETURN QUERY SELECT m.id, m.message, m.recipient, m.kind, m.about, m.written, m.due, m.attempts FROM mail m
            WHERE m.state = 'waiting' AND NOT m.urgent AND m.due <= at AND m.recipient <> ALL (taken)
              AND (m.attempts = 0 OR NOT crowded)
            ORDER BY m.due LIMIT 1 FOR UPDATE SKIP LOCKED;
    END IF;
END $$;

-- trigger: who is gone is not written to.
CREATE FUNCTION forget_mails() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
BEGIN
    DELETE FROM mail WHERE id IN (SELECT m.id FROM mail m WHERE m.recipient = OLD.person_id FOR UPDATE SKIP LOCKED);
    RETURN NULL;
END $$;
CREATE TRIGGER who_is_gone_gets_no_mail AFTER DELETE ON account FOR EACH ROW EXECUTE FUNCTION forget_mails();

-- trigger: what the former address refused says nothing of a confirmed one.
CREATE FUNCTION forget_refused_mails() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
BEGIN
    DELETE FROM mail WHERE recipient = NEW.person_id AND state <> 'waiting';
    RETURN NULL;
END $$;
CREATE TRIGGER confirmed_address_forgets_what_was_refused AFTER UPDATE OF email, email_confirmed ON account FOR EACH ROW WHEN (new.email_confirmed) EXECUTE FUNCTION forget_refused_mails();

-- Live updates

-- owner: a socket comes with a ticket and no session; it takes over the ticket's.
CREATE FUNCTION open_socket(ticket_hash bytea, wanted text, at timestamptz) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
DECLARE
    whose uuid;
    by_session uuid;
BEGIN
    DELETE FROM ticket t USING session s
    WHERE t.token_hash = ticket_hash AND t.expires > at AND s.id = t.session_id AND s.expires > at
      AND NOT EXISTS (SELECT FROM ban b WHERE b.person_id = s.person_id)
    RETURNING s.person_id, s.id INTO whose, by_session;
    IF whose IS NULL THEN
        RETURN false;
    END IF;
    INSERT INTO socket (connection, session_id, opened) VALUES (wanted, by_session, at);
    INSERT INTO socket_location (connection, location_id)
    SELECT wanted, location_id FROM person_location WHERE person_id = whose
    UNION
    SELECT wanted, e.location_id FROM attendance a JOIN event e ON e.id = a.event_id
    WHERE a.person_id = whose AND e.ends > at;
    RETURN true;
END $$;

-- owner: a socket that is closed is forgotten, whosever it was.
CREATE FUNCTION close_socket(closed text) RETURNS void
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
    DELETE FROM socket WHERE connection = closed
$$;

-- owner: admins see where records lie that no consumer could deal with, and nothing else of the outbox.
CREATE FUNCTION dead_letters(most integer) RETURNS TABLE(at timestamptz, consumer text, topic text, partition integer, "offset" bigint, type text, error text)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
    SELECT (event ->> 'time')::timestamptz, event #>> '{data,consumer}', event #>> '{data,topic}',
           (event #>> '{data,partition}')::integer, (event #>> '{data,offset}')::bigint,
           event #>> '{data,type}', event #>> '{data,error}'
    FROM outbox WHERE topic = 'Dead_Letters' AND i_am('admin') ORDER BY id DESC LIMIT most
$$;

-- ---------------------------------------------------------------------------------------------------------------------
-- Grants
-- Beside what the default privileges at the top give.
-- ---------------------------------------------------------------------------------------------------------------------

REVOKE USAGE ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO rendezvous_app;
GRANT USAGE ON SCHEMA public TO rendezvous_job;

GRANT SELECT (person_id, username, email, email_confirmed) ON account TO rendezvous_app;
GRANT SELECT, INSERT ON address_change TO rendezvous_app;
GRANT INSERT, DELETE, SELECT (id, person_id, name, scope, made, expires, used) ON api_token TO rendezvous_app;
GRANT SELECT ON appointment TO rendezvous_app;
GRANT SELECT ON appointment_change TO rendezvous_app;
GRANT SELECT, INSERT, DELETE, UPDATE (asked, sent) ON asked_round TO rendezvous_app;
GRANT SELECT, INSERT, UPDATE (response, reviewed) ON attendance TO rendezvous_app;
GRANT SELECT, INSERT ON audit TO rendezvous_app;
GRANT SELECT, INSERT, DELETE, UPDATE ON availability TO rendezvous_app;
GRANT SELECT, INSERT, DELETE ON availability_exception TO rendezvous_app;
GRANT SELECT, INSERT, DELETE, UPDATE ON ban TO rendezvous_app;
GRANT SELECT, INSERT ON batch_invitation TO rendezvous_app;
GRANT SELECT, INSERT ON batch_report TO rendezvous_app;
GRANT SELECT, INSERT, DELETE ON block TO rendezvous_app;
GRANT SELECT ON call_link TO rendezvous_app;
GRANT SELECT ON cancellation TO rendezvous_app;
GRANT SELECT, INSERT ON commitment TO rendezvous_app;
GRANT SELECT, INSERT, DELETE ON day_away TO rendezvous_app;
GRANT SELECT, INSERT, UPDATE (status) ON event TO rendezvous_app;
GRANT SELECT, INSERT ON event_cancellation TO rendezvous_app;
GRANT SELECT, INSERT ON event_food TO rendezvous_app;
GRANT INSERT ON event_reminder TO rendezvous_app;
GRANT DELETE, SELECT (person_id, made) ON feed TO rendezvous_app;
GRANT SELECT, INSERT, UPDATE (seal_key, sealed) ON filter_chunk TO rendezvous_app;
GRANT SELECT, INSERT, DELETE, UPDATE ON food_type TO rendezvous_app;
GRANT SELECT ON former_address TO rendezvous_app;
GRANT SELECT, INSERT ON idempotency TO rendezvous_app;
GRANT INSERT, SELECT (id, by_person, role, made, expires) ON invitation TO rendezvous_app;
GRANT SELECT, INSERT ON invitation_address TO rendezvous_app;
GRANT SELECT, INSERT ON invitation_batch TO rendezvous_app;
GRANT INSERT ON invitation_mail TO rendezvous_app;
GRANT SELECT ON invitation_revocation TO rendezvous_app;
GRANT SELECT ON invitation_use TO rendezvous_app;
GRANT SELECT ON left_over TO rendezvous_app;
GRANT SELECT, INSERT, DELETE, UPDATE ON location TO rendezvous_app;
GRANT SELECT, INSERT, DELETE, UPDATE ON location_food TO rendezvous_app;
GRANT SELECT, INSERT, DELETE ON location_near TO rendezvous_app;
GRANT SELECT ON mail TO rendezvous_app;
GRANT SELECT, INSERT, DELETE ON mail_refusal TO rendezvous_app;
GRANT SELECT, INSERT, DELETE ON no_show TO rendezvous_app;
GRANT INSERT ON outbox TO rendezvous_app;
GRANT SELECT ON outside_busy TO rendezvous_app;
GRANT DELETE, SELECT(id), INSERT(id), SELECT(person_id), INSERT(person_id), SELECT(number), INSERT(number), SELECT(host), INSERT(host), SELECT(added), INSERT(added), SELECT(due), INSERT(due), INSERT (url), SELECT (read, failures, problem, lost) ON outside_calendar TO rendezvous_app;
GRANT SELECT (person_id, asked) ON password_reset TO rendezvous_app;
GRANT SELECT, INSERT, DELETE, UPDATE ON pause TO rendezvous_app;
GRANT SELECT, UPDATE (name, timezone) ON person TO rendezvous_app;
GRANT SELECT, INSERT, DELETE, UPDATE ON person_location TO rendezvous_app;
GRANT SELECT, INSERT, UPDATE ON person_role TO rendezvous_app;
GRANT SELECT, INSERT, DELETE, UPDATE ON pressed_form TO rendezvous_app;
GRANT SELECT (person_id) ON recovery_code TO rendezvous_app;
GRANT SELECT, INSERT, DELETE, UPDATE ON refusal TO rendezvous_app;
GRANT SELECT, INSERT, UPDATE (ended) ON relationship TO rendezvous_app;
GRANT SELECT, INSERT ON review TO rendezvous_app;
GRANT SELECT ON round TO rendezvous_app;
GRANT SELECT ON round_hour TO rendezvous_app;
GRANT SELECT, INSERT, DELETE, UPDATE ON rule TO rendezvous_app;
GRANT SELECT, INSERT ON rule_change TO rendezvous_app;
GRANT SELECT (person_id, id, since, active) ON second_factor TO rendezvous_app;
GRANT SELECT, INSERT ON series_call TO rendezvous_app;
GRANT DELETE, SELECT (id, person_id, opened, expires, proved) ON session TO rendezvous_app;
GRANT SELECT, UPDATE (answered) ON silence TO rendezvous_app;
GRANT SELECT, DELETE ON suggested_food TO rendezvous_app;
GRANT SELECT, DELETE ON suggested_hour TO rendezvous_app;
GRANT SELECT, DELETE ON suggested_place TO rendezvous_app;
GRANT SELECT, DELETE ON suggested_return TO rendezvous_app;
GRANT INSERT ON ticket TO rendezvous_app;
GRANT SELECT, INSERT, DELETE ON waiting TO rendezvous_app;

GRANT EXECUTE ON FUNCTION
    account_of_reset, ask_for_round_again, ask_reset, book_calls, busy, calls_of_person, cancel_call,
    cancel_coming_calls, change_call_link, change_password, close_sessions, close_socket, coach_calendar,
    confirm_address, dead_letters, digest_of_my_invitation, end_sessions_of, enrol, enter, enter_feed,
    erase, hand_over_call, hold_events, hold_password, hold_person, hours_of_person, i_am, i_am_a_job,
    is_asked_to, is_done, last_published, leave_coaching, live_invitation, lock_coach, login_of, me,
    move_call, my_password, offer_second_factor, open_feed, open_session, open_socket, place_of_round,
    present, prove_session, public_event, refuse_mail, remove_second_factor_of, reset_password,
    revise_events_at, revoke_invitation, sees_coach, sees_event, sees_person, share_coach,
    shares_calls_with, switch_off_second_factor, switch_on_second_factor, take_recovery_code, take_step,
    takes_mail_at, tally, use_of_office_hours, waiting_messages
    TO rendezvous_app;
