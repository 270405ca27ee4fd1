"""Which units a text names: variants and small misprints, never a guess."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nq57xl.plan.model import Unit, UnitGroup
from nq57xl.plan.units import Resolver, _Resolution
from nq57xl.text.legacy import clean

BQL = (
    Unit("VP", "Văn phòng"),
    Unit("QLCNC", "Phòng Quản lý Công nghệ cao"),
    Unit("QLDT", "Phòng Quản lý Đầu tư"),
    Unit("QLDN", "Phòng Quản lý Doanh nghiệp"),
    Unit("UBND", "UBND tỉnh", external=True),
    Unit("SKHCN", "Sở Khoa học và Công nghệ", ("Sở KH&CN",), external=True),
    Unit("SNV", "Sở Nội vụ", external=True),
    Unit("STP", "Sở Tư pháp", external=True),
)
BQL_GROUPS = (UnitGroup("Các phòng, đơn vị trực thuộc", ("VP", "QLCNC", "QLDT", "QLDN")),)
SXD = (
    Unit("VP", "Văn phòng Sở", ("Văn phòng",)),
    Unit("QLQH", "Phòng Quản lý quy hoạch và phát triển đô thị"),
    Unit("KCATGT", "Phòng Quản lý kết cấu và an toàn giao thông"),
    Unit("KHTC", "Phòng Kế hoạch tài chính"),
)
SXD_GROUPS = (UnitGroup("Các phòng chuyên môn; đơn vị trực thuộc Sở", ("QLQH", "KCATGT", "KHTC")),)
THREE = ("QLQH", "KCATGT", "KHTC")


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("Văn phòng", ("VP",)),
        ("VĂN PHÒNG.", ("VP",)),
        ("VP", ("VP",)),
        ("Phòng Quản lý công nghệ cao", ("QLCNC",)),
        ("Quản lý Công nghệ cao", ("QLCNC",)),
        ("P. Quản lý CNC", ("QLCNC",)),
        ("P.QLCNC", ("QLCNC",)),
        ("Phong Quan ly Dau tu", ("QLDT",)),
        ("Phòng QLĐT", ("QLDT",)),
        ("Phòng Quản lí Đầu tư", ("QLDT",)),
        ("Phòng Quản lý Ðầu tư", ("QLDT",)),
        ("Phòng Quản lý Đầu từ", ("QLDT",)),
        ("Phòng Quản lý Doanh nghịêp", ("QLDN",)),
        ("Phòng Quản lý Doang nghiệp", ("QLDN",)),
        ("PhòngQuản lý Đầu tư", ("QLDT",)),
        ("Quản lý Đầu tư, phòng Quản lý Doanh nghiệp", ("QLDT", "QLDN")),
        ("Văn phòng và Phòng Quản lý Đầu tư", ("VP", "QLDT")),
        ("Văn phòng/ Phòng Quản lý Đầu tư; Sở Nội vụ", ("VP", "QLDT", "SNV")),
        ("Văn phòng\nPhòng Quản lý Đầu tư", ("VP", "QLDT")),
        ("UBDN tỉnh", ("UBND",)),
        ("Ủy ban nhân dân tỉnh", ("UBND",)),
        ("Uỷ ban nhân dân tỉnh", ("UBND",)),
        ("Sở KH&CN", ("SKHCN",)),
        ("Sở KHCN", ("SKHCN",)),
        ("Sở Khoa học & Công nghệ; Sở Tư pháp", ("SKHCN", "STP")),
        ("Sở Khoa học và Công nghệ và Văn phòng", ("SKHCN", "VP")),
        ("Văn phòng, Văn phòng", ("VP",)),
    ],
)
def test_bql(text: str, codes: tuple[str, ...]) -> None:
    """Case, accents, tone place, a missing "Phòng", abbreviations and one wrong letter still name the unit."""
    assert Resolver(BQL, BQL_GROUPS).resolve(text) == _Resolution(codes)


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("Các phòng chuyên môn; đơn vị trực thuộc Sở", THREE),
        ("Cac phòng chuyên môn; đơn vị trực thuộc Sở", THREE),
        ("các phòng chuyên môn, đơn vị trực thuộc sở", THREE),
        ("Văn phòng Sở; Các phòng chuyên môn; đơn vị trực thuộc Sở", ("VP", *THREE)),
        ("Các phòng chuyên môn; đơn vị trực thuộc Sở và Văn phòng Sở", (*THREE, "VP")),
    ],
)
def test_group_whose_name_holds_separators(text: str, codes: tuple[str, ...]) -> None:
    """A group's own name is found before it is split; its members come in the order of the list."""
    assert Resolver(SXD, SXD_GROUPS).resolve(text) == _Resolution(codes, collective=True)


