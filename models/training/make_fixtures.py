#!/usr/bin/env python3
"""Write the shipped example again: frames, ground truth, lists and register. See README.md beside this file.

    python3 models/training/make_fixtures.py            everything
    python3 models/training/make_fixtures.py --only baleli-in-1     frames of one camera (nothing else is touched)
    python3 models/training/make_fixtures.py --out DIR  somewhere else than fixtures/
"""
from __future__ import annotations

import argparse
import csv
import io
import json
import shutil
import sys
import time
from datetime import datetime, timedelta
from pathlib import Path

import cv2
import numpy as np

sys.path.insert(0, str(Path(__file__).parent))

from render import day  # noqa: E402
from render.camera import expose, jpeg, stamp  # noqa: E402
from render.plate import layout  # noqa: E402
from render.scene import LIGHTS, Actor, Place, draw  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]
DRAWN = 1.5  # drawn at this multiple of the picture's size, then averaged down: smooth edges


def frame_times(visit: day.Visit) -> list[datetime]:
    count = visit.frames or max(len(m[2]) for m in visit.moves)
    start = datetime.fromisoformat(f"{day.DATE}T{visit.start}{day.OFFSET}")
    return [start + timedelta(seconds=visit.step * k) for k in range(count)]


def file_name(camera: str, at: datetime) -> str:
    return f"frames/{camera}/{at:%Y%m%dT%H%M%S}.{at.microsecond // 1000:03d}{at:%z}.jpg"


def iso(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds")


def corners(q: np.ndarray) -> list[list[float]]:
    return [[round(float(x) / DRAWN, 1), round(float(y) / DRAWN, 1)] for x, y in q]


def describe(name: str, vehicle: day.VehicleOfDay, quad: np.ndarray | None, difficulty: str) -> dict:
    """One vehicle of one frame as the truth file says it."""
    if vehicle.plate is None:
        return {"vehicle": name, "plate": None}
    data = layout(vehicle.plate.layout)
    flat = corners(quad)
    width = round(float(np.linalg.norm(np.subtract(flat[1], flat[0]))), 1)
    outcome = "mark" if vehicle.plate.letters else "applied-for"
    return {"vehicle": name, "plate": {
        "outcome": outcome, "text": vehicle.plate.text, "mark": vehicle.plate.mark or None, "jurisdiction": data["jurisdiction"], "district": vehicle.plate.district or None,
        "class": data["class"], "ground": data["ground"], "lines": data["lines"], "layout": vehicle.plate.layout, "corners": flat, "widthPx": width, "difficulty": difficulty}}


def render_visit(place: Place, visit: day.Visit, order: int) -> list[tuple[str, bytes, dict]]:
    out = []
    lens = day.lens_of(visit)
    for k, at in enumerate(frame_times(visit)):
        actors, names = [], []
        for name, x, distances, heading in visit.moves:
            v = day.VEHICLES[name]
            actors.append(Actor(day.body_of(v, visit.camera), v.paint, v.seed, x, distances[k], heading, v.plate, plate_tilt=((v.seed * 7) % 5 - 2) * 0.7))
            names.append(name)
        drawn = draw(place, LIGHTS[visit.light], actors)
        view = day.CAMERAS[visit.camera][0]
        picture = expose(drawn.light, drawn.glare, lens, (view.width, view.height), np.random.default_rng([order, k, 0xCA3]))
        shown = f"{day.DATE} {at:%H:%M:%S}.{at.microsecond // 1000:03d} {day.OFFSET}"
        data = jpeg(stamp(picture, day.CAMERAS[visit.camera][2], shown), lens.quality)
        file = file_name(visit.camera, at)
        vehicles = [describe(n, day.VEHICLES[n], q, visit.difficulty) for n, q in zip(names, drawn.quads)]
        out.append((file, data, {"file": file, "camera": visit.camera, "capturedAt": iso(at), "light": visit.light, "difficulty": visit.difficulty, "vehicles": vehicles}))
    return out


def render_frames(out: Path, only: str | None) -> list[dict]:
    """Frames in the order of time; each camera's still place is built once. Old frames go only when all new ones are there."""
    truth: list[dict] = []
    files: dict[str, bytes] = {}
    for camera in day.CAMERAS:
        if only and camera != only:
            continue
        place = Place(day.CAMERAS[camera][0].scaled(DRAWN), day.CAMERAS[camera][1], list(day.CAMERAS).index(camera))
        for order, visit in enumerate(day.VISITS):
            if visit.camera != camera:
                continue
            for file, data, entry in render_visit(place, visit, order):
                files[file] = data
                truth.append(entry)
                print(f"{file} {len(data) // 1024} kB " + " ".join(str(v["plate"]["widthPx"]) for v in entry["vehicles"] if v["plate"]), flush=True)
    for camera in [only] if only else day.CAMERAS:
        shutil.rmtree(out / "frames" / camera, ignore_errors=True)
    for file, data in files.items():
        (out / file).parent.mkdir(parents=True, exist_ok=True)
        (out / file).write_bytes(data)
    return sorted(truth, key=lambda e: (e["capturedAt"], e["camera"]))


def expected_passes() -> list[dict]:
    """One per vehicle and visit."""
    out = []
    for visit in day.VISITS:
        times = frame_times(visit)
        for name, _, _, _ in visit.moves:
            spec = day.VEHICLES[name].plate
            outcome = "no-plate" if spec is None else "mark" if spec.letters else "applied-for"
            out.append({"camera": visit.camera, "vehicle": name, "outcome": outcome, "mark": spec.mark if spec and spec.letters else None, "from": iso(times[0]), "to": iso(times[-1]),
                        "frames": len(times), "direction": "in" if "-in-" in visit.camera else "out" if "-out-" in visit.camera else "unknown", "difficulty": visit.difficulty})
    return sorted(out, key=lambda p: (p["from"], p["camera"]))


def expected_hits(entries: list[dict]) -> list[dict]:
    """Exact matches of an entry that is alive on the day; one per pass."""
    live = {e["mark"]: e for e in entries if not e["expires"] or datetime.fromisoformat(e["expires"]) > datetime.fromisoformat(f"{day.DATE}T00:00:00{day.OFFSET}")}
    return [{"mark": p["mark"], "camera": p["camera"], "from": p["from"], "kind": live[p["mark"]]["kind"], "action": live[p["mark"]]["action"], "list": live[p["mark"]]["list"]}
            for p in expected_passes() if p["mark"] in live]


def expected_journeys() -> list[dict]:
    """Entry, what lies between, exit, per mark; hard passes are left out because no reader need get them."""
    out = []
    marks = sorted({p["mark"] for p in expected_passes() if p["mark"]})
    for mark in marks:
        current: dict | None = None
        for p in [q for q in expected_passes() if q["mark"] == mark and q["difficulty"] == "normal"]:
            if p["direction"] == "in" and current is not None:
                current["exitMissing"] = True
                out.append(current)
                current = None
            if current is None:
                current = {"mark": mark, "status": "open", "entry": None, "exit": None, "entryMissing": p["direction"] != "in", "exitMissing": False, "cameras": []}
            current["cameras"].append(p["camera"])
            if p["direction"] == "in":
                current["entry"] = {"camera": p["camera"], "from": p["from"]}
            if p["direction"] == "out":
                current |= {"exit": {"camera": p["camera"], "from": p["from"]}, "status": "closed"}
                out.append(current)
                current = None
        if current is not None:
            out.append(current)
    return sorted(out, key=lambda j: ((j["entry"] or j["exit"] or {"from": "9"})["from"], j["mark"]))


def write_csv(path: Path, header: list[str], rows: list[list[str]]) -> None:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text.getvalue())


