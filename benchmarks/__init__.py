"""Benchmarks: each prints its figures and writes build/bars/NAME.json."""
