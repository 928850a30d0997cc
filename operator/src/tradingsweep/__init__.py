"""A Kubernetes operator for parameter-sweep backtests."""
