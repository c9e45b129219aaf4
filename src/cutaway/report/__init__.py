"""The report of a run: one HTML page that can be mailed and read offline."""

from __future__ import annotations

from cutaway.report.page import write_report

__all__ = ["write_report"]
