"""The table of faults: one row a fault, causes before what they cause.

A sign is called with the Records so far that have what it needs, the last one being new, with what
is known of the training, and with the limits of its row. It returns a Sign, or None. A new fault is
a sign and a row, side by side in the module of its family.
"""

from __future__ import annotations

from collections.abc import Mapping

from cutaway.insight.faults import data_faults, outcome, start, updates
from cutaway.insight.faults.fault import Fault

FAULTS: Mapping[str, Fault] = {row.name: row for row in (*start.ROWS, *updates.ROWS, *outcome.ROWS)}
# Their signs are read off a sample of the data, before the first update.
DATA_FAULTS: Mapping[str, Fault] = {row.name: row for row in data_faults.ROWS}
