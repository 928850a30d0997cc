"""The Trading API over HTTP: what `reconcile.ports.TradingApi` promises.

`client` has a method for each question. `answers` says what an exchange means, `http` moves bytes
within limits, `session` logs in, `follow` visits streams and `stream` reads them.
"""

from tradingsweep.adapters.trading_api.client import TradingApiClient

__all__ = ["TradingApiClient"]
