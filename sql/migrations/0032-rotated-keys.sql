-- Codes are derived, by one of several keys since the secret is rotated: whoever has just made an invitation is shown
-- the code that it is found by. Of nobody else's invitation does the application see the digest.
-- depends: 0025-what-would-help

SET LOCAL lock_timeout = '5s';

CREATE FUNCTION digest_of_my_invitation(invitation uuid, since timestamptz) RETURNS bytea
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT digest FROM invitation i
    WHERE i.id = digest_of_my_invitation.invitation AND i.by_person = me() AND i.made > since
$$;
REVOKE EXECUTE ON FUNCTION digest_of_my_invitation FROM public;
GRANT EXECUTE ON FUNCTION digest_of_my_invitation TO rendezvous_app;
