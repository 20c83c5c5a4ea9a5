"""Work spread over the workers of a cluster that Dask's scheduler knows."""