def write_lists(out: Path) -> list[dict]:
    entries = []
    for name, rows in day.LISTS.items():
        write_csv(out / "lists" / f"{name}.csv", list(day.LIST_HEADER), [list(r) for r in rows])
        entries += [{"list": name, **dict(zip(day.LIST_HEADER, r))} for r in rows]
    return entries


def write_register(out: Path) -> None:
    seen = [[v.plate.mark, *v.register] for v in day.VEHICLES.values() if v.plate and v.register]
    write_csv(out / "register.csv", list(day.REGISTER_HEADER), sorted(seen + [list(r) for r in day.OTHER_REGISTRATIONS]))


def main() -> None:
    args = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    args.add_argument("--out", type=Path, default=ROOT / "fixtures")
    args.add_argument("--only", choices=list(day.CAMERAS))
    options = args.parse_args()
    cv2.setNumThreads(1)
    started = time.monotonic()
    frames = render_frames(options.out, options.only)
    if options.only is None:
        entries = write_lists(options.out)
        write_register(options.out)
        scenario = {"about": day.ABOUT, "rendered": True, "date": day.DATE, "timeZone": "Asia/Karachi", "frames": frames, "passes": expected_passes(),
                    "hits": expected_hits(entries), "noHits": day.NO_HITS, "journeys": expected_journeys(), "register": day.REGISTER_FINDINGS}
        (options.out / "scenario.json").write_text(json.dumps(scenario, indent=1, ensure_ascii=False) + "\n")
    total = sum(f.stat().st_size for f in (options.out / "frames").rglob("*.jpg"))
    print(f"{len(frames)} frames, {total / 1e6:.2f} MB in all, {time.monotonic() - started:.0f} s")


if __name__ == "__main__":
    main()