@pytest.mark.parametrize(
    ("text", "codes", "unresolved"),
    [
        ("Sở Kế hoạch và Đầu tư", (), ("Sở Kế hoạch và Đầu tư",)),
        ("Văn phòng; Sở Ngoại vụ", ("VP",), ("Sở Ngoại vụ",)),
        ("Sở Y tế, Sở Công Thương; Văn phòng", ("VP",), ("Sở Y tế, Sở Công Thương",)),
        ("Sở Y tế; Văn phòng; Sở Công Thương", ("VP",), ("Sở Y tế", "Sở Công Thương")),
        ("Các sở, ban, ngành", (), ("Các sở, ban, ngành",)),
        ("Văn phòng UBND tỉnh", (), ("Văn phòng UBND tỉnh",)),
        ("Phòng", (), ("Phòng",)),
        ("Phòng Quản lý", (), ("Phòng Quản lý",)),
        ("", (), ()),
        (" ; ", (), ()),
    ],
)
def test_not_resolved(text: str, codes: tuple[str, ...], unresolved: tuple[str, ...]) -> None:
    """What names no known unit is told as printed and never taken for a similar one."""
    assert Resolver(BQL, BQL_GROUPS).resolve(text) == _Resolution(codes, unresolved)


def test_ambiguous_is_not_guessed() -> None:
    """A text that fits two units names neither; numbers are never taken for misprints."""
    units = (Unit("D1", "Đội 1"), Unit("D2", "Đội 2"), Unit("A", "Phòng Đào tạo"), Unit("B", "Trung tâm", ("Đào tạo",)))
    assert Resolver(units, ()).resolve("Đội 3").unresolved == ("Đội 3",)
    assert Resolver(units, ()).resolve("Dao tao").unresolved == ("Dao tao",)
    assert Resolver(units, ()).resolve("Đội 2; Phòng Đào tạo").codes == ("D2", "A")


def test_members_that_are_no_units_are_left_out() -> None:
    """A group's member without a unit expands to nothing: lint reports it."""
    groups = (UnitGroup("Các phòng", ("VP", "LẠ")),)
    assert Resolver(BQL, groups).resolve("Các phòng").codes == ("VP",)


@given(st.lists(st.sampled_from(BQL), min_size=1, max_size=5, unique=True), st.sampled_from(["; ", ", ", " và ", "/"]))
def test_every_list_of_names_resolves(units: list[Unit], joint: str) -> None:
    """Any list of unit names, with any separator, in NFC or NFD, gives those units in that order."""
    text = joint.join(unit.name for unit in units)
    for form in (text, unicodedata.normalize("NFD", text), text.upper()):
        assert Resolver(BQL, BQL_GROUPS).resolve(form) == _Resolution(tuple(unit.code for unit in units))


@given(st.text(max_size=60))
def test_never_raises_and_never_makes_up_units(text: str) -> None:
    """Any text gives known codes only, and every unresolved part stands in the text."""
    found = Resolver(BQL, BQL_GROUPS).resolve(text)
    assert set(found.codes) <= {unit.code for unit in BQL}
    assert all(part in clean(text) for part in found.unresolved)
