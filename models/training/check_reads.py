#!/usr/bin/env python3
"""Compare reads of the shipped frames with their truth: `… read --json FILE… | python3 models/training/check_reads.py`.

Standard input has one JSON object a line as `darwaza read --json` prints it. Prints every miss, false plates, and the read rate."""
import json
import re
import sys
from collections import Counter
from pathlib import Path

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures"


def key(file: str) -> str:
    return re.sub(r"^.*?(frames/)", r"\1", file)


def near(box: dict, corners: list) -> bool:
    """The read's middle lies inside the truth's box."""
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    xs, ys = [c[0] for c in corners], [c[1] for c in corners]
    return min(xs) - 8 <= x <= max(xs) + 8 and min(ys) - 8 <= y <= max(ys) + 8


def main() -> None:
    truth = {f["file"]: f for f in json.loads((FIXTURES / "scenario.json").read_text())["frames"]}
    tally: Counter = Counter()
    best: dict = {}
    for line in sys.stdin:
        if not line.startswith("{"):
            continue
        read = json.loads(line)
        frame = truth.get(key(read["file"]))
        if frame is None or "plates" not in read:
            continue
        left = list(read["plates"])
        for vehicle in frame["vehicles"]:
            plate = vehicle["plate"]
            if not plate:
                continue
            hit = next((p for p in left if near(p["box"], plate["corners"])), None)
            if hit:
                left.remove(hit)
            if plate["outcome"] != "mark":
                if hit and hit.get("mark"):
                    print(f"FALSE MARK {frame['file']}: {hit['mark']} on a plate without one")
                continue
            right = bool(hit) and hit["text"] == plate["text"]
            group = "hard" if plate["difficulty"] == "hard" else frame["light"]
            tally[group, "plates"] += 1
            tally[group, "right"] += right
            if not right:
                print(f"miss {frame['file']} {plate['widthPx']:.0f} px {group}: {plate['mark']} read {hit['text'] if hit else 'nothing'}")
            visit = (frame["camera"], vehicle["vehicle"], frame["capturedAt"][:16])
            if plate["widthPx"] >= best.get(visit, (0,))[0]:
                best[visit] = (plate["widthPx"], right, group)
        for p in left:
            tally["all", "false"] += 1
            print(f"extra {frame['file']}: {p['text']} at {p['box']}")
    for group in sorted({g for g, _ in tally} - {"all"}):
        print(f"{group}: {tally[group, 'right']}/{tally[group, 'plates']} frames right")
    normal = [b for b in best.values() if b[2] != "hard"]
    print(f"best frame of each pass right: {sum(b[1] for b in normal)}/{len(normal)}; extra plates: {tally['all', 'false']}")


if __name__ == "__main__":
    main()
