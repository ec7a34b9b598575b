"""Which set-up to choose, and what each costs over the years. Pure functions over editable assumptions.

starting()                     the assumptions of assumptions.toml
compare(assumptions, years=5)  cost of ownership by set-up and year
advise(Need(...))              the recommended set-up with reasons and a settings file
"""

from __future__ import annotations

from sparewheel.app.advise.assumptions import Assumption, Assumptions, starting
from sparewheel.app.advise.breakeven import Bar, BreakEven, break_even, course, tornado
from sparewheel.app.advise.cost import OPTIONS, Cost, Hours, Option, compare, cost, downtime_minutes, hours
from sparewheel.app.advise.tree import Advice, Need, advise

__all__ = [
    "OPTIONS",
    "Advice",
    "Assumption",
    "Assumptions",
    "Bar",
    "BreakEven",
    "Cost",
    "Hours",
    "Need",
    "Option",
    "advise",
    "break_even",
    "compare",
    "cost",
    "course",
    "downtime_minutes",
    "hours",
    "starting",
    "tornado",
]
