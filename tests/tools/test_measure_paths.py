"""How often a text is handed from record to record: what `tools/measure_paths.py` counts."""

from __future__ import annotations

import re
import subprocess
import sys

from tests.conftest import NIGHTLY, REPOSITORY

if NIGHTLY:

    def test_a_text_stands_in_few_records() -> None:
        """A task's text and a returned cell stand in ten records at most, from the file that came to what goes out."""
        words = [sys.executable, "-m", "tools.measure_paths"]
        said = subprocess.run(words, cwd=REPOSITORY, capture_output=True, check=True).stdout.decode("utf-8")
        counts = [int(count) for count in re.findall(r"57: (\d+)$", said, re.MULTILINE)]
        assert len(counts) == 2
        assert max(counts) <= 10
        for record in ("plan.model.Task", "forms.model.FormRow", "forms.model.Value", "xlsx.pages.ReportLine"):
            assert f"  {record}\n" in said, "the mark did not come through"
