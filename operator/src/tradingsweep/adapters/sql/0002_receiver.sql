-- What the receiver may do: put a callback into the inbox, and nothing else.

-- Store one callback, once per (key, body). 'stored', 'duplicate' or 'full'.
--
-- At most 16 bodies per key: the lock comes first and as its own statement, so that the count
-- after it sees what other writers committed. Signed and plain callbacks are counted apart: a
-- stranger on the plain route cannot use up the room of the real sender.
CREATE FUNCTION inbox_store(p_key text, p_body bytea, p_signed boolean) RETURNS text
LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    v_digest bytea := sha256(p_body);
    v_was_signed boolean;
BEGIN
    PERFORM pg_advisory_xact_lock(1951621216, hashtext(p_key));

    SELECT signed INTO v_was_signed FROM callback_inbox
    WHERE submission_key = p_key AND body_sha256 = v_digest;
    IF FOUND AND (v_was_signed OR NOT p_signed) THEN
        RETURN 'duplicate';
    END IF;

    IF 16 <= (SELECT count(*) FROM callback_inbox
              WHERE submission_key = p_key AND signed = p_signed) THEN
        RETURN 'full';
    END IF;

    INSERT INTO callback_inbox (submission_key, body_sha256, body, signed)
    VALUES (p_key, v_digest, p_body, p_signed)
    -- The same words came by the plain route before: now they are proved, look again.
    ON CONFLICT (submission_key, body_sha256) DO UPDATE
        SET signed = true, received_at = now(), tries = 0, outcome = NULL, processed_at = NULL;
    RETURN 'stored';
END
$$;

-- A callback whose token was verified. 'stored', 'duplicate' or 'full'.
--
-- A key without a submission is stored too: the token proves that we once committed that intent,
-- so the row was lost in a restore and may be rebuilt under the same key. At most 1,000 of these.
CREATE FUNCTION inbox_put_v1(p_key text, p_body bytea) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    IF p_key IS NULL OR p_key !~ '^[0-9a-f]{64}$' THEN
        RAISE EXCEPTION 'the key must be 64 hex digits' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    IF p_body IS NULL OR octet_length(p_body) NOT BETWEEN 1 AND 65536 THEN
        RAISE EXCEPTION 'the body must have 1 to 65536 bytes'
            USING ERRCODE = 'invalid_parameter_value';
    END IF;

    IF NOT EXISTS (SELECT FROM submissions WHERE key = p_key) THEN
        PERFORM pg_advisory_xact_lock(1951621217, 1);
        IF 1000 <= (SELECT count(*) FROM callback_inbox AS i
                    WHERE i.processed_at IS NULL
                    AND NOT EXISTS (SELECT FROM submissions WHERE key = i.submission_key)) THEN
            RETURN 'full';
        END IF;
    END IF;
    RETURN inbox_store(p_key, p_body, true);
END
$$;

-- A callback without a token, which says itself what job it is about. 'stored', 'duplicate',
-- 'full', or 'unknown' where no submission that is still open has such a job.
--
-- At most 1,000 wait to be looked at, and one hour old ones no longer count. Job ids may collide:
-- it is stored for each open submission that has the id.
CREATE FUNCTION inbox_put_unsigned_v1(p_job_id text, p_body bytea) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    v_key text;
    v_answer text := 'unknown';
BEGIN
    IF p_job_id IS NULL OR p_job_id !~ '^[A-Za-z0-9._-]{1,128}$' THEN
        RETURN 'unknown';
    END IF;
    IF p_body IS NULL OR octet_length(p_body) NOT BETWEEN 1 AND 65536 THEN
        RAISE EXCEPTION 'the body must have 1 to 65536 bytes'
            USING ERRCODE = 'invalid_parameter_value';
    END IF;

    PERFORM pg_advisory_xact_lock(1951621217, 2);
    IF 1000 <= (SELECT count(*) FROM callback_inbox
                WHERE processed_at IS NULL AND NOT signed
                AND received_at > now() - interval '1 hour') THEN
        RETURN 'full';
    END IF;
    FOR v_key IN
        SELECT s.key FROM submission_job_ids AS j JOIN submissions AS s ON s.key = j.submission_key
        WHERE j.external_job_id = p_job_id
        AND (s.state IN ('intent', 'unknown', 'accepted')
             OR (s.state IN ('replaced', 'cancelled', 'timed_out')
                 AND s.slot_released_at IS NULL AND s.slot_until > now()))
        ORDER BY s.key
    LOOP
        v_answer := inbox_store(v_key, p_body, false);
    END LOOP;
    RETURN v_answer;
END
$$;

REVOKE ALL ON FUNCTION inbox_store(text, bytea, boolean) FROM PUBLIC;
REVOKE ALL ON FUNCTION inbox_put_v1(text, bytea) FROM PUBLIC;
REVOKE ALL ON FUNCTION inbox_put_unsigned_v1(text, bytea) FROM PUBLIC;
