-- Who did not enjoy whose company: chunks of a sealed Bloom filter, nothing else and no counter beside them. What was
-- written about a lunch is read by admins once all of its reviews are in or their days are over.
-- depends: 0011-booking-finds-its-index

SET LOCAL lock_timeout = '5s';

CREATE TABLE filter_chunk (
    layer smallint NOT NULL CONSTRAINT filter_chunk_is_of_a_layer CHECK (layer BETWEEN 0 AND 19),
    chunk integer NOT NULL,
    seal_key text NOT NULL CONSTRAINT filter_chunk_names_its_key CHECK (seal_key ~ '^[0-9a-f]{8}$'),
    sealed bytea NOT NULL CONSTRAINT filter_chunk_is_whole CHECK (length(sealed) = 8220),
    PRIMARY KEY (layer, chunk),
    CONSTRAINT filter_chunk_is_within_its_layer CHECK (chunk >= 0 AND chunk < 1 << layer)
);
COMMENT ON COLUMN filter_chunk.seal_key IS 'What the key that sealed it is called: a digest, no part of it.';
-- What is sealed cannot be compressed: trying to would take time, and the rest would be as long.
ALTER TABLE filter_chunk ALTER COLUMN sealed SET STORAGE EXTERNAL;

ALTER TABLE filter_chunk ENABLE ROW LEVEL SECURITY;
GRANT SELECT, UPDATE (seal_key, sealed), INSERT ON filter_chunk TO rendezvous_app;
CREATE POLICY whoever_is_there ON filter_chunk FOR SELECT TO rendezvous_app USING ((SELECT me()) IS NOT NULL);
CREATE POLICY whoever_reviews ON filter_chunk FOR UPDATE TO rendezvous_app USING ((SELECT me()) IS NOT NULL);
CREATE POLICY the_first ON filter_chunk FOR INSERT TO rendezvous_app
    WITH CHECK ((SELECT me()) IS NOT NULL AND layer = 0);
CREATE POLICY jobs ON filter_chunk TO rendezvous_job USING (true);

-- An admin who reads a description while one alone has reviewed would know whose it is.
CREATE FUNCTION is_done(wanted uuid) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT EXISTS (SELECT FROM event WHERE id = wanted AND status = 'Done')
$$;
GRANT EXECUTE ON FUNCTION is_done TO rendezvous_app;
ALTER POLICY admins_read ON review USING ((SELECT i_am('admin')) AND is_done(event_id));

-- Whoever reviews names no event but one that they had lunch at, and no description comes after the reviews.
ALTER POLICY attendants_write ON review WITH CHECK (NOT is_done(event_id) AND event_id IN
    (SELECT event_id FROM attendance WHERE person_id = (SELECT me()) AND response = 'approved'));
