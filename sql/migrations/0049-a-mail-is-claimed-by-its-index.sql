-- The mail that is next is found by its index, whatever the table held when that was planned: so it is planned once a
-- connection, which took most of claiming one.
-- depends: 0048-a-wish-goes-along

SET LOCAL lock_timeout = '5s';

CREATE FUNCTION claim_mail(at timestamptz, taken uuid[], crowded boolean)
RETURNS TABLE (id bigint, message uuid, recipient uuid, kind text, about jsonb, written timestamptz, due timestamptz, attempts int)
LANGUAGE plpgsql SET enable_seqscan = off SET enable_bitmapscan = off SET enable_sort = off AS $$
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
REVOKE EXECUTE ON FUNCTION claim_mail FROM public;
