"""Writes the pages of docs/ that are generated: findings.md, fields.md and phu-luc.md.

    python tools/make_docs.py

tests/test_docs.py fails when a page on disk is not what this tool would write.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from nq57xl.plan import appendix
from nq57xl.plan.appendix import INDICATOR_KINDS
from nq57xl.rules.findings import Entry, catalogue
from nq57xl.rules.load import load_schema
from nq57xl.rules.movement import predicates_of
from nq57xl.rules.predicates import Predicate
from nq57xl.rules.rows import Condition
from nq57xl.rules.schema import Field, Schema, SheetSpec, Table

DOCS = Path(__file__).resolve().parent.parent / "docs"

SEVERITIES = {
    "error": ("Lỗi", "bản báo cáo bị trả lại"),
    "warning": ("Cảnh báo", "được nhận, nhưng cần trả lời"),
    "repaired": ("Đã sửa", "phần mềm tự sửa, không suy đoán; được nhận"),
    "note": ("Ghi chú", "để biết; được nhận"),
}
TYPES = {
    "text": "chữ",
    "choice": "chọn trong danh sách",
    "mark": "dấu chọn",
    "percent": "tỷ lệ %",
    "number": "số",
    "whole": "số nguyên",
    "date": "ngày",
    "measure": "theo đơn vị tính của chỉ tiêu",
}
FACTS = {
    "#overdue": "đầu việc đã quá hạn",
    "#measure": "chỉ tiêu tính bằng",
    "#countable": "đơn vị tính đếm được",
    "#kind": "loại số liệu",
}
REPEATABLE = {True: "dòng được chọn như kỳ trước", False: "dòng phải trả lời trong kỳ"}
MEASURES = {"percent": "tỷ lệ %", "number": "số", "choice": "có hoặc không"}
LIMITS = {"year_start": "01/01 năm kế hoạch", "year_end": "31/12 năm kế hoạch"}
MADE = "<!-- Made by tools/make_docs.py; do not edit by hand. -->"


def row(cells: Iterable[str]) -> str:
    """One line of a Markdown table; bars inside a cell are escaped."""
    return "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"


def table(head: list[str], rows: Iterable[Iterable[str]]) -> list[str]:
    """A whole Markdown table with a blank line after it."""
    return [row(head), row(["---"] * len(head)), *(row(item) for item in rows), ""]


def template(text: str) -> str:
    """A message template with its words in angle quotes, as readers know placeholders."""
    return text.replace("{", "‹").replace("}", "›")


def findings_page() -> str:
    """docs/findings.md from schemas/findings.yml."""
    lines = [
        "# Danh mục phát hiện",
        "",
        MADE,
        "",
        "Mỗi phát hiện có một mã cố định (tiếng Anh, không đổi giữa các phiên bản) dùng trong `--json`,",
        "một mức độ, một câu nói rõ điều gì sai và một câu nói rõ phải làm gì. Chữ trong ‹ › được điền theo",
        "từng trường hợp. Nguồn: `schemas/findings.yml`;",
        "quy tắc của từng ô ở [fields.md](fields.md).",
        "",
    ]
    lines += table(
        ["Mức độ", "`severity`", "Hệ quả"], [(words[0], f"`{key}`", words[1]) for key, words in SEVERITIES.items()]
    )
    for severity, (title, _) in SEVERITIES.items():
        entries = [entry for entry in catalogue().values() if entry.severity == severity]
        lines += [f"## {title}", ""]
        lines += table(["Mã", "Tên", "Thông báo", "Cách xử lý"], [finding_cells(entry) for entry in entries])
    return "\n".join(lines).rstrip() + "\n"


def finding_cells(entry: Entry) -> list[str]:
    """One line of the catalogue."""
    return [f"`{entry.code}`", entry.title, template(entry.message), template(entry.fix) or "–"]


def limits(field: Field, schema: Schema) -> str:
    """What a field admits, in words."""
    if field.type in ("choice", "mark"):
        return "; ".join(f"«{item.title}»" for item in schema.lists[field.choices])
    if field.type == "text":
        return f"tối đa {field.max_length} ký tự"
    low, high = (limit_words(limit, field) for limit in (field.min, field.max))
    return " ".join(part for part in (low and f"từ {low}", high and f"đến {high}") if part) or "–"


def limit_words(limit: float | str | None, field: Field) -> str:
    """One limit; a date limit counts in years around the plan's year."""
    if limit is None:
        return ""
    if field.type == "percent":
        return f"{float(limit):.0%}"
    if field.type != "date":
        return f"{limit}"
    for symbol, words in LIMITS.items():
        if str(limit).startswith(symbol):
            shift = str(limit).removeprefix(symbol).removesuffix("y")
            side = "sau" if shift.startswith("+") else "trước"
            return words + (f" ({shift[1:]} năm {side})" if shift else "")
    return str(limit)


