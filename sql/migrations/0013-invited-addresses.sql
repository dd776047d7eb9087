-- Every mailed invitation asks whether its address was sent another one just now.
-- depends: 0012-mails

SET LOCAL lock_timeout = '5s';

CREATE INDEX invitation_address_email ON invitation_address (email);
