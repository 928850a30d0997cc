"""Many tickers on a Dask cluster: a ticker is a task, and a lost worker's tasks go to others."""
