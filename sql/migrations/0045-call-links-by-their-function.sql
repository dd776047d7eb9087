-- A call link is changed by change_call_link alone, which tells the clients; those who are served only read it.
-- depends: 0044-less-for-a-request

SET LOCAL lock_timeout = '5s';

REVOKE INSERT, UPDATE, DELETE ON call_link FROM rendezvous_app;
