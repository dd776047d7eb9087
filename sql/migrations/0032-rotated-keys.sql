-- Codes are derived, by one of several keys since the secret is rotated: of its own invitation the application must
-- see which of the codes it is found by. A digest of 80 bits at random gives away nothing.
-- depends: 0025-what-would-help

SET LOCAL lock_timeout = '5s';

GRANT SELECT (digest) ON invitation TO rendezvous_app;
