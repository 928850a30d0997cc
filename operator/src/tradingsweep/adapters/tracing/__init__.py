"""Traces over OTLP, for who has a collector: an extra, and nothing of it is loaded without one."""
