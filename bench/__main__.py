"""Measure, print, keep: `python -m bench [--short] [--conversations N] [LINE…]`."""

from __future__ import annotations

import argparse
import sys
import time

from bench.environment import Place, prepared


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m bench", description="Each figure with its floor beside it."
    )
    parser.add_argument(
        "--short", action="store_true", help="fewer mails and rows: about a minute and a half"
    )
    parser.add_argument(
        "--conversations", type=int, metavar="N", help="how many the pages are measured on (1000 to 100000)"
    )
    parser.add_argument("lines", nargs="*", metavar="LINE", help="only these, such as 1 6 15")
    wanted = parser.parse_args()
    with prepared() as place:
        return _run(place, wanted)


def _run(place: Place, wanted: argparse.Namespace) -> int:
    import django

    django.setup()
    # Their modules name models, so they come after the setup.
    from bench import report
    from bench.lines import measure

    began = time.monotonic()
    print(report.heading(), flush=True)
    figures = []
    for figure in measure(place, wanted.lines, short=wanted.short, conversations=wanted.conversations):
        figures.append(figure)
        print(report.row(figure), flush=True)
    report.write(figures)
    print(f"\n{time.monotonic() - began:.0f} s; kept in {report.OUT}")
    failed = report.failures(figures)
    if failed:
        print(f"Above what they must be: {', '.join(figure.id for figure in failed)}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
