-- The ledger: what happened outside the cluster. No row dies with its object.
-- Time is now() everywhere; a process's own clock never enters a row.

-- A number of a backtest. What is undefined is NULL; NaN and infinities are refused, because
-- they break sorting and JSON (NaN counts as greater than Infinity here).
CREATE DOMAIN metric AS double precision
    CHECK (VALUE > '-Infinity'::double precision AND VALUE < 'Infinity'::double precision);

CREATE TABLE ledger_meta (
    one            boolean PRIMARY KEY DEFAULT true CHECK (one),
    ledger_id      uuid NOT NULL DEFAULT gen_random_uuid(),
    schema_version integer NOT NULL DEFAULT 0,
    min_app        integer NOT NULL DEFAULT 0,
    audit_confirmed_until timestamptz
);
COMMENT ON TABLE ledger_meta IS 'One row: which ledger this is, and who may write to it.';
COMMENT ON COLUMN ledger_meta.ledger_id IS 'Copied into .status: a status from another ledger is noticed.';
COMMENT ON COLUMN ledger_meta.schema_version IS 'The number of the last applied file; kept by the migration.';
COMMENT ON COLUMN ledger_meta.min_app IS 'Programs whose newest file has a smaller number must not run on it.';
COMMENT ON COLUMN ledger_meta.audit_confirmed_until IS 'Until then a human vouches for many deletions at once.';
INSERT INTO ledger_meta DEFAULT VALUES;

