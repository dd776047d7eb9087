-- The link in a mail refuses a kind for whom it was mailed to, as long as that is their address: whoever reads the
-- mailbox of a former one has no say any more. A mailbox is known by the beginning of its address's digest.
-- depends: 0032-rotated-keys

SET LOCAL lock_timeout = '5s';

CREATE FUNCTION takes_mail_at(person uuid, mailbox text) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT EXISTS (SELECT FROM account
        WHERE person_id = person AND left(encode(sha256(convert_to(email, 'UTF8')), 'hex'), 16) = mailbox)
$$;

DROP FUNCTION refuse_mail(uuid, text);
CREATE FUNCTION refuse_mail(person uuid, mailbox text, wanted text) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM FROM account WHERE person_id = person FOR KEY SHARE;
    IF takes_mail_at(person, mailbox) IS NOT TRUE THEN
        RETURN false;
    END IF;
    INSERT INTO mail_refusal (person_id, kind) VALUES (person, wanted) ON CONFLICT DO NOTHING;
    RETURN true;
END $$;

REVOKE EXECUTE ON FUNCTION takes_mail_at, refuse_mail FROM public;
GRANT EXECUTE ON FUNCTION takes_mail_at, refuse_mail TO rendezvous_app;
