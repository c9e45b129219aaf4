"""Executors: ways to run the same equations. They call `cutaway.equations` and nothing else."""
