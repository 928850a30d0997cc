ALTER TABLE submissions ADD COLUMN vain_look_ups integer NOT NULL DEFAULT 0;
COMMENT ON COLUMN submissions.vain_look_ups IS 'Answers to its key that are stored at the API and name no job.';
