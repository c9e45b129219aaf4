"""Whatever trains more than once: baselines beside the network."""
