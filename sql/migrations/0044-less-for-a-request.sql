-- What a request costs the database: who is there by one query, and settings without one (an assignment of plpgsql asks
-- nobody); whether there is a form's press to be forgotten; and a month's calls by a plan that is kept.
-- depends: 0041-admins-see-hours-and-calls

SET LOCAL lock_timeout = '5s';

DROP FUNCTION enter(bytea, timestamptz, boolean);
CREATE FUNCTION enter(token bytea, at timestamptz, bearer boolean DEFAULT false)
RETURNS TABLE (person_id uuid, session_id uuid, name text, timezone text, roles text[], banned boolean, scope text,
               second_factor boolean, proved timestamptz, pressed boolean)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
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
GRANT EXECUTE ON FUNCTION enter TO rendezvous_app;

CREATE OR REPLACE FUNCTION calls_in(month tstzrange, of_client uuid, besides uuid) RETURNS bigint
LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN (SELECT count(*) FROM appointment a
        WHERE a.client_id = of_client AND a.booked_by = of_client AND a.starts >= lower(month) AND a.starts < upper(month)
          AND (besides IS NULL OR a.id <> besides) AND NOT EXISTS (SELECT FROM cancellation x WHERE x.appointment_id = a.id)
          AND NOT EXISTS (SELECT FROM no_show n WHERE n.appointment_id = a.id AND NOT n.counts));
END $$;
