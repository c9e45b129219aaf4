"""Faults of a training, found in its Records: a table, one row a fault, and the search."""