def when_words(when: Condition) -> str:
    """When a rule speaks, in words."""
    parts = []
    for name, wanted in when.when.items():
        if name == "*":
            parts.append("dòng có nội dung")
        elif name == "#measure":
            parts.append(f"{FACTS[name]} {' hoặc '.join(MEASURES[item] for item in wanted)}")
        elif name == "#kind":
            parts.append(f"{FACTS[name]} {' hoặc '.join(f'«{INDICATOR_KINDS[item]}»' for item in wanted)}")
        elif name == "#repeatable":
            parts += [REPEATABLE[item] for item in wanted]
        elif name.startswith("#"):
            parts.append(FACTS[name] if wanted == [True] or name != "#overdue" else "đầu việc chưa quá hạn")
        elif wanted in ("filled", "blank"):
            parts.append(f"«{when.fields[name].title}» {'đã nhập' if wanted == 'filled' else 'để trống'}")
        else:
            words = " hoặc ".join(f"«{when.words(name, code)}»" for code in wanted)
            parts.append(f"{when.fields[name].title} là {words}")
    return "; ".join(parts) or "luôn luôn"


def complaint(predicate: Predicate) -> str:
    """What a rule complains about, in words."""
    title, params = predicate.field.title, predicate.rule.params
    if predicate.name == "empty_if":
        return f"{title} có nội dung"
    if predicate.name == "equals_if" and "value" in params:
        return f"{title} khác {limit_words(params['value'], predicate.field)}"
    if predicate.name == "equals_if" and "whole" in params:
        return f"{title} có phần lẻ"
    if predicate.name == "equals_if":
        return f"{title} không khớp tử số chia mẫu số"
    if predicate.name == "between" and "below" in params:
        return f"{title} từ {limit_words(params['below'], predicate.field)} trở lên"
    if params.get("explained"):
        return f"{predicate.short().replace('cần giải trình', 'đã giải trình')}"
    return predicate.short()


def rule_cells(predicate: Predicate) -> list[str]:
    """One line of a table's rules."""
    rule = predicate.rule
    return [
        predicate.field.title,
        complaint(predicate),
        when_words(predicate.when),
        SEVERITIES[rule.severity][0],
        f"`{rule.code}`",
        "có" if rule.live else "khi nhận",
    ]


def table_section(item: Table, schema: Schema) -> list[str]:
    """Fields and rules of one kind of row."""
    lines = [f"## {item.title} (`{item.name}`)", ""]
    lines += table(
        ["Ô", "Tên", "Kiểu", "Giới hạn", "Hướng dẫn", "Ví dụ"],
        [
            (f"`{one.name}`", one.title, TYPES[one.type], limits(one, schema), one.hint, one.example or "–")
            for one in item.fields
        ],
    )
    # the length of each text stands among the limits above
    rules = [rule_cells(one) for one in predicates_of(item, schema) if one.name != "max_length"]
    if rules:
        lines += table(["Ô", "Báo khi", "Điều kiện", "Mức độ", "Mã", "Kiểm tra ngay trong biểu"], rules)
    grey = [(one.title, states) for one in item.fields if (states := grey_states(item, one, schema))]
    if grey:
        lines += table(["Ô không áp dụng (nền xám, để trống)", "Khi"], grey)
    return lines


def grey_states(item: Table, field: Field, schema: Schema) -> str:
    """When a cell does not apply, in words."""
    return " · ".join(when_words(Condition(when, item, schema)) for when in item.needless_when(field.name))


def entries(sheet: SheetSpec, schema: Schema) -> str:
    """The entry cells of a sheet; a card shows every field of its table."""
    fields = schema.table(sheet.table)
    if sheet.layout == "card":
        return "; ".join(item.title for item in fields.fields)
    return "; ".join(fields.field(column.name).title for column in sheet.columns if column.entry)


