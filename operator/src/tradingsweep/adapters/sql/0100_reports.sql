-- What the Trading API found out about its own results: whether the best pair is more than luck.
CREATE TABLE trading_sweep_reports (
    submission_key text PRIMARY KEY,
    job_id         uuid NOT NULL,
    sweep_run_id   text NOT NULL,
    report         jsonb NOT NULL CHECK (jsonb_typeof(report) = 'object'),
    created_at     timestamptz NOT NULL DEFAULT now(),
    FOREIGN KEY (submission_key, job_id) REFERENCES submissions (key, run_id) ON DELETE RESTRICT
);
COMMENT ON TABLE trading_sweep_reports IS
    'The report beside the results of a submission, in the API''s own words; many APIs give none.';
COMMENT ON COLUMN trading_sweep_reports.job_id IS 'The run (pipeline_jobs.id).';
CREATE INDEX trading_sweep_reports_by_job ON trading_sweep_reports (job_id);
