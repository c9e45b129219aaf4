"""Insight: checks and explanations. It reads what others made, and never trains."""
