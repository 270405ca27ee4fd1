"""The sheets of the master appendix phu-luc.xlsx, defined once for writing, reading and addressing."""

from __future__ import annotations

from typing import Literal

from attrs import frozen

from nq57xl.plan.model import DueRoll, IndicatorKind

GUIDE: tuple[tuple[str, str], ...] = (
    (
        "",
        "Tệp này là gốc của mọi biểu mẫu và báo cáo. Sửa ở đây, rồi lập lại biểu mẫu; không sửa trên biểu mẫu đã gửi.",
    ),
    ("1", "Kế hoạch: tên kế hoạch, năm, đơn vị tổng hợp, hạn báo cáo, người ký; tên cơ quan theo thời gian hiệu lực."),
    ("2", "Đơn vị và Nhóm đơn vị: ai nhận biểu mẫu; các tên gọi khác và tên gọi chung dùng trong kế hoạch."),
    ("3", "Nhóm nhiệm vụ và Nhiệm vụ: nguyên văn phụ lục của kế hoạch, mỗi dòng một đầu việc, kể cả chỗ in sai."),
    ("4", "Nhóm chỉ tiêu và Chỉ tiêu: nguyên văn bảng chỉ tiêu; để trống nếu kế hoạch không có."),
    ("5", "Cột Mã: không đổi mã đã có. Dòng mới để trống, phần mềm cấp mã một lần rồi ghi lại vào tệp này."),
    (
        "6",
        "Cột Hạn chuẩn: nhập ngày khi thời hạn in không cho biết ngày, ví dụ «Theo Kế hoạch của UBND tỉnh».",
    ),
    ("7", "Được thêm dòng, đổi thứ tự dòng và cột, thêm cột riêng. Không đổi tên trang và tên cột."),
    ("8", "Sửa xong, lưu và đóng tệp, rồi chạy lệnh nq57xl lint để kiểm tra."),
)


_Kind = Literal["text", "short", "whole", "date", "yes_no", "names", "dated_names", "codes", "choice"]
"""`short`: text in a cell formatted as text, so that "2.1" and "31/12/2026" stay as typed; `names`: a name a line;
`dated_names`: a name a line with the last day of its validity, "Phòng Quản lý đô thị (đến 30/06/2026)"."""

_Source = Literal[
    "",
    "units",
    "sections",
    "indicator_groups",
    "yes_no",
    "cutoff",
    "name_kind",
    "unit_kind",
    "vocabulary",
    "indicator_kind",
    "due_roll",
]


@frozen
class AppendixColumn:
    """One column of a table, or one line of a card."""

    key: str
    """Name of the record's field."""
    title: str
    width: float = 12
    hint: str = ""
    """What to type, shown when the cell is chosen."""
    kind: _Kind = "text"
    source: _Source = ""
    """The list of a dropdown."""
    others: tuple[str, ...] = ()
    """Other headings under which people keep this column."""
    optional: bool = False
    """True: the column may be missing in a workbook."""
    center: bool = False
    strict: bool = True
    """False: the dropdown proposes, other values may be typed."""
    rare: bool = False
    """True: written only where some row has something in it; stands last."""
    limits: tuple[int, int] = (0, 200)
    """Smallest and greatest value of a `whole`."""


@frozen
class AppendixSheet:
    """One sheet that holds a table."""

    id: str
    title: str
    heading: str
    note: str
    """One or two sentences under the heading."""
    columns: tuple[AppendixColumn, ...]
    spare: int = 20
    """Prepared empty rows under the last one."""
    optional: bool = False
    """True: the sheet may be missing in a workbook."""

    def column(self, key: str) -> int:
        """Index of the column, 0-based."""
        return next(index for index, item in enumerate(self.columns) if item.key == key)


