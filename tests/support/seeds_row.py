"""What a result holds on the documented wire."""

FIGURES = (
    "fast_period",
    "slow_period",
    "score",
    "sharpe_ratio",
    "sortino_ratio",
    "total_return_pct",
    "annualized_return",
    "max_drawdown_pct",
    "win_rate_pct",
    "profit_factor",
    "total_trades",
    "trades_per_month",
    "avg_trade_duration",
)
"""Every figure, by the name that its column in the ledger has too."""
