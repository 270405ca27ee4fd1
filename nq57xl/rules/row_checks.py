"""The predicates that compare cells of a row, as checks of pandera's own (pandera.extensions): `pa.Check.required_if` …

Each takes a frame of rules.judge and plain data, so that a schema that uses it can be written to YAML and read again;
`when` names the group of rows that it speaks about. True: the row passes. Pandas and pandera are loaded with this
module, which is therefore imported late.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from inspect import signature
from typing import Any

import pandas as pd
import pandera.pandas as pa
from pandera import extensions

from nq57xl.rules.movement import BEFORE, EXPLAINED, SHARE, STILL, has_moved
from nq57xl.rules.schema import BLANK, FILLED

_When = Mapping[str, Any]
_Mask = pd.Series


def _in_group(frame: pd.DataFrame, when: _When) -> _Mask:
    """The rows of which it holds: field or #fact -> values, "filled", "blank"; "*" -> any of those fields is filled."""
    mask = pd.Series(True, index=frame.index)
    for name, wanted in when.items():
        if name == "*":
            mask &= frame[wanted].notna().any(axis=1)
        elif wanted in (FILLED, BLANK):
            mask &= frame[name].notna() if wanted == FILLED else frame[name].isna()
        else:
            mask &= frame[name].isin(wanted)
    return mask


def _registered(check: Callable[..., _Mask]) -> Callable[..., _Mask]:
    """Under its name without the underscore: nothing but pandera calls it."""
    check.__name__ = check.__name__.removeprefix("_")
    statistics = [name for name in signature(check).parameters if name != "frame"]
    extensions.register_check_method(check, statistics=statistics, supported_types=pd.DataFrame)
    return check


@_registered
def _required_if(frame: pd.DataFrame, *, any_of: Sequence[Sequence[str]], when: _When) -> _Mask:
    """One whole set of the cells is filled."""
    missing = _in_group(frame, when)
    for first, *others in any_of:
        blank = frame[first].isna()
        for name in others:
            blank |= frame[name].isna()
        missing &= blank
    return ~missing


@_registered
def _empty_if(frame: pd.DataFrame, *, field: str, when: _When) -> _Mask:
    """The cell is blank: what it says would contradict another."""
    return ~_in_group(frame, when) | frame[field].isna()


@_registered
def _equals_if(frame: pd.DataFrame, *, field: str, value: float, tolerance: float, when: _When) -> _Mask:
    """The cell, if filled, equals the value."""
    return ~_in_group(frame, when) | ~((frame[field] - value).abs() > tolerance)


@_registered
def _equals_ratio_if(frame: pd.DataFrame, *, field: str, part: str, whole: str, tolerance: float, when: _When) -> _Mask:
    """The cell, if filled, equals part over whole, where these give a number."""
    ratio = frame[part] / frame[whole].where(frame[whole] != 0)
    return ~_in_group(frame, when) | ~((frame[field] - ratio).abs() > tolerance)


@_registered
def _whole_if(frame: pd.DataFrame, *, field: str, when: _When) -> _Mask:
    """The cell, if filled, is a whole number."""
    return ~_in_group(frame, when) | ~(frame[field] % 1 > 0)


@_registered
def _within_period_if(frame: pd.DataFrame, *, field: str, when: _When) -> _Mask:
    """The day, if filled, lies in the period of the row's form."""
    outside = (frame[field] < frame["#period_start"]) | (frame[field] > frame["#period_end"])
    return ~_in_group(frame, when) | ~outside


@_registered
def _part_of_if(frame: pd.DataFrame, *, field: str, whole: str, when: _When) -> _Mask:
    """The part is not greater than its whole, where both are filled."""
    return ~_in_group(frame, when) | ~(frame[field] > frame[whole])


@_registered
def _moved_if(
    frame: pd.DataFrame, *, field: str, how: str, params: _When, settled_by: str, explained: bool, when: _When
) -> _Mask:
    """The cell does not move so beside the earlier value of its row; or its explanation is (not) as asked."""
    rule = {"field": field, "how": how, "params": params, "settled_by": settled_by, "explained": explained}
    if frame[f"#{BEFORE}{field}"].isna().all():  # as in every first report
        return pd.Series(True, index=frame.index)
    told = params.get("ratio", [field])
    names = [*told, settled_by, f"#{BEFORE}{field}", *(f"#{name}" for name in (STILL, EXPLAINED, SHARE))]
    group = _in_group(frame, when) & frame[[*told, f"#{BEFORE}{field}"]].notna().all(axis=1)
    rows: Any = frame.loc[group, names].to_dict("records")
    moved: Any = pd.Series([has_moved(row, rule) for row in rows], index=frame.index[group], dtype="object")
    passed: _Mask = ~moved.reindex(frame.index, fill_value=False).astype(bool)
    return passed


@_registered
def _column_if(frame: pd.DataFrame, *, field: str, check: str, limits: Mapping[str, Any], when: _When) -> _Mask:
    """One of pandera's own checks of a column (in_range, isin ...), on the rows of the group alone."""
    filled = frame.loc[_in_group(frame, when), field].dropna()
    passed: _Mask = getattr(pa.Check, check)(**limits)(filled).check_output
    return passed.reindex(frame.index, fill_value=True)
