"""Documents and segment bytes; knows neither actors nor HTTP."""
