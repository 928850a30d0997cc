-- What metrics ask for.

-- The best-ranked pair of each run, for the highest Sharpe ratios by ticker and strategy.
CREATE INDEX trading_sweep_results_best ON trading_sweep_results
    (ticker, strategy_type, sharpe_ratio) WHERE rank = 1;
