"""The reference Trading API: parameter-sweep backtests over HTTP."""
