"""The pictures of docs/pictures: one of each sheet, small enough for a page on the web."""

from __future__ import annotations

from nq57xl.forms.layout import layout
from tests.outputs.test_report_paper import NAMES
from tests.proof_kit import real_forms
from tools import make_pictures, make_screens


def _names(group: str) -> set[str]:
    return {path.stem for path in make_pictures.PICTURES.glob(f"{group}-*.png")}


def test_every_sheet_of_a_form_has_its_picture() -> None:
    """Each visible tab of the form has a picture as issued, two as marked; no picture shows a tab that is gone."""
    form = real_forms()[f"{make_pictures.PLAN}_{make_pictures.UNIT}"]
    tabs = {make_pictures.slug(sheet.title) for sheet in layout(form) if not sheet.hidden}
    assert _names("form") == {f"form-{tab}" for tab in tabs}
    assert _names("marked") == {f"marked-{make_pictures.slug(tab)}" for tab in make_pictures.MARKED}


def test_every_sheet_of_a_form_has_its_screen() -> None:
    """Each visible tab as a person first sees it, a list opened, a filled row, and the marked form before and after."""
    form = real_forms()[f"{make_screens.PLAN}_{make_screens.UNIT}"]
    tabs = {make_pictures.slug(sheet.title) for sheet in layout(form) if not sheet.hidden}
    told = {"danh-sach-chon", "dong-da-dien", "dong-da-dien-kiem-tra"}
    told |= {f"{what}-{when}" for what in ("can-sua", "o-can-sua") for when in ("truoc", "sau")}
    assert _names("screen") == {f"screen-{name}" for name in tabs | told}


def test_every_sheet_of_the_report_has_its_picture() -> None:
    """Each sheet of a report with periods before it has a picture of its first page."""
    assert _names("report") >= {f"report-{make_pictures.slug(tab)}" for tab in NAMES}


def test_pictures_are_small() -> None:
    """No picture is larger than 150 KB, and all together are not larger than 3.3 MB."""
    sizes = {path.name: path.stat().st_size for path in make_pictures.PICTURES.glob("*.png")}
    assert sizes
    assert sum(sizes.values()) < 3_300_000
    assert {name: size for name, size in sizes.items() if size > make_pictures.LIMIT} == {}
