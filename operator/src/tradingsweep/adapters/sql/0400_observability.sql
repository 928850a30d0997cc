-- What metrics and traces ask for.

-- The best-ranked pair of each run, for the highest Sharpe ratios by ticker and strategy.
CREATE INDEX trading_sweep_results_best ON trading_sweep_results
    (ticker, strategy_type, sharpe_ratio) WHERE rank = 1;

-- Which span submitted it: a callback is another request, and its span is linked to this one.
ALTER TABLE submissions ADD COLUMN traceparent text
    CHECK (traceparent ~ '^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$');
COMMENT ON COLUMN submissions.traceparent IS 'W3C trace context of the POST; absent where nothing is traced.';
