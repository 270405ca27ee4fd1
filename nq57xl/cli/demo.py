"""Tells the demo in the terminal."""

from __future__ import annotations

from pathlib import Path

from nq57xl.cli import printing
from nq57xl.cli.options import console
from nq57xl.commands.collect import Collected
from nq57xl.commands.demo import DemoStep, demo
from nq57xl.commands.generate import Generated
from nq57xl.commands.merge import Merged, PeriodOverview
from nq57xl.rules.findings import to_answer


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
