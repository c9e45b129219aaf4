"""Training, the only place with state: the driver, Records, consumers and the run folder."""
