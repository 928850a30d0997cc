-- After a restore: rows that were rebuilt from a status, and runs taken over from a lost cluster.

ALTER TABLE sweeps ADD COLUMN adopted_from text;
COMMENT ON COLUMN sweeps.adopted_from IS 'The ledger_id in the status from which the row was rebuilt.';

ALTER TABLE pipeline_jobs ADD COLUMN adopted boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN pipeline_jobs.adopted IS 'It ended in a ledger that is lost: its results are in .status alone.';

CREATE TABLE adoptions (
    cluster_id      text NOT NULL,
    from_cluster_id text NOT NULL CHECK (from_cluster_id <> cluster_id),
    at              timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (cluster_id, from_cluster_id)
);
COMMENT ON TABLE adoptions IS 'Clusters whose finished runs answer the same sweeps of another one, once each.';
CREATE INDEX pipeline_jobs_reused ON pipeline_jobs (reused_from) WHERE reused_from IS NOT NULL;
