"""Writes models/reader.onnx and its card models/reader.json from a checkpoint.

  python3 models/training/export_reader.py models/reader.checkpoint.pt [--out models] [--card FILE]

The card says where the weights come from; keys that only a measurement knows (figures, calibration) are kept from the card that is there."""
from __future__ import annotations

import argparse
import hashlib
import json
import os
import platform
from pathlib import Path

import torch

from reader_net import ALPHABET, GROUNDS, JURISDICTIONS, Reader, TALL, WIDE, WIDE_FROM


PHOTOGRAPHS = ("{photographs} plates of labelled photographs, cut anew each time: half A (first byte of the SHA-1 of the file's name even) of the sets vn-crops, in-, us-, eu- and br-scenes; most carry no licence. "
               "No picture of a set pk-*.")


def folded_weights(checkpoint: Path) -> tuple[Reader, dict]:
    kept = torch.load(checkpoint, weights_only=False)
    net = Reader().eval()
    net.load_state_dict(kept["average"])
    return net, kept


def write_network(net: Reader, file: Path) -> None:
    """ONNX with a free height and width, written beside and moved into place."""
    part = file.with_suffix(".part")
    torch.onnx.export(net, (torch.rand(1, 3, *TALL),), str(part), input_names=["pixels"], output_names=["characters", "plate"], opset_version=17, dynamo=False,
                      dynamic_axes={"pixels": {0: "n", 2: "height", 3: "width"}, "characters": {0: "n", 2: "rows", 3: "columns"}, "plate": {0: "n"}})
    os.replace(part, file)


def card(kept: dict, file: Path, before: dict) -> dict:
    data = file.read_bytes()
    return {
        "name": "darwaza-reader", "version": before.get("version", "1"), "file": file.name, "sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data),
        "licence": "as the project", "about": "Characters of a rectified plate of one to three lines, each with its probability; jurisdiction, ground colour, lines, legibility.",
        "input": {"tall": {"height": TALL[0], "width": TALL[1]}, "wide": {"height": WIDE[0], "width": WIDE[1]}, "wideFrom": WIDE_FROM, "grown": 0.04, "colour": "RGB 0..1"},
        "alphabet": ALPHABET, "grounds": list(GROUNDS), "jurisdictions": list(JURISDICTIONS),
        "data": ["plates rendered by models/training/render"] + ([PHOTOGRAPHS.format(**kept)] if kept.get("photographs") else []),
        "seed": 1, "steps": kept["steps"], "pictures": kept["pictures"], "drawn": kept["drawn"], "hours": round(kept["hours"], 2), "hardware": before.get("hardware", f"CPU, {os.cpu_count()} cores {platform.machine()}"),
        "renderedValidation": kept["log"][-1] if kept["log"] else None,
        "calibration": before.get("calibration", {"a": 1.0, "b": 0.0}), "figures": before.get("figures", {}),
    }


def main() -> None:
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("checkpoint", type=Path)
    p.add_argument("--out", type=Path, default=Path(__file__).resolve().parents[1])
    args = p.parse_args()
    net, kept = folded_weights(args.checkpoint)
    file, about = args.out / "reader.onnx", args.out / "reader.json"
    before = json.loads(about.read_text()) if about.exists() else {}
    write_network(net, file)
    part = about.with_suffix(".part")
    part.write_text(json.dumps(card(kept, file, before), indent=2) + "\n")
    os.replace(part, about)
    print(f"{file}: {file.stat().st_size} bytes, {kept['pictures']} pictures")


if __name__ == "__main__":
    main()
