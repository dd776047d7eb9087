-- A mail to one person, from the message that calls for it until it has left: ids alone, for what a mail says is read
-- from the database when it leaves. What was sent is gone; what was refused stays for a while, with the reason.
-- depends: 0011-booking-finds-its-index

SET LOCAL lock_timeout = '5s';

CREATE TABLE mail (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    message uuid NOT NULL,
    recipient uuid NOT NULL,
    kind text NOT NULL CONSTRAINT mail_is_of_a_kind CHECK (kind ~ '^[a-z_]{1,40}$'),
    about jsonb NOT NULL,
    urgent boolean NOT NULL,
    written timestamptz NOT NULL,
    due timestamptz NOT NULL,
    state text NOT NULL DEFAULT 'waiting' CONSTRAINT mail_state_is_known CHECK (state IN ('waiting', 'refused', 'expired')),
    attempts integer NOT NULL DEFAULT 0 CONSTRAINT mail_attempts_count_up CHECK (attempts >= 0),
    answer text NOT NULL DEFAULT '' CONSTRAINT mail_answer_is_a_code CHECK (answer ~ '^[A-Za-z0-9. ]{0,60}$'),
    CONSTRAINT mail_is_written_once UNIQUE (message, recipient, kind)
);
COMMENT ON COLUMN mail.recipient IS 'The person, or the invitation whose address it goes to: who is invited is no person yet.';
COMMENT ON COLUMN mail.about IS 'The data of the message: ids and times.';
COMMENT ON COLUMN mail.urgent IS 'Somebody waits for it now, as for a link to a new password: it passes by all others.';
COMMENT ON COLUMN mail.answer IS 'What the mail server said last, as codes alone: its words often repeat the address.';
CREATE INDEX mail_waiting ON mail (urgent, due) WHERE state = 'waiting';
CREATE INDEX mail_recipient ON mail (recipient);
CREATE INDEX mail_written ON mail (written);

GRANT SELECT ON mail TO rendezvous_app;
ALTER TABLE mail ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON mail FOR SELECT TO rendezvous_app USING (recipient = (SELECT me()));
CREATE POLICY admins ON mail FOR SELECT TO rendezvous_app USING ((SELECT i_am('admin')));
CREATE POLICY jobs ON mail TO rendezvous_job USING (true);

-- Who is gone is not written to. A mail that is on its way at this moment is passed over: nobody waits for a mailbox.
CREATE FUNCTION forget_mails() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    DELETE FROM mail WHERE id IN (SELECT m.id FROM mail m WHERE m.recipient = OLD.person_id FOR UPDATE SKIP LOCKED);
    RETURN NULL;
END $$;
CREATE TRIGGER who_is_gone_gets_no_mail AFTER DELETE ON account FOR EACH ROW EXECUTE FUNCTION forget_mails();

-- What was refused was refused by the former address, or before this one was confirmed anew.
CREATE FUNCTION forget_refused_mails() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    DELETE FROM mail WHERE recipient = NEW.person_id AND state <> 'waiting';
    RETURN NULL;
END $$;
CREATE TRIGGER confirmed_address_forgets_what_was_refused AFTER UPDATE OF email, email_confirmed ON account
    FOR EACH ROW WHEN (NEW.email_confirmed) EXECUTE FUNCTION forget_refused_mails();
