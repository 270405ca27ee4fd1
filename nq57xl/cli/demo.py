"""Tells the demo in the terminal."""

from __future__ import annotations

from pathlib import Path

from nq57xl.cli import printing
from nq57xl.cli.options import console
from nq57xl.commands.collect import Collected
from nq57xl.commands.demo import PROVINCE, DemoStep, ProvincePlay, demo
from nq57xl.commands.generate import Generated
from nq57xl.commands.merge import Merged
from nq57xl.commands.standing import PeriodOverview
from nq57xl.commands.upward import UpwardReport
from nq57xl.rules.findings import ACCEPTED, to_answer


def tell(folder: Path) -> None:
    """Plays the demo in `folder`, and ends with the paths of the consolidated workbooks."""
    from rich.rule import Rule

    out = console()
    reports: list[Path] = []
    plan, step = "", 0
    for scene in demo(folder):
        if scene.plan != plan:
            plan, step = scene.plan, 0
            out.print(Rule(f"Kế hoạch {plan}"))
        step += 1
        out.print(f"{step:2d}. {scene.title}")
        for line in _lines(scene):
            out.print(f"      {line}")
        if isinstance(scene.outcome, PeriodOverview):
            printing.print_status(scene.outcome)
        if isinstance(scene.outcome, Merged):
            reports += scene.outcome.outputs
    out.print(Rule("Báo cáo tổng hợp"))
    for path in reports:
        out.print(str(path), soft_wrap=True)


def tell_province(folder: Path) -> None:
    """Plays the province in `folder`, and ends with the paths of its consolidated workbooks."""
    out = console()
    reports: list[Path] = []
    for number, step in enumerate(ProvincePlay(folder).scenes(), start=1):
        out.print(f"{number:3d}. {step.title}{_in_short(step.outcome)}")
        if isinstance(step.outcome, Merged) and step.outcome.report.is_relative_to(folder / PROVINCE):
            reports.append(step.outcome.report)
    for path in reports:
        out.print(str(path), soft_wrap=True)


def _in_short(outcome: object) -> str:
    if isinstance(outcome, Collected):
        taken = sum(item.verdict in ACCEPTED for item in outcome.returns)
        return f": nhận {taken}/{len(outcome.returns)} báo cáo"
    if isinstance(outcome, UpwardReport):
        return f": {outcome.filled} ô, còn {len(outcome.points)} điểm cần người xử lý"
    return ""


def _lines(scene: DemoStep) -> list[str]:
    outcome = scene.outcome
    if isinstance(outcome, Generated):
        return [f"{item.form.unit_name}: {item.path.name}" for item in outcome.forms]
    if isinstance(outcome, Collected):
        lines = []
        for item in outcome.returns:
            lines.append(f"{printing.VERDICTS[item.verdict]}: {Path(item.source.path).name}")
            lines += [f"  – {point.cell} {point.text} {point.fix}" for point in to_answer(item.findings)]
        return lines + [f"Biểu trả lại: {path.name}" for path in outcome.sent_back]
    return [str(outcome)] if isinstance(outcome, Path) else []
