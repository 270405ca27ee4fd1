"""Plans changed by hand and at random, for comparing."""

from __future__ import annotations

import functools
import random

import attrs

from nq57xl.plan.appendix_read import bundled_appendix, read_appendix
from nq57xl.plan.model import Plan, PlanComparison, PlanRowChange, Task


@functools.cache
def plan(name: str = "sxd-2026") -> Plan:
    return read_appendix(bundled_appendix(name)).plan


def retold(whole: Plan) -> Plan:
    """The plan as a document has it that prints no codes: new codes from its own numbering, as an import gives them."""
    tasks = tuple(attrs.evolve(row, code=f"X.{index}", standard_deadline=None) for index, row in enumerate(whole.tasks))
    items = tuple(attrs.evolve(row, code=f"CT.X.{index}") for index, row in enumerate(whole.indicators))
    return attrs.evolve(whole, properties=attrs.evolve(whole.properties, id="van-ban"), tasks=tasks, indicators=items)


def with_tasks(whole: Plan, tasks: list[Task]) -> Plan:
    return attrs.evolve(whole, tasks=tuple(tasks))


def change_of(found: PlanComparison, code: str) -> PlanRowChange:
    return next(row for row in found.rows if row.code == code)


def edited(whole: Plan, script: random.Random) -> Plan:
    """The plan after random edits: rows dropped, doubled, added, reworded, moved, shuffled and renumbered."""
    tasks = list(retold(whole).tasks)
    for _ in range(script.randint(1, 8)):
        index = script.randrange(len(tasks)) if tasks else 0
        match script.choice(["drop", "double", "add", "reword", "move", "shuffle", "renumber", "code"]):
            case "drop" if tasks:
                del tasks[index]
            case "double" if tasks:
                tasks.insert(index, tasks[index])
            case "reword" if tasks:
                words = (tasks[index].subtask or tasks[index].task).split()
                script.shuffle(words)
                tasks[index] = attrs.evolve(tasks[index], subtask=" ".join(words[: script.randint(1, 40)]))
            case "move" if tasks:
                tasks[index] = attrs.evolve(tasks[index], section=script.choice(whole.sections).number)
            case "shuffle":
                script.shuffle(tasks)
            case "renumber":
                tasks = [attrs.evolve(row, number=str(n), subnumber=None) for n, row in enumerate(tasks, 1)]
            case "code" if tasks:
                tasks[index] = attrs.evolve(tasks[index], code=script.choice(whole.tasks).code if whole.tasks else "")
            case _:
                fresh = attrs.evolve(
                    retold(plan()).tasks[0], code="", task=f"Việc mới {script.random()}", subtask="", number="1"
                )
                tasks.insert(index, fresh)
    return with_tasks(whole, tasks)


def reworded(row: Task, script: random.Random) -> Task:
    """About a fourth of the words of what is to be done replaced, added or taken out."""
    field = "subtask" if row.subtask else "task"
    words = str(getattr(row, field)).split()
    for _ in range(max(1, len(words) // 4)):
        place = script.randrange(len(words))
        match script.randrange(3):
            case 0:
                words[place] = script.choice(("nền tảng", "dùng chung", "liên thông", "dữ liệu"))
            case 1:
                words.insert(place, script.choice(("đồng bộ", "theo lộ trình", "an toàn")))
            case _ if len(words) > 3:
                del words[place]
    text = " ".join(words)
    return attrs.evolve(row, subtask=text) if field == "subtask" else attrs.evolve(row, task=text)
