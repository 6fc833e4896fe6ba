"""Writes models/detector.onnx from a checkpoint: decoding inside the graph, any input size, checked against torch.

    python3 models/training/export_detector.py --checkpoint models/detector.checkpoint.pt --out models/detector.onnx"""
from __future__ import annotations

import argparse
import os
import warnings
from pathlib import Path

import numpy as np
import onnxruntime
import torch

from detector_net import Decoded, DetectorNet

TOLERANCE = 1e-4


def load_net(checkpoint: Path, averaged: bool = True) -> DetectorNet:
    """The net of a checkpoint, its averaged weights unless told otherwise, ready to answer."""
    state = torch.load(checkpoint, map_location="cpu", weights_only=True)
    net = DetectorNet()
    net.load_state_dict(state["average" if averaged else "net"])
    return net.eval()


def export(net: DetectorNet, out: Path) -> None:
    """Write the graph; the file appears whole or not at all."""
    part = out.with_name(out.name + ".part")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(Decoded(net).eval(), (torch.zeros(1, 3, 96, 128),), str(part), input_names=["frame"], output_names=["plates"], opset_version=17,
                          dynamic_axes={"frame": {2: "height", 3: "width"}, "plates": {2: "rows", 3: "columns"}}, dynamo=False)
    os.replace(part, out)


def session_of(model: Path, threads: int = 1) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
    return onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])


def difference(net: DetectorNet, model: Path, height: int = 160, width: int = 224) -> float:
    """Greatest difference between graph and torch on noise; corners count relative to the frame's width."""
    frame = np.random.default_rng(5).random((1, 3, height, width), dtype=np.float32)
    with torch.no_grad():
        expected = Decoded(net).eval()(torch.from_numpy(frame)).numpy()
    got = session_of(model).run(None, {"frame": frame})[0]
    gap = np.abs(got - expected)
    gap[:, 1:] /= width
    return float(gap.max())


def main() -> None:
    args = argparse.ArgumentParser(description=__doc__)
    args.add_argument("--checkpoint", type=Path, required=True)
    args.add_argument("--out", type=Path, required=True)
    args.add_argument("--last", action="store_true", help="the last weights instead of their average")
    given = args.parse_args()
    torch.set_num_threads(1)
    net = load_net(given.checkpoint, averaged=not given.last)
    export(net, given.out)
    gap = difference(net, given.out)
    if gap > TOLERANCE:
        raise SystemExit(f"{given.out}: graph and torch differ by {gap:.2g}")
    print(f"{given.out}: {given.out.stat().st_size} bytes, differs from torch by {gap:.1e}")


if __name__ == "__main__":
    main()
