"""The words of the sheet Hướng dẫn of the master appendix."""

from __future__ import annotations

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
