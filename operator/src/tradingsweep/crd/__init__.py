"""The TradingSweep resource: its spec and status as models, and the CRD that is made from them."""