YES, NO = "Có", "Không"
CUTOFFS = {"decree": "Theo Nghị định 09/2019/NĐ-CP", "calendar": "Theo tháng dương lịch"}
DUE_ROLLS: dict[DueRoll, str] = {
    "none": "Giữ nguyên",
    "after": "Sang ngày làm việc liền sau",
    "before": "Về ngày làm việc liền trước",
}
INDICATOR_KINDS: dict[IndicatorKind, str] = {
    "stock": "Thời điểm",
    "flow": "Trong kỳ",
    "cumulative": "Lũy kế",
    "flow_stock": "Tử số trong kỳ, mẫu số thời điểm",
}
VOCABULARIES = {
    "own": "Từ ngữ của biểu mẫu",
    "A": "A. Báo cáo của Chính phủ",
    "B": "B. Tổ công tác của Thủ tướng",
    "C": "C. Ba mức; đúng hạn hoặc trễ hạn",
    "F": "F. Đúng tiến độ; nguy cơ chậm; chậm tiến độ",
}
NAME_KINDS = {
    "agency": "Cơ quan ban hành",
    "parent": "Cơ quan cấp trên",
    "recipient": "Nơi nhận báo cáo",
    "place": "Địa danh",
}
UNIT_KINDS = ("Văn phòng", "Phòng chuyên môn", "Đơn vị sự nghiệp", "Cơ quan ngoài")

HEADER_ROW = 3
"""0-based row of the column headings of every table sheet."""

CARD: tuple[AppendixColumn, ...] = (
    AppendixColumn(
        "id", "Mã kế hoạch", hint="Chữ không dấu, số, gạch nối; ví dụ: sxd-2026. Không đổi trong năm.", kind="short"
    ),
    AppendixColumn("title", "Tên kế hoạch", hint="Trích yếu của kế hoạch, nguyên văn."),
    AppendixColumn("year", "Năm", hint="Năm thực hiện kế hoạch, ví dụ 2026.", kind="whole", limits=(2000, 2099)),
    AppendixColumn("number", "Số văn bản", hint="Số của kế hoạch; để trống khi chưa biết.", kind="short"),
    AppendixColumn("symbol", "Ký hiệu", hint="Phần sau dấu gạch chéo, ví dụ KH-SXD.", kind="short"),
    AppendixColumn("issued_on", "Ngày ban hành", hint="Ngày/tháng/năm; để trống khi chưa biết.", kind="date"),
    AppendixColumn("gatherer", "Đơn vị tổng hợp", hint="Mã đơn vị ở trang Đơn vị.", kind="short", source="units"),
    AppendixColumn(
        "internal_day",
        "Đơn vị báo cáo trước ngày",
        hint="Ngày trong tháng cuối của kỳ, từ 1 đến 31.",
        kind="whole",
        limits=(1, 31),
    ),
    AppendixColumn(
        "report_day",
        "Cơ quan báo cáo trước ngày",
        hint="Ngày trong tháng cuối của kỳ, từ 1 đến 31.",
        kind="whole",
        limits=(1, 31),
    ),
    AppendixColumn(
        "before_is_inclusive",
        "«Trước ngày» tính cả ngày đó",
        hint="Chọn Không: «trước ngày 18» là chậm nhất ngày 17.",
        kind="yes_no",
        source="yes_no",
    ),
    AppendixColumn(
        "roll_weekends",
        "Lùi hạn khi trùng thứ Bảy, Chủ nhật",
        hint="Chọn Có: hạn rơi vào cuối tuần chuyển sang thứ Hai.",
        kind="yes_no",
        source="yes_no",
    ),
    AppendixColumn(
        "cutoff",
        "Cách chốt số liệu",
        hint="Theo Nghị định: từ ngày 15 tháng trước đến ngày 14 tháng cuối kỳ.",
        kind="choice",
        source="cutoff",
    ),
    AppendixColumn("authority", "Thẩm quyền ký", hint="Ví dụ: KT. GIÁM ĐỐC; để trống khi cấp trưởng ký.", kind="short"),
    AppendixColumn("position", "Chức vụ người ký", hint="Ví dụ: PHÓ GIÁM ĐỐC.", kind="short"),
    AppendixColumn("signer", "Họ tên người ký", hint="Họ và tên, không ghi học hàm, học vị.", kind="short"),
    AppendixColumn(
        "clear_criteria", "Các tiêu chí «rõ»", hint="Mỗi dòng một tiêu chí (Alt+Enter để xuống dòng).", kind="names"
    ),
    AppendixColumn(
        "due_roll",
        "Khi hạn trùng ngày nghỉ",
        hint="Cuối tuần, ngày lễ, ngày nghỉ hoán đổi. Để trống: chỉ theo dòng «Lùi hạn».",
        kind="choice",
        source="due_roll",
    ),
    AppendixColumn("days_off", "Ngày nghỉ hoán đổi", hint="Cách nhau dấu phẩy: 02/01/2026, 31/08/2026.", kind="codes"),
    AppendixColumn("days_worked", "Ngày làm bù", hint="Cách nhau dấu phẩy: 10/01/2026.", kind="codes"),
)