def fields_page() -> str:
    """docs/fields.md from schemas/*.yml."""
    schema = load_schema()
    lines = [
        "# Các ô nhập và quy tắc",
        "",
        MADE,
        "",
        "Mọi danh sách chọn, giới hạn, lời nhắc, ô kiểm tra trong biểu và phép kiểm tra khi nhận",
        "đều sinh ra từ các tệp `schemas/*.yml`; trang này cũng vậy. Đơn vị tổng hợp muốn đổi một tệp thì",
        "chép tệp đó vào thư mục `schemas/` của thư mục làm việc và sửa bản chép; biểu đã phát hành vẫn",
        "được kiểm tra theo quy tắc lúc phát hành. Chữ dài quá giới hạn của ô: cảnh báo `TEXT_TOO_LONG` khi nhận.",
        "",
        "`nq57xl schema led` in các ô, kiểu và phép kiểm tra của một bảng; `--yaml` hoặc `--json` in lược đồ pandera.",
        "Chương trình khác: `import nq57xl.rules.row_checks`, rồi `pandera.pandas.DataFrameSchema.from_yaml(…)`.",
        "",
    ]
    for item in (one for one in schema.tables if one.fields):
        lines += table_section(item, schema)
    lines += ["## Các trang của biểu mẫu", ""]
    lines += table(
        ["Trang", "Nội dung", "Ô nhập"],
        [(one.title, one.heading, entries(one, schema) or "không có") for one in schema.sheets],
    )
    return "\n".join(lines).rstrip() + "\n"


KINDS = {
    "text": "chữ",
    "short": "chữ",
    "whole": "số nguyên",
    "date": "ngày",
    "yes_no": "Có hoặc Không",
    "names": "mỗi dòng một tên",
    "dated_names": "mỗi dòng một tên, kèm ngày cuối dùng tên",
    "codes": "các mã, cách nhau dấu phẩy",
    "choice": "chọn trong danh sách",
}


def appendix_columns(columns: Iterable[appendix.AppendixColumn], head: str) -> list[str]:
    """The columns of a table of the master appendix, or the lines of a card."""
    return table(
        [head, "Kiểu", "Nhập gì"],
        [(item.title, KINDS[item.kind], item.hint) for item in columns],
    )


def appendix_page() -> str:
    """docs/phu-luc.md from the definition of the master appendix."""
    lines = [
        "# Phụ lục gốc: phu-luc.xlsx",
        "",
        MADE,
        "",
        "Đây là tệp duy nhất mà đơn vị tổng hợp sửa. Biểu mẫu, thời hạn, danh sách đơn vị phải báo cáo và báo cáo",
        "tổng hợp đều lấy từ tệp này. Sửa xong, lưu và đóng tệp, chạy `nq57xl lint` để xem phần mềm hiểu thế nào.",
        "",
        "- Nội dung kế hoạch giữ nguyên văn, kể cả lỗi in; cách hiểu (ngày, đơn vị) là việc của phần mềm và của cột",
        "  «Hạn chuẩn».",
        "- Dòng mới để trống cột «Mã»: phần mềm cấp mã một lần rồi giữ nguyên.",
        "- Kế hoạch được điều chỉnh thì dùng `nq57xl amend`: mã giữ nguyên, bản cũ được lưu. Đơn vị đổi tên, sáp nhập,",
        "  chia tách thì ghi ngày, «Đơn vị kế tiếp», «Tên cũ» ở trang Đơn vị; xem [van-phong.md](van-phong.md).",
        "- Đơn vị không nhận ra, mã trùng, thiếu thông tin là lỗi: phải sửa trước khi phát hành biểu mẫu.",
        "",
        f"## Trang «{appendix.CARD.title}»",
        "",
        *appendix_columns(appendix.CARD.columns, "Dòng"),
        f"Bên dưới: {appendix.NAMES.heading.lower()}, mỗi tên có ngày hiệu lực, để báo cáo ghi đúng tên vào ngày ký.",
        "",
        *appendix_columns(appendix.NAMES.columns, "Cột"),
    ]
    for sheet in appendix.TABLES:
        lines += [f"## Trang «{sheet.title}»", "", sheet.note, "", *appendix_columns(sheet.columns, "Cột")]
    lines += [f"## Trang «{appendix.SETTINGS.title}»", "", *appendix_columns(appendix.SETTINGS.columns, "Dòng")]
    return "\n".join(lines).rstrip() + "\n"


def pages() -> dict[str, str]:
    """Every generated page by file name."""
    return {"findings.md": findings_page(), "fields.md": fields_page(), "phu-luc.md": appendix_page()}


def main() -> None:
    """Writes the pages and says which changed."""
    for name, text in pages().items():
        path = DOCS / name
        old = path.read_text(encoding="utf-8") if path.is_file() else ""
        path.write_text(text, encoding="utf-8", newline="\n")
        print(f"docs/{name}: {'unchanged' if old == text else 'written'}")


if __name__ == "__main__":
    main()
