"""Writes the labels that no training saw: half B of every set, and the sets pk-* whole.

  python3 models/training/held_out_labels.py DIR/labels.csv --out held-out.csv
  npm run bench -- reading DIR --labels held-out.csv"""
from __future__ import annotations

import argparse
import csv
from pathlib import Path

from evaluate_reader import held_out


def main() -> None:
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("labels", type=Path)
    p.add_argument("--out", type=Path, required=True)
    args = p.parse_args()
    with open(args.labels, newline="") as source, open(args.out, "w", newline="") as target:
        rows = csv.DictReader(source)
        out = csv.DictWriter(target, rows.fieldnames or [])
        out.writeheader()
        kept = [r for r in rows if r["set"].startswith("pk-") or held_out(r["file"])]
        out.writerows(kept)
    print(f"{len(kept)} rows")


if __name__ == "__main__":
    main()
