"""The schema files: loaded once, overridden file by file, refused with the file's name when wrong."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from nq57xl import resources
from nq57xl.errors import Nq57Error
from nq57xl.rules.codec import from_json, to_json
from nq57xl.rules.findings import Finding, catalogue, make
from nq57xl.rules.load import load_schema
from nq57xl.rules.schema import Schema


def test_the_lists_are_the_contracts() -> None:
    """Codes and words of progress as the contract has them."""
    progress = [(item.code, item.title) for item in load_schema().lists["progress"]]
    assert progress == [
        ("not_started", "Chưa thực hiện"),
        ("in_progress", "Đang thực hiện"),
        ("done", "Hoàn thành"),
        ("ongoing", "Thường xuyên"),
        ("not_arisen", "Chưa phát sinh"),
    ]


def test_a_schema_survives_json() -> None:
    """The ledger keeps the rules a form was issued with: what is read back is what was issued."""
    schema = load_schema()
    assert from_json(to_json(schema), Schema) == schema


def test_a_finding_in_a_ledger_keeps_how_it_came_to_its_words() -> None:
    """What an office's own catalogue needs goes into the ledger and comes back, by the names that ledgers have."""
    made = make("LEADS_DISAGREE", words={"task": "II.1.1", "value": "A"}, table="led", task="II.1.1")
    text = to_json(made)
    assert '"wording":{"given":["table","task"],"words":{"task":"II.1.1","value":"A"}}' in text
    read = from_json(text, Finding)
    assert (read, read.wording) == (made, made.wording)


def test_a_workspace_overrides_one_file(tmp_path: Path) -> None:
    """An office changes the words of a list; everything else stays packaged, and the version changes."""
    (tmp_path / "schemas").mkdir()
    text = resources.find("schemas", "lists.yml").read_text(encoding="utf-8")
    (tmp_path / "schemas" / "lists.yml").write_text(text.replace("Thường xuyên", "Duy trì"), encoding="utf-8")
    own, packaged = load_schema(tmp_path), load_schema()
    assert own.lists["progress"][3].title == "Duy trì"
    assert own.tables == packaged.tables
    assert own.version != packaged.version


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        ("led.yml", "predicate: required_if, field: progress", "predicate: required_if, field: tien_do", "tien_do"),
        ("led.yml", "choices: progress", "choices: khong_co", "khong_co"),
        ("led.yml", "min: year_start-1y", "min: hom_qua", "hom_qua"),
        ("led.yml", "hint: Chọn một trong năm mức trong danh sách.", "hnit: Chọn", "hnit"),
        ("led.yml", 'when: {"#repeatable": [false]}', "when: khi", "when: khi"),
        ("led.yml", "when: {progress: [in_progress]}}", "when: {progres: [in_progress]}}", "progres"),
        ("led.yml", "fields: [next_work], when: {progress", "fields: [next_work], when: {tien_do", "tien_do"),
        ("led.yml", "when: {progress: [in_progress]}}", "when: {progress: {in_progress: 1}}}", "in_progress"),
        ("led.yml", 'when: {"#repeatable": [false]}', 'when: {"#repeatable": filled}', "#repeatable: filled"),
        ("led.yml", "[evidence_link]]", "[evidence_url]]", "evidence_url"),
        ("led.yml", "«{field}» là 100%", "«{truong}» là 100%", "truong"),
        ("led.yml", "severity: warning, code: PERCENT_FALLS", "severity: nang, code: PERCENT_FALLS", "nang"),
        ("led.yml", "code: PERCENT_FALLS", "code: PERCENT_FELL", "PERCENT_FELL"),
        ("sheets.yml", "width: ", "widht: ", "widht"),
        ("lists.yml", "progress:", "progress: 5\nkhac:", "lists.yml"),
        ("lists.yml", "ongoing: Thường xuyên", f"ongoing: {'Thường xuyên ' * 20}", "250"),
        ("led.yml", "title: Nguyên nhân", f"title: {'Nguyên nhân ' * 21}", "250"),
    ],
)
def test_a_slip_in_a_file_is_named_with_the_file(tmp_path: Path, file: str, old: str, new: str, said: str) -> None:
    """An unknown field, list, key, word, severity or code of a finding; a limit or a condition that is none.

    So is a text that is longer than Excel takes in a formula.
    """
    shutil.copytree(resources.find("schemas", ""), tmp_path / "schemas")
    path = tmp_path / "schemas" / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(Nq57Error, match=re.escape(file)) as caught:
        load_schema(tmp_path)
    assert said in str(caught.value)


def test_a_single_value_of_a_condition_is_a_list_of_one(tmp_path: Path) -> None:
    """`progress: done` and `"#overdue": true` in an office's rules and grey cells mean what a list of one means."""
    shutil.copytree(resources.find("schemas", ""), tmp_path / "schemas")
    for name in ("led.yml", "indicator.yml"):
        path = tmp_path / "schemas" / name
        text = path.read_text(encoding="utf-8")
        single = re.sub(r"(when: \{[^{}]*)\[(\w+)\]", r"\1\2", text)
        assert single.count("[") < text.count("[")
        path.write_text(single, encoding="utf-8")
    own, packaged = load_schema(tmp_path), load_schema()
    for table in ("led", "indicator"):
        assert own.table(table).needless == packaged.table(table).needless
        assert [rule.when for rule in own.table(table).rules] == [rule.when for rule in packaged.table(table).rules]


def test_a_long_title_that_no_formula_holds_is_right(tmp_path: Path) -> None:
    """What is too long for a check in the sheet is refused in such a check alone."""
    (tmp_path / "schemas").mkdir()
    text = resources.find("schemas", "proposal.yml").read_text(encoding="utf-8")
    title = f"Thời hạn đề xuất {'cần ghi rõ ràng ' * 16}"
    own = text.replace("title: Thời hạn đề xuất", f"title: {title}")
    (tmp_path / "schemas" / "proposal.yml").write_text(own, encoding="utf-8")
    assert load_schema(tmp_path).table("proposal").field("deadline").title == title.strip()


def test_every_code_of_every_rule_is_in_the_catalogue() -> None:
    """A finding always has its line in the catalogue."""
    codes = {rule.code for table in load_schema().tables for rule in table.rules}
    assert codes <= set(catalogue())


def test_a_finding_is_made_from_the_catalogue() -> None:
    """Message and fix are the catalogue's, filled in; severity too, unless the rule has its own."""
    finding = make("WRONG_PERIOD", words={"form_period": "2026-03", "period": "2026-04"}, sheet="x")
    assert finding.severity == "error"
    assert "2026-03" in finding.message
    assert "2026-04" in finding.fix
    assert finding.sheet == "x"


def test_messages_are_nfc_and_say_what_to_do() -> None:
    """Every error and warning has a remedy; every text is in Unicode NFC."""
    import unicodedata

    for entry in catalogue().values():
        for text in (entry.title, entry.message, entry.fix):
            assert unicodedata.is_normalized("NFC", text), entry.code
        if entry.severity in ("error", "warning"):
            assert entry.fix, entry.code