SETTINGS: tuple[AppendixColumn, ...] = (
    AppendixColumn(
        "at_risk_days",
        "Số ngày báo trước nguy cơ chậm",
        hint="Đầu việc chưa xong còn từng này ngày đến hạn thì tính là có nguy cơ chậm.",
        kind="whole",
    ),
    AppendixColumn(
        "free_rows", "Số dòng trống in sẵn", hint="Số dòng chuẩn bị sẵn trong bảng đề xuất, kiến nghị.", kind="whole"
    ),
    AppendixColumn(
        "remind_days_before",
        "Nhắc trước hạn (số ngày)",
        hint="Nhắc đơn vị chưa nộp báo cáo trước hạn từng này ngày; ngoài ra nhắc vào hôm sau ngày chốt số liệu.",
        kind="whole",
        limits=(0, 20),
    ),
    AppendixColumn(
        "remind_days_after",
        "Nhắc sau hạn (số ngày)",
        hint="Nhắc đơn vị chưa nộp báo cáo sau hạn từng này ngày.",
        kind="whole",
        limits=(0, 20),
    ),
    AppendixColumn(
        "vocabulary",
        "Bộ từ ngữ của báo cáo",
        hint="Cách ghi tiến độ trong báo cáo tổng hợp; biểu mẫu của đơn vị không đổi.",
        kind="choice",
        source="vocabulary",
    ),
    AppendixColumn(
        "quality_score",
        "Chấm điểm chất lượng số liệu",
        hint="Có: noi-bo.xlsx có trang chấm điểm báo cáo theo sáu nguyên tắc; không đưa vào báo cáo tổng hợp.",
        kind="yes_no",
        source="yes_no",
    ),
)

PLAN_TITLE, SETTINGS_TITLE, GUIDE_TITLE = "Kế hoạch", "Cài đặt", "Hướng dẫn"

NAMES = AppendixSheet(
    "names",
    PLAN_TITLE,
    "TÊN CƠ QUAN, NƠI NHẬN, ĐỊA DANH",
    "",
    (
        AppendixColumn("kind", "Loại tên", hint="Chọn trong danh sách.", kind="choice", source="name_kind"),
        AppendixColumn("name", "Tên gọi", hint="Ghi đúng như in trên văn bản."),
        AppendixColumn(
            "valid_from", "Từ ngày", hint="Ngày bắt đầu dùng tên; để trống nếu không rõ.", kind="date", optional=True
        ),
        AppendixColumn(
            "valid_to", "Đến ngày", hint="Ngày cuối cùng dùng tên; để trống nếu còn dùng.", kind="date", optional=True
        ),
    ),
    spare=6,
)

_VALID_FROM = AppendixColumn(
    "valid_from", "Từ ngày", 12, "Ngày bắt đầu hoạt động; có thể để trống.", "date", optional=True
)
_VALID_TO = AppendixColumn(
    "valid_to", "Đến ngày", 12, "Ngày cuối cùng hoạt động; có thể để trống.", "date", optional=True
)

