"""The trained networks that the exports are tested on come back."""

from __future__ import annotations

from tests.export.conftest import subject

__all__ = ["subject"]
