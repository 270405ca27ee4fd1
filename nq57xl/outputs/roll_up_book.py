"""The workbook beside a superior form: what a person still has to answer, and where every filled cell comes from."""

from __future__ import annotations

import attrs

from nq57xl.plan.appendix_styles import STYLES, write_rows
from nq57xl.results.superior_filling import FilledForm, FilledLine
from nq57xl.xlsx.write import Workbook

_POINTS, _FILLED, _GENERAL = "Cần người xử lý", "Nguồn của ô đã điền", "Đề xuất, kiến nghị chung"
_POINT_COLUMNS = {
    "Trang": 14,
    "Ô": 8,
    "Mã": 10,
    "Dòng của biểu": 50,
    "Nội dung": 20,
    "Vì sao, cần làm gì": 60,
    "Ô ghi lý do": 9,
}
_GENERAL_COLUMNS = {"Biểu": 22, "Đơn vị": 28, "Nội dung đơn vị đã ghi": 90, "Nguồn số": 14}
_FILLED_COLUMNS = {
    "Trang": 14,
    "Ô": 8,
    "Mã": 10,
    "Nội dung": 20,
    "Giá trị đã điền": 40,
    "Mã của cơ quan": 12,
    "Đơn vị": 24,
    "Đơn vị đã nhập": 40,
    "Nguồn số": 9,
    "Tệp": 24,
    "Trang của tệp": 14,
    "Ô của tệp": 9,
    "Mã băm SHA-256 của tệp": 66,
}


def render_roll_up(title: str, filled: FilledForm, sources: str) -> bytes:
    """The workbook; `title`: of form and period, `sources`: name of the office's own workbook of sources."""
    with Workbook(f"Tổng hợp lên cấp trên: {title}", STYLES) as book:
        points = [attrs.astuple(item, filter=lambda field, _: field.name != "code") for item in filled.points]
        note = (
            "Các ô dưới đây để trống hoặc cần xem lại; người phụ trách trả lời vào biểu, kiểm tra rồi ký. «Cấp trên sẽ "
            "trả lại», «Cấp trên sẽ hỏi lại» là kết quả kiểm tra biểu đã điền theo quy tắc của biểu: sửa trước khi "
            "gửi; số liệu đúng thì ghi lý do vào ô ở cột cuối."
        )
        write_rows(book.sheet(_POINTS), (f"CẦN NGƯỜI XỬ LÝ: {title}", note), _POINT_COLUMNS, points, frozen=2)
        note = (
            f"Mỗi dòng là một ô do đơn vị nhập mà ô của biểu lấy theo; «Nguồn số» là số thứ tự trong {sources} của cơ "
            "quan, tệp gốc lưu trong thư mục archive theo mã băm. Cột «Giá trị đã điền» để đối chiếu với biểu đã ký."
        )
        before = (None, *filled.lines)
        rows = [_cells(item, last) for item, last in zip(filled.lines, before, strict=False)]
        write_rows(book.sheet(_FILLED), (f"NGUỒN CỦA Ô ĐÃ ĐIỀN: {title}", note), _FILLED_COLUMNS, rows, frozen=2)
        general = [attrs.astuple(item) for item in filled.general]
        note = (
            "Nội dung các đơn vị tự đề xuất, kiến nghị chung, không tự đưa lên cấp trên: nội dung nào cần gửi thì "
            "người phụ trách ghi vào biểu."
        )
        if general:
            write_rows(
                book.sheet(_GENERAL), (f"ĐỀ XUẤT, KIẾN NGHỊ CHUNG: {title}", note), _GENERAL_COLUMNS, general, frozen=2
            )
    return book.content


def _cells(item: FilledLine, before: FilledLine | None) -> tuple[str, ...]:
    """The line; what was filled in stands once for all lines of its cell."""
    repeated = before is not None and (before.sheet, before.cell) == (item.sheet, item.cell)
    return attrs.astuple(attrs.evolve(item, shown="") if repeated else item)
