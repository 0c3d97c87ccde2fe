"""`python -m sandbox.misbehave --state DIR greylist=2 down=true`: faults for the operator that runs there."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from sandbox.faults import write_faults


def main() -> None:
    """Read `name=value` pairs, the values as JSON, and hand them over."""
    parser = argparse.ArgumentParser(prog="python -m sandbox.misbehave")
    parser.add_argument("--state", type=Path, required=True)
    parser.add_argument(
        "changes", nargs="+", metavar="NAME=VALUE", help="see sandbox/faults.py for the names"
    )
    options = parser.parse_args()
    pairs = (change.partition("=") for change in options.changes)
    write_faults(options.state / "faults.json", {name: json.loads(value) for name, _, value in pairs})


if __name__ == "__main__":
    main()
