CREATE TABLE repairs (
    cluster_id text NOT NULL,
    shard      text NOT NULL,
    kind       text NOT NULL CHECK (kind <> ''),
    count      bigint NOT NULL DEFAULT 1 CHECK (count > 0),
    last_at    timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (cluster_id, shard, kind)
);
COMMENT ON TABLE repairs IS 'What no event told and was found all the same, counted in the transaction that mended it.';
