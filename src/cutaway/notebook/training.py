"""`cutaway.train`: the training of any place, with its figures and its card where it is kept.

Where there is a notebook there is a picture of it.
"""

from __future__ import annotations

import functools
from typing import Any

from cutaway.notebook import is_notebook, register
from cutaway.training import session
from cutaway.training.run_folder import RunFolder
from cutaway.training.trainee import Run


@functools.wraps(session.train)
def train(*arguments: Any, **options: Any) -> Run:
    """Train; the documentation is that of `cutaway.training.session.train`."""
    if not is_notebook() or "watch" in options:
        run = session.train(*arguments, **options)
    else:
        from cutaway.notebook.live import LiveCurve

        register()
        live = LiveCurve()
        run = session.train(*arguments, watch=live.watch, **options)
        live.end(run)
    if run.folder is not None and run.setup.prepared.processes.N == 1:
        _write_figures(run, run.folder)
    return run


def _write_figures(run: Run, folder: RunFolder) -> None:
    from cutaway.report import keep_card
    from cutaway.training.evaluation import evaluate_all
    from cutaway.training.files import write_json
    from cutaway.training.summary import describe

    found = evaluate_all(run.model, run.setup.prepared)
    write_json(folder.metrics, describe(run, found))
    keep_card(folder, run.model)
