-- Sweeps that wait for a human, and what the human's commands leave behind.

ALTER TABLE sweeps ADD COLUMN held_at timestamptz;
COMMENT ON COLUMN sweeps.held_at IS 'Since when hold_reason holds it.';
-- Found by `tradingsweep audit`; there are few.
CREATE INDEX sweeps_held ON sweeps (held_at) WHERE hold_reason IS NOT NULL;

ALTER TABLE submission_job_ids DROP CONSTRAINT submission_job_ids_source_check;
ALTER TABLE submission_job_ids ADD CONSTRAINT submission_job_ids_source_check
    CHECK (source IN ('answer', 'lookup', 'callback', 'stream', 'status', 'human'));

ALTER TABLE outbox DROP CONSTRAINT outbox_kind_check;
ALTER TABLE outbox ADD CONSTRAINT outbox_kind_check
    CHECK (kind IN ('event', 'mail', 'cancel', 'look', 'delete_object'));
