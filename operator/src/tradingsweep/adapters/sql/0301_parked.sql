-- Callbacks without a token that came before their job's id was known: a fast job calls back before
-- the answer to its submission is recorded. They wait for the id, for an hour.
CREATE TABLE parked_callbacks (
    job_id      text NOT NULL CHECK (job_id ~ '^[A-Za-z0-9._-]{1,128}$'),
    body_sha256 bytea NOT NULL CHECK (octet_length(body_sha256) = 32),
    body        bytea NOT NULL CHECK (octet_length(body) BETWEEN 1 AND 65536),
    received_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (job_id, body_sha256)
);
COMMENT ON TABLE parked_callbacks IS
    'Plain callbacks for job ids that nobody knows yet; at most 1,000, for an hour.';
CREATE INDEX parked_callbacks_by_age ON parked_callbacks (received_at);

-- A callback without a token, which says itself what job it is about. 'stored', 'duplicate',
-- 'full'; 'parked' where nobody knows the job yet; 'unknown' where it is over, or cannot be one.
--
-- At most 1,000 wait to be looked at and 1,000 are parked, and one hour old ones no longer count.
-- Job ids may collide: it is stored for each open submission that has the id.
CREATE OR REPLACE FUNCTION inbox_put_unsigned_v1(p_job_id text, p_body bytea) RETURNS text
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
    IF NOT EXISTS (SELECT FROM submission_job_ids WHERE external_job_id = p_job_id) THEN
        IF 1000 <= (SELECT count(*) FROM parked_callbacks
                    WHERE received_at > now() - interval '1 hour') THEN
            RETURN 'full';
        END IF;
        INSERT INTO parked_callbacks (job_id, body_sha256, body)
        VALUES (p_job_id, sha256(p_body), p_body) ON CONFLICT DO NOTHING;
        RETURN CASE WHEN FOUND THEN 'parked' ELSE 'duplicate' END;
    END IF;
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
