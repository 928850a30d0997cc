"""Prometheus: `families` has every name, label and help text; the others fill them."""