UNITS = AppendixSheet(
    "units",
    "Đơn vị",
    "DANH SÁCH ĐƠN VỊ",
    "Mỗi dòng một đơn vị. Đơn vị ngoài cơ quan ghi «Có» ở cột Ngoài cơ quan và không nhận biểu mẫu.",
    (
        AppendixColumn(
            "code",
            "Mã",
            11,
            "Chữ in hoa không dấu, ví dụ QLDT. Không đổi.",
            "short",
            center=True,
            others=("Mã đơn vị",),
        ),
        AppendixColumn("name", "Tên đơn vị", 38, "Tên đầy đủ.", others=("Tên", "Đơn vị")),
        AppendixColumn(
            "aliases", "Tên gọi khác", 34, "Mỗi dòng một tên (Alt+Enter để xuống dòng).", "names", optional=True
        ),
        AppendixColumn(
            "kind", "Loại", 17, "Chọn hoặc nhập loại đơn vị.", "short", "unit_kind", optional=True, strict=False
        ),
        AppendixColumn(
            "external", "Ngoài cơ quan", 9, "Có: không nhận biểu mẫu.", "yes_no", "yes_no", optional=True, center=True
        ),
        AppendixColumn(
            "email", "Thư điện tử", 24, "Địa chỉ nhận biểu mẫu.", "short", optional=True, others=("Email", "E-mail")
        ),
        _VALID_FROM,
        _VALID_TO,
        AppendixColumn(
            "successors",
            "Đơn vị kế tiếp",
            11,
            "Khi sáp nhập, chia tách: các mã nhận việc sau «Đến ngày», cách nhau dấu phẩy.",
            "codes",
            optional=True,
        ),
        AppendixColumn(
            "former_names",
            "Tên cũ",
            26,
            "Mỗi dòng một tên và ngày cuối dùng tên, ví dụ: Phòng Quản lý đô thị (đến 30/06/2026).",
            "dated_names",
            optional=True,
        ),
    ),
)
GROUPS = AppendixSheet(
    "groups",
    "Nhóm đơn vị",
    "NHÓM ĐƠN VỊ",
    "Tên gọi chung dùng trong kế hoạch, ví dụ «Các phòng, đơn vị trực thuộc», và các đơn vị thuộc nhóm.",
    (
        AppendixColumn("name", "Tên nhóm", 48, "Ghi như trong cột chủ trì, phối hợp của kế hoạch."),
        AppendixColumn(
            "members",
            "Mã các thành viên",
            36,
            "Các mã ở trang Đơn vị, cách nhau dấu phẩy.",
            "codes",
            others=("Thành viên",),
        ),
        AppendixColumn(
            "aliases", "Tên gọi khác", 48, "Mỗi dòng một tên (Alt+Enter để xuống dòng).", "names", optional=True
        ),
    ),
    spare=10,
    optional=True,
)
SECTIONS = AppendixSheet(
    "sections",
    "Nhóm nhiệm vụ",
    "NHÓM NHIỆM VỤ",
    "Các mục lớn của phụ lục, theo thứ tự in.",
    (
        AppendixColumn("number", "Số", 8, "Số La Mã của mục.", "short", center=True, others=("STT", "TT")),
        AppendixColumn(
            "title",
            "Tên nhóm nhiệm vụ",
            110,
            "Tên mục, nguyên văn, không kèm số.",
            others=("Tên nhóm", "Nhóm nhiệm vụ"),
        ),
    ),
    spare=10,
)
TASKS = AppendixSheet(
    "tasks",
    "Nhiệm vụ",
    "DANH MỤC NHIỆM VỤ",
    "Mỗi dòng một đầu việc, nguyên văn kế hoạch. Dòng mới để trống cột Mã: phần mềm cấp mã một lần và giữ nguyên. "
    "Cột Hạn chuẩn, nếu nhập, thay cho thời hạn suy ra từ kế hoạch.",
    (
        AppendixColumn(
            "code", "Mã", 8, "Để trống ở dòng mới: phần mềm tự cấp mã.", "short", center=True, others=("Mã nhiệm vụ",)
        ),
        AppendixColumn("section", "Nhóm", 6.5, "Số La Mã ở trang Nhóm nhiệm vụ.", "short", "sections", center=True),
        AppendixColumn("number", "Số", 5, "Số thứ tự in trong kế hoạch.", "short", center=True, others=("STT", "TT")),
        AppendixColumn(
            "subnumber", "Số con", 5.5, "Số của tiểu nhiệm vụ, nếu kế hoạch có in.", "short", center=True, optional=True
        ),
        AppendixColumn("task", "Nhiệm vụ tổng quát", 27, "Nguyên văn, không kèm số.", others=("Nhiệm vụ",)),
        AppendixColumn("subtask", "Tiểu nhiệm vụ", 27, "Nguyên văn (rõ việc).", others=("Tiểu nhiệm vụ (Rõ việc)",)),
        AppendixColumn("deliverable", "Sản phẩm đầu ra", 17, "Sản phẩm bắt buộc (rõ kết quả).", others=("Sản phẩm",)),
        AppendixColumn("kpi", "KPI", 17, "Kết quả đo lường được.", others=("KPI đo lường hiệu quả",)),
        AppendixColumn("lead", "Đơn vị chủ trì", 13, "Tên đơn vị ở trang Đơn vị (rõ người).", others=("Chủ trì",)),
        AppendixColumn(
            "support", "Đơn vị phối hợp", 14, "Tên đơn vị hoặc nhóm đơn vị.", others=("Phối hợp",), optional=True
        ),
        AppendixColumn(
            "deadline", "Thời hạn in trong kế hoạch", 13, "Nguyên văn (rõ thời gian).", "short", others=("Thời hạn",)
        ),
        AppendixColumn(
            "standard_deadline",
            "Hạn chuẩn",
            11.5,
            "Ngày/tháng/năm do cơ quan ấn định, nếu có.",
            "date",
            optional=True,
            center=True,
        ),
        AppendixColumn("note", "Ghi chú", 12, "Nguyên văn ghi chú của kế hoạch.", optional=True),
        AppendixColumn(
            "responsible",
            "Lãnh đạo phụ trách",
            14,
            "Người chịu trách nhiệm (rõ trách nhiệm); cột không bắt buộc.",
            optional=True,
            rare=True,
            others=("Người chịu trách nhiệm", "Người phụ trách"),
        ),
        AppendixColumn(
            "authority",
            "Cấp quyết định",
            14,
            "Cấp có thẩm quyền quyết định (rõ thẩm quyền); cột không bắt buộc.",
            optional=True,
            rare=True,
            others=("Thẩm quyền quyết định", "Thẩm quyền"),
        ),
    ),
    spare=60,
)
INDICATOR_GROUPS = AppendixSheet(
    "indicator_groups",
    "Nhóm chỉ tiêu",
    "NHÓM CHỈ TIÊU",
    "Các nhóm của bảng chỉ tiêu, theo thứ tự in; để trống nếu kế hoạch không có chỉ tiêu.",
    (
        AppendixColumn("number", "Số", 8, "Số La Mã của nhóm.", "short", center=True, others=("STT", "TT")),
        AppendixColumn(
            "title",
            "Tên nhóm chỉ tiêu",
            110,
            "Tên nhóm, nguyên văn, không kèm số.",
            others=("Tên nhóm", "Nhóm chỉ tiêu"),
        ),
    ),
    spare=10,
    optional=True,
)
INDICATORS = AppendixSheet(
    "indicators",
    "Chỉ tiêu",
    "DANH MỤC CHỈ TIÊU",
    "Mỗi dòng một chỉ tiêu. Dòng mới để trống cột Mã: phần mềm cấp mã một lần và giữ nguyên.",
    (
        AppendixColumn(
            "code", "Mã", 11, "Để trống ở dòng mới: phần mềm tự cấp mã.", "short", center=True, others=("Mã chỉ tiêu",)
        ),
        AppendixColumn("group", "Nhóm", 7, "Số La Mã ở trang Nhóm chỉ tiêu.", "short", "indicator_groups", center=True),
        AppendixColumn("number", "Số", 6, "Số thứ tự in trong kế hoạch.", "short", center=True, others=("STT", "TT")),
        AppendixColumn("indicator", "Chỉ tiêu", 54, "Nguyên văn, không kèm số.", others=("Nội dung chỉ tiêu",)),
        AppendixColumn(
            "unit", "Đơn vị tính", 16, "Đơn vị tính, đo lường; nguyên văn.", "short", others=("ĐVT",), center=True
        ),
        AppendixColumn(
            "target", "Mục tiêu", 13, "Nguyên văn, ví dụ: ≥ 90%.", "short", others=("Kết quả",), center=True
        ),
        AppendixColumn(
            "lead",
            "Đơn vị theo dõi",
            22,
            "Tên đơn vị ở trang Đơn vị.",
            others=("Đơn vị chủ trì theo dõi, đánh giá", "Đơn vị chủ trì"),
        ),
        AppendixColumn(
            "kind",
            "Loại số liệu",
            13,
            "Thời điểm: số có đến ngày chốt; Trong kỳ: phát sinh trong kỳ; Lũy kế: cộng dồn từ đầu.",
            "choice",
            "indicator_kind",
            optional=True,
            center=True,
        ),
        AppendixColumn("note", "Ghi chú", 18, "Ghi chú, nếu có.", optional=True),
        AppendixColumn(
            "threshold",
            "Ngưỡng biến động (%)",
            12,
            "Tăng, giảm quá từng này phần trăm so với kỳ trước thì hỏi giải trình; để trống: 20.",
            "whole",
            optional=True,
            center=True,
            limits=(1, 1000),
        ),
    ),
    spare=30,
    optional=True,
)

