"""`cutaway.train`: the training of any place, with a picture of it where there is a notebook."""

from __future__ import annotations

import functools
from typing import Any

from cutaway.notebook import is_notebook, register
from cutaway.training import session
from cutaway.training.trainee import Run


@functools.wraps(session.train)
def train(*arguments: Any, **options: Any) -> Run:
    """Train; the documentation is that of `cutaway.training.session.train`."""
    if not is_notebook() or "watch" in options:
        return session.train(*arguments, **options)
    from cutaway.notebook.live import LiveCurve

    register()
    live = LiveCurve()
    run = session.train(*arguments, watch=live.watch, **options)
    live.end(run)
    return run
