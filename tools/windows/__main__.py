"""python -m tools.windows: builds the zip for Windows into dist/, and tries one under wine."""

from __future__ import annotations

import argparse
from pathlib import Path

from tools.windows.bundle import REPOSITORY, build
from tools.windows.smoke import smoke


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m tools.windows", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    building = commands.add_parser("build", help="builds the zip and prints its path")
    building.add_argument(
        "--runtime", type=Path, help="python.org's embeddable zip (with --sha256), or a folder like it"
    )
    building.add_argument("--sha256", help="of that zip, as python.org states it")
    building.add_argument("--output", type=Path, default=REPOSITORY / "dist")
    trying = commands.add_parser("smoke", help="unpacks a zip and runs it under wine")
    trying.add_argument("zip", type=Path)
    trying.add_argument("--demo", type=Path, help="a demo made on this machine, to compare with; else one is made")
    given = parser.parse_args()
    if given.command == "build":
        path = build(given.runtime, given.sha256, given.output)
        print(f"{path} ({path.stat().st_size / 1e6:.1f} MB)")
    else:
        smoke(given.zip, given.demo)


if __name__ == "__main__":
    main()
