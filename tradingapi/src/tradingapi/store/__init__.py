"""What must survive the process: jobs, keys, results and deliveries, in one SQLite file."""
