"""The local stack: control plane, Postgres and every process, for `make demo` and for the tests."""
