"""The questions that an imported plan leaves, asked and answered in the workspace itself, before its first form."""

from __future__ import annotations

from collections.abc import Mapping

from nq57xl.commands.import_plan import answered_appendix, teach_headings
from nq57xl.commands.office import Office
from nq57xl.errors import Nq57Error
from nq57xl.ledger.lock import writing
from nq57xl.plan.appendix_write import write_appendix
from nq57xl.plan.review_questions import Question, questions_of, read_review
from nq57xl.text import files


def open_questions(office: Office) -> tuple[Question, ...]:
    """What is still asked about phu-luc.xlsx, those that decide most first; none once forms were issued."""
    with office.reading() as ledger:
        if ledger.latest_period() is not None:
            return ()
    read = read_review(office.workspace.appendix.read_bytes())
    return questions_of(office.appendix().plan, read[1]) if read else ()


def answer_questions(office: Office, answers: Mapping[str, str]) -> int:
    """Takes the answers (by key) into phu-luc.xlsx, which is kept as it was in backup/; gives how many are still open.

    Raises Nq57Error without answers and where forms were issued already, WorkbookOpenError while phu-luc.xlsx is open.
    """
    known = {question.key for question in open_questions(office)}
    given = {key: answer for key, answer in answers.items() if key in known and answer}
    if not given:
        raise Nq57Error("Chưa trả lời câu hỏi nào, hoặc đã phát hành biểu mẫu nên không hỏi nữa: sửa ở phu-luc.xlsx.")
    with writing(office.workspace, "review", office.clock, office.person):
        path = office.workspace.appendix
        data = path.read_bytes()
        read = read_review(data)
        done = answered_appendix(data, path.name, (given, read[1] if read else ()))
        files.require_closed(path)
        office.keep_appendix(data)
        files.write_atomic(path, write_appendix(done.plan, done.review))
        teach_headings(office.workspace.root, done.headings)
        return len(questions_of(done.plan, done.review))
