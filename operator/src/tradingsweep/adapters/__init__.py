"""One outside thing a file: each adapter implements a port of `reconcile.ports`."""
