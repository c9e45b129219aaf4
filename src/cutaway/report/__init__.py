"""What is written of a run for people: a report that can be mailed, and the model card."""

from __future__ import annotations

from cutaway.report.card import keep_card
from cutaway.report.page import write_report

__all__ = ["keep_card", "write_report"]
