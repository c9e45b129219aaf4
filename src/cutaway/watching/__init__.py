"""Trainings of other frameworks, watched while they run: Records and faults as of our own."""
