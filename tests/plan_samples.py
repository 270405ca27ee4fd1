"""Random plans for property tests: every field of every record, with texts as the reader keeps them."""

from __future__ import annotations

import datetime as dt

from hypothesis import strategies as st

from nq57xl.plan.deadlines import Deadline, Target
from nq57xl.plan.model import (
    DatedName,
    Indicator,
    Plan,
    Properties,
    Section,
    Settings,
    Signatory,
    Task,
    Unit,
    UnitGroup,
)
from nq57xl.plan.units import understand
from nq57xl.text.legacy import clean

LETTERS = st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Co", "Cn"))
SAMPLES = "Văn phòng;Phòng Quản lý Đầu tư;Các phòng, đơn vị;=1+1;2.1;0012;31/12/2026;Quý I/2026;≥ 90%;Có;_x0041_;-"
TEXT = st.one_of(st.sampled_from(SAMPLES.split(";")), st.text(LETTERS, max_size=30)).map(clean)
LINE = TEXT.map(lambda text: " ".join(text.split()))
FULL_LINE = LINE.filter(bool)
CODE = st.from_regex(r"[A-Z][A-Z0-9]{0,5}(\.[0-9]{1,2}){0,2}", fullmatch=True)
DAY = st.one_of(st.none(), st.dates(dt.date(2000, 1, 1), dt.date(2099, 12, 31)))
NAMES = st.lists(FULL_LINE, max_size=3).map(tuple)

DATED = st.lists(st.builds(DatedName, FULL_LINE, DAY, DAY), max_size=2).map(tuple)
PROPERTIES = st.builds(
    Properties,
    id=CODE,
    title=TEXT,
    year=st.integers(2000, 2099),
    number=LINE,
    symbol=LINE,
    issued_on=DAY,
    agency=DATED,
    parent=DATED,
    recipient=DATED,
    place=DATED,
    gatherer=LINE,
    internal_day=st.integers(1, 31),
    report_day=st.integers(1, 31),
    before_is_inclusive=st.booleans(),
    roll_weekends=st.booleans(),
    cutoff=st.sampled_from(["decree", "calendar"]),
    signatory=st.builds(Signatory, LINE, LINE, LINE),
    clear_criteria=NAMES,
)
CODES = st.lists(CODE, max_size=2).map(tuple)
FORMER = st.lists(
    st.builds(DatedName, st.sampled_from(["Phòng cũ", "Ban cũ (đã sáp nhập)"]), valid_to=DAY.filter(bool)), max_size=2
).map(lambda names: tuple(sorted(names, key=lambda name: name.valid_to or dt.date.max)))
UNITS = st.lists(
    st.builds(Unit, CODE, TEXT, NAMES, LINE, st.booleans(), LINE, DAY, DAY, CODES, FORMER),
    max_size=4,
    unique_by=lambda unit: unit.code,
)
GROUPS = st.lists(st.builds(UnitGroup, TEXT, st.lists(CODE, min_size=1, max_size=3).map(tuple), NAMES), max_size=2)
TASKS = st.lists(
    st.builds(
        Task,
        code=CODE,
        section=LINE,
        number=LINE,
        subnumber=st.one_of(st.none(), FULL_LINE),
        task=TEXT,
        subtask=TEXT,
        deliverable=TEXT,
        kpi=TEXT,
        lead=TEXT,
        support=TEXT,
        deadline=LINE.map(Deadline),
        note=TEXT,
        standard_deadline=DAY,
        responsible=TEXT,
        authority=TEXT,
    ),
    max_size=4,
)
INDICATORS = st.lists(st.builds(Indicator, CODE, LINE, LINE, TEXT, LINE, LINE.map(Target), TEXT, note=TEXT), max_size=3)

PLANS = st.builds(
    Plan,
    properties=PROPERTIES,
    units=UNITS.map(tuple),
    groups=GROUPS.map(tuple),
    sections=st.lists(st.builds(Section, FULL_LINE, TEXT), max_size=3).map(tuple),
    tasks=TASKS.map(tuple),
    indicator_groups=st.lists(st.builds(Section, FULL_LINE, TEXT), max_size=2).map(tuple),
    indicators=INDICATORS.map(tuple),
    settings=st.builds(Settings, st.integers(0, 60), st.integers(0, 100)),
).map(understand)