CREATE TABLE leaders (
    shard    text PRIMARY KEY,
    epoch    bigint NOT NULL DEFAULT 1 CHECK (epoch > 0),
    holder   text NOT NULL,
    taken_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE leaders IS 'Who leads a shard. Admission and outbox claims read it FOR SHARE.';
COMMENT ON COLUMN leaders.shard IS 'Unique over all clusters that share this Postgres: put the cluster id in front.';
COMMENT ON COLUMN leaders.epoch IS 'Winning adds 1: a deposed leader finds no row with its own epoch.';

CREATE TABLE api_state (
    api                        text PRIMARY KEY,
    down_until                 timestamptz,
    credentials_rejected_until timestamptz
);
COMMENT ON TABLE api_state IS 'When a Trading API may be asked again; one row for all sweeps of it.';

CREATE TABLE tenants (
    cluster_id       text NOT NULL,
    namespace        text NOT NULL,
    last_admitted_at timestamptz,
    PRIMARY KEY (cluster_id, namespace)
);
COMMENT ON TABLE tenants IS 'Namespaces that ever had a sweep; the one admitted longest ago is next.';
COMMENT ON COLUMN tenants.last_admitted_at IS 'NULL: never.';

CREATE TABLE sweeps (
    uid              text PRIMARY KEY CHECK (uid <> ''),
    cluster_id       text NOT NULL,
    shard            text NOT NULL,
    namespace        text NOT NULL,
    name             text NOT NULL,
    generation_seen  bigint NOT NULL CHECK (generation_seen >= 0),
    spec             jsonb NOT NULL,
    spec_hash        text NOT NULL,
    identity_version integer NOT NULL,
    run_no           integer NOT NULL CHECK (run_no >= 0),
    phase            text NOT NULL DEFAULT 'Queued'
        CHECK (phase IN ('Queued', 'Submitted', 'Running', 'Completed', 'Failed')),
    reason           text NOT NULL DEFAULT '',
    message          text NOT NULL DEFAULT '',
    hold_reason      text,
    suspended        boolean NOT NULL DEFAULT false,
    run_request      text,
    cancel_request   text,
    deletion_asked_at timestamptz,
    spared           boolean NOT NULL DEFAULT false,
    object_gone_at   timestamptz,
    version          bigint NOT NULL DEFAULT 1 CHECK (version > 0),
    min_app          integer NOT NULL DEFAULT 0,
    created_at       timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE sweeps IS 'One row per TradingSweep object ever seen; uid is the object''s.';
COMMENT ON COLUMN sweeps.spec IS 'Canonical identity of the latest run, defaults left out; spec_hash is its hash.';
COMMENT ON COLUMN sweeps.version IS 'Compare-and-set counter of decisions; .status shows it as recordVersion.';
COMMENT ON COLUMN sweeps.hold_reason IS 'Set: a human must decide; the phase stays what it was.';
COMMENT ON COLUMN sweeps.suspended IS 'spec.suspend of generation_seen: it is not admitted.';
COMMENT ON COLUMN sweeps.run_request IS 'The command to run again that was answered last.';
COMMENT ON COLUMN sweeps.cancel_request IS 'The command to cancel that was answered last.';
COMMENT ON COLUMN sweeps.deletion_asked_at IS 'Its ttlSecondsAfterFinished was over.';
COMMENT ON COLUMN sweeps.spared IS 'It came back after that: it took its old results, and stays.';
COMMENT ON COLUMN sweeps.min_app IS 'Programs with a smaller number leave this row alone.';
CREATE INDEX sweeps_by_name ON sweeps (cluster_id, namespace, name);
CREATE INDEX sweeps_open ON sweeps (cluster_id, shard)
    WHERE object_gone_at IS NULL AND phase NOT IN ('Completed', 'Failed');

CREATE TABLE pipeline_jobs (
    id                     uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    sweep_uid              text NOT NULL REFERENCES sweeps ON DELETE RESTRICT,
    run_no                 integer NOT NULL CHECK (run_no > 0),
    tenant_id              text NOT NULL,
    job_type               text NOT NULL DEFAULT 'trading-sweep' CHECK (job_type = 'trading-sweep'),
    status                 text NOT NULL DEFAULT 'QUEUED'
        CHECK (status IN ('QUEUED', 'RUNNING', 'COMPLETED', 'FAILED', 'CANCELLED')),
    spec_hash              text NOT NULL,
    parameters             jsonb NOT NULL,
    combinations           integer NOT NULL CHECK (combinations >= 0),
    requested_combinations integer NOT NULL CHECK (requested_combinations >= combinations),
    priority               integer NOT NULL DEFAULT 0,
    deadline_seconds       integer NOT NULL CHECK (deadline_seconds > 0),
    store_results          integer NOT NULL CHECK (store_results > 0),
    failed_attempts        integer NOT NULL DEFAULT 0 CHECK (failed_attempts >= 0),
    collect_tries          integer NOT NULL DEFAULT 0 CHECK (collect_tries >= 0),
    next_at                timestamptz,
    deadline_at            timestamptz,
    reused_from            uuid REFERENCES pipeline_jobs ON DELETE RESTRICT,
    result                 jsonb,
    metrics                jsonb,
    error_message          text,
    reason                 text,
    created_at             timestamptz NOT NULL DEFAULT now(),
    started_at             timestamptz,
    completed_at           timestamptz,
    UNIQUE (sweep_uid, run_no),
    UNIQUE (id, sweep_uid, run_no)
);
COMMENT ON TABLE pipeline_jobs IS 'A run of a sweep: one identity, carried through all its attempts.';
COMMENT ON COLUMN pipeline_jobs.tenant_id IS 'The namespace.';
COMMENT ON COLUMN pipeline_jobs.combinations IS 'Valid parameter pairs; requested_combinations counts the whole grid.';
COMMENT ON COLUMN pipeline_jobs.deadline_seconds IS 'activeDeadlineSeconds; deadline_at = first intent + this.';
COMMENT ON COLUMN pipeline_jobs.store_results IS 'How many results are asked for and stored.';
COMMENT ON COLUMN pipeline_jobs.failed_attempts IS 'Attempts that the API failed: beyond backoffLimit the run fails.';
COMMENT ON COLUMN pipeline_jobs.collect_tries IS 'Fetches of results that certainly brought none.';
COMMENT ON COLUMN pipeline_jobs.next_at IS 'Not to be looked at before; NULL is now.';
COMMENT ON COLUMN pipeline_jobs.reused_from IS 'The finished run whose results this run took.';
CREATE INDEX pipeline_jobs_by_tenant ON pipeline_jobs (tenant_id, status);
CREATE INDEX pipeline_jobs_by_age ON pipeline_jobs (created_at);
CREATE INDEX pipeline_jobs_waiting ON pipeline_jobs (tenant_id, priority DESC, created_at)
    WHERE status = 'QUEUED';
CREATE INDEX pipeline_jobs_reusable ON pipeline_jobs (tenant_id, spec_hash, completed_at DESC)
    WHERE status = 'COMPLETED';

CREATE TABLE submissions (
    key              text PRIMARY KEY CHECK (key ~ '^[0-9a-f]{64}$'),
    run_id           uuid NOT NULL,
    sweep_uid        text NOT NULL,
    run_no           integer NOT NULL,
    n                integer NOT NULL CHECK (n > 0),
    api              text NOT NULL DEFAULT 'default',
    state            text NOT NULL CHECK (state IN (
        'ready', 'intent', 'unknown', 'accepted', 'refused', 'replaced',
        'completed', 'failed', 'lost', 'unusable', 'timed_out', 'cancelled')),
    request          jsonb NOT NULL,
    callback_base    text NOT NULL,
    token_kid        text NOT NULL,
    idempotent       boolean NOT NULL,
    leader_epoch     bigint NOT NULL,
    intent_at        timestamptz,
    post_before      timestamptz,
    unknown_until    timestamptz,
    deadline_at      timestamptz,
    sweep_run_id     text CHECK (
        sweep_run_id ~ '^[A-Za-z0-9._-]{1,128}$' AND sweep_run_id NOT IN ('.', '..')),
    ended_at         timestamptz,
    cancel_state     text CHECK (cancel_state IN ('asked', 'confirmed', 'refused', 'impossible')),
    slot_until       timestamptz,
    slot_released_at timestamptz,
    created_at       timestamptz NOT NULL DEFAULT now(),
    UNIQUE (run_id, n),
    UNIQUE (key, run_id),
    -- sweep_uid and run_no repeat the run's: this is what keeps them right.
    FOREIGN KEY (run_id, sweep_uid, run_no)
        REFERENCES pipeline_jobs (id, sweep_uid, run_no) ON DELETE RESTRICT
);
COMMENT ON TABLE submissions IS 'Every intent to POST is its own row, committed before the POST.';
COMMENT ON COLUMN submissions.key IS 'sha256 of cluster_id|uid|run_no|spec_hash|n, in hex; the Idempotency-Key.';
COMMENT ON COLUMN submissions.api IS 'Which Trading API: slots are counted per API, over all shards.';
COMMENT ON COLUMN submissions.request IS 'The form as sent, without the callback URL: its token is never stored.';
COMMENT ON COLUMN submissions.token_kid IS 'Which secret signed the callback URL.';
COMMENT ON COLUMN submissions.idempotent IS 'The API honoured keys when the intent was made.';
COMMENT ON COLUMN submissions.post_before IS 'A process that wakes later than this must not POST.';
COMMENT ON COLUMN submissions.unknown_until IS 'An unknown outcome is neither repeated nor replaced before.';
COMMENT ON COLUMN submissions.slot_until IS 'replaced, cancelled and timed_out hold their slot until then at most.';
COMMENT ON COLUMN submissions.slot_released_at IS 'Terminal news or a confirmed cancel came: the slot is free.';
CREATE UNIQUE INDEX submissions_one_live_per_run ON submissions (run_id)
    WHERE state IN ('ready', 'intent', 'unknown', 'accepted');
CREATE INDEX submissions_by_sweep ON submissions (sweep_uid);
-- Two runs that fetched the same results at once: only one of them can store them.
CREATE UNIQUE INDEX submissions_claims ON submissions (api, sweep_run_id) WHERE state = 'completed';
-- What lingers past slot_until stays in it: found by the time, it costs nothing.
CREATE INDEX submissions_in_slots ON submissions (api, state, slot_until)
    WHERE slot_released_at IS NULL
    AND state IN ('intent', 'unknown', 'accepted', 'replaced', 'cancelled', 'timed_out');

CREATE TABLE submission_job_ids (
    submission_key  text NOT NULL REFERENCES submissions ON DELETE RESTRICT,
    external_job_id text NOT NULL CHECK (
        external_job_id ~ '^[A-Za-z0-9._-]{1,128}$' AND external_job_id NOT IN ('.', '..')),
    source          text NOT NULL
        CHECK (source IN ('answer', 'lookup', 'callback', 'stream', 'status')),
    learned_at      timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (submission_key, external_job_id)
);
COMMENT ON TABLE submission_job_ids IS 'Facts from outside, appended by anybody and never dropped.';
-- Not unique: the documented API's job ids collide for two sweeps of one ticker in one second.
CREATE INDEX submission_job_ids_by_job ON submission_job_ids (external_job_id);

CREATE TABLE trading_sweep_results (
    id                 uuid NOT NULL DEFAULT gen_random_uuid(),
    submission_key     text NOT NULL,
    rank               integer NOT NULL CHECK (rank > 0),
    params_digest      text NOT NULL,
    job_id             uuid NOT NULL,
    sweep_run_id       text NOT NULL,
    ticker             text NOT NULL,
    strategy_type      text NOT NULL,
    fast_period        integer NOT NULL,
    slow_period        integer NOT NULL,
    score              metric NOT NULL,
    sharpe_ratio       metric,
    sortino_ratio      metric,
    total_return_pct   metric,
    annualized_return  metric,
    max_drawdown_pct   metric,
    win_rate_pct       metric,
    profit_factor      metric,
    total_trades       integer NOT NULL CHECK (total_trades >= 0),
    trades_per_month   metric,
    avg_trade_duration text,
    created_at         timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (submission_key, rank),
    UNIQUE (submission_key, params_digest),
    -- One check a row for both: the submission exists and belongs to that run.
    FOREIGN KEY (submission_key, job_id) REFERENCES submissions (key, run_id) ON DELETE RESTRICT
);
COMMENT ON TABLE trading_sweep_results IS 'What the API returned as best, in full precision; rank 1 is best.';
COMMENT ON COLUMN trading_sweep_results.params_digest IS 'Hash of the parameters: no pair is stored twice.';
COMMENT ON COLUMN trading_sweep_results.job_id IS 'The run (pipeline_jobs.id).';
COMMENT ON COLUMN trading_sweep_results.avg_trade_duration IS 'The API''s own words, such as "5.2 days".';
CREATE INDEX trading_sweep_results_by_job ON trading_sweep_results (job_id);
CREATE INDEX trading_sweep_results_by_sweep_run ON trading_sweep_results (sweep_run_id);
CREATE INDEX trading_sweep_results_by_ticker ON trading_sweep_results (ticker, score);

CREATE TABLE callback_inbox (
    id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    submission_key text NOT NULL CHECK (submission_key ~ '^[0-9a-f]{64}$'),
    body_sha256    bytea NOT NULL CHECK (octet_length(body_sha256) = 32),
    body           bytea NOT NULL CHECK (octet_length(body) BETWEEN 1 AND 65536),
    signed         boolean NOT NULL,
    received_at    timestamptz NOT NULL DEFAULT now(),
    tries          integer NOT NULL DEFAULT 0 CHECK (tries >= 0),
    outcome        text CHECK (outcome IN (
        'applied', 'late', 'mismatched', 'malformed', 'superseded', 'dead')),
    processed_at   timestamptz,
    UNIQUE (submission_key, body_sha256),
    CHECK ((outcome IS NULL) = (processed_at IS NULL))
);
COMMENT ON TABLE callback_inbox IS 'Callbacks as they came, unparsed: hints, written by inbox_put_v1 alone.';
COMMENT ON COLUMN callback_inbox.submission_key IS
    'No foreign key: after a restore a genuine callback may come for a row that is lost.';
COMMENT ON COLUMN callback_inbox.signed IS 'false: it came by the plain route and must be confirmed.';
COMMENT ON COLUMN callback_inbox.tries IS 'Passes that raised on it; at 5 its outcome is dead.';
-- Rows commit out of order: a reader asks for what is unprocessed, never for id > last.
CREATE INDEX callback_inbox_unprocessed ON callback_inbox (submission_key)
    WHERE processed_at IS NULL;

CREATE TABLE outbox (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    dedupe_key  text NOT NULL UNIQUE,
    sweep_uid   text NOT NULL REFERENCES sweeps ON DELETE RESTRICT,
    kind        text NOT NULL CHECK (kind IN ('event', 'mail', 'cancel', 'delete_object')),
    payload     jsonb NOT NULL,
    next_at     timestamptz NOT NULL DEFAULT now(),
    tries       integer NOT NULL DEFAULT 0 CHECK (tries >= 0),
    lease_until timestamptz,
    done_at     timestamptz,
    dead_at     timestamptz,
    created_at  timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE outbox IS 'What a decision sends out, written in its transaction and performed later.';
COMMENT ON COLUMN outbox.sweep_uid IS 'Whose cluster and shard performs it.';
COMMENT ON COLUMN outbox.lease_until IS 'Claimed: nobody else performs it before.';
CREATE INDEX outbox_due ON outbox (next_at) WHERE done_at IS NULL AND dead_at IS NULL;

CREATE TABLE transitions (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    sweep_uid     text NOT NULL REFERENCES sweeps ON DELETE RESTRICT,
    version       bigint NOT NULL,
    run_no        integer NOT NULL,
    n             integer,
    from_phase    text,
    to_phase      text NOT NULL
        CHECK (to_phase IN ('Queued', 'Submitted', 'Running', 'Completed', 'Failed')),
    reason        text NOT NULL,
    ticker        text NOT NULL,
    strategy_type text NOT NULL,
    duration_s    double precision,
    at            timestamptz NOT NULL DEFAULT now(),
    UNIQUE (sweep_uid, version)
);
COMMENT ON TABLE transitions IS 'Every change of phase once; metrics are counted from here.';
COMMENT ON COLUMN transitions.n IS 'The attempt, where there was one.';
COMMENT ON COLUMN transitions.duration_s IS 'Seconds from the run''s first intent, on terminal phases.';
