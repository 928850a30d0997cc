-- A submission can have several jobs; its slot is free when all of them have ended.
ALTER TABLE submission_job_ids ADD COLUMN ended_at timestamptz;
COMMENT ON COLUMN submission_job_ids.ended_at IS 'Its end is known: by late news, or by a confirmed cancel.';

ALTER TABLE outbox DROP CONSTRAINT outbox_kind_check;
ALTER TABLE outbox ADD CONSTRAINT outbox_kind_check
    CHECK (kind IN ('event', 'mail', 'cancel', 'look', 'collect', 'delete_object'));