_AD_HOC = AppendixSheet(
    "ad_hoc",
    "Báo cáo đột xuất",
    "BÁO CÁO ĐỘT XUẤT",
    "Mỗi dòng một báo cáo ngoài lịch định kỳ, có ngày riêng; để trống nếu không có. Phát hành, nhận, tổng hợp như các "
    "kỳ khác, ví dụ: nq57xl generate --period DX1.",
    (
        AppendixColumn(
            "code", "Mã", 9, "DX và số thứ tự trong năm: DX1, DX2. Không đổi khi đã phát hành.", "short", center=True
        ),
        AppendixColumn("subject", "Nội dung báo cáo", 44, "Ví dụ: về tiến độ xây dựng cơ sở dữ liệu chuyên ngành."),
        AppendixColumn("start", "Số liệu từ ngày", 12, "Ngày đầu của số liệu.", "date", center=True),
        AppendixColumn("cutoff", "Chốt số liệu ngày", 12, "Ngày cuối của số liệu.", "date", center=True),
        AppendixColumn(
            "due", "Đơn vị gửi chậm nhất", 12, "Ngày cuối mà báo cáo của đơn vị còn đúng hạn.", "date", center=True
        ),
        AppendixColumn(
            "report_due",
            "Cơ quan gửi chậm nhất",
            12,
            "Ngày cuối của báo cáo tổng hợp; để trống: như hạn của đơn vị.",
            "date",
            optional=True,
            center=True,
        ),
        AppendixColumn(
            "rows",
            "Chỉ nhiệm vụ, chỉ tiêu",
            30,
            "Mã nhiệm vụ, chỉ tiêu hoặc cả nhóm, cách nhau dấu phẩy: II, III.6, CT.I. Để trống: tất cả.",
            "codes",
            optional=True,
        ),
    ),
    spare=8,
    optional=True,
)

TABLES: tuple[AppendixSheet, ...] = (UNITS, GROUPS, SECTIONS, TASKS, INDICATOR_GROUPS, INDICATORS, _AD_HOC)
CARD_ROW = 3
"""0-based row of the first line of a card sheet, under its headings."""
NAMES_ROW = CARD_ROW + len(CARD) + 3
"""0-based row of the first line of the names table on the sheet of the plan."""
