"""What finished sweeps found: columnar files, kept in memory while they are asked about."""
