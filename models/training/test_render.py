"""Tests of the renderer: python3 -m unittest discover -s models/training -v   (prints its speed too)."""
from __future__ import annotations

import csv
import json
import sys
import time
import unittest
from datetime import datetime
from pathlib import Path

import cv2
import numpy as np

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

import make_fixtures  # noqa: E402
from render import day  # noqa: E402
from render.camera import Lens, expose, jpeg  # noqa: E402
from render.plate import ALPHABET, PlateSpec, layout, layout_names, render_plate  # noqa: E402
from render.scene import LIGHTS, Actor, Place, draw  # noqa: E402

FIXTURES = HERE.parents[1] / "fixtures"


def spec_for(name: str) -> PlateSpec:
    """A plate that fills every field its layout prints."""
    printed = "".join(p.get("text", "") for p in layout(name)["parts"])
    if "{letters}" not in printed:
        return PlateSpec(name)
    return PlateSpec(name, "WKB", "8027" if layout(name)["lines"] == 2 else "827", "13" if "{year}" in printed else "", district="QUETTA" if "{district}" in printed else "")


class Plates(unittest.TestCase):
    def test_the_same_seed_gives_the_same_pixels_and_another_seed_does_not(self):
        for name in layout_names():
            first, again, other = (render_plate(spec_for(name), seed, 2.0) for seed in (5, 5, 6))
            self.assertTrue(np.array_equal(first.rgb, again.rgb), name)
            self.assertFalse(np.array_equal(first.rgb, other.rgb), name)

    def test_characters_are_the_mark_in_reading_order_inside_the_plate(self):
        for name in layout_names():
            spec = spec_for(name)
            plate = render_plate(spec, 1, 2.0)
            self.assertEqual("".join(c for c, _, _ in plate.characters), spec.text, name)
            for char, _, (x, y, w, h) in plate.characters:
                self.assertIn(char, ALPHABET)
                self.assertTrue(x >= 0 and y >= 0 and x + w <= plate.size_mm[0] and y + h <= plate.size_mm[1], f"{name} {char}")

    def test_one_line_layouts_keep_one_baseline_and_two_line_layouts_two(self):
        for name in layout_names():
            rows = {round(y) for _, field, (_, y, _, _) in render_plate(spec_for(name), 1, 2.0).characters if field != "year"}
            if rows:
                self.assertEqual(len(rows), layout(name)["lines"], name)

    def test_the_widest_letters_still_fit(self):
        for name in layout_names():
            if not spec_for(name).letters:
                continue
            spec = PlateSpec(name, "WMW", "8088", "14" if spec_for(name).year else "", district="KHYBER AGENCY")
            plate = render_plate(spec, 1, 2.0)
            self.assertLessEqual(max(x + w for _, _, (x, _, w, _) in plate.characters), plate.size_mm[0], name)

    def test_the_ink_stands_out_from_the_ground_where_characters_are(self):
        for name in layout_names():
            plate = render_plate(spec_for(name), 1, 2.0)
            grey = cv2.cvtColor(plate.rgb, cv2.COLOR_RGB2GRAY)
            for char, _, (x, y, w, h) in plate.characters:
                cut = grey[int(y * 2):int((y + h) * 2), int(x * 2):int((x + w) * 2)]
                self.assertGreater(int(cut.max()) - int(cut.min()), 80, f"{name} {char}")

    def test_a_mark_is_written_with_its_parts_joined_by_hyphens(self):
        self.assertEqual(PlateSpec("pb-2006", "LED", "4073", "16").mark, "LED-16-4073")
        self.assertEqual(PlateSpec("sd-1996", "BKR", "036").mark, "BKR-036")
        self.assertEqual(PlateSpec("pb-2006", "LEB", "420", "17", "A").text, "LEB17420A")

    def test_an_unknown_layout_is_refused(self):
        with self.assertRaises(KeyError):
            render_plate(PlateSpec("xx-1900", "A", "1"), 1)


class Frames(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cv2.setNumThreads(1)
        view, style, _ = day.CAMERAS["baleli-in-1"]
        cls.place = Place(view.scaled(0.5), style, 1)
        cls.actor = Actor("saloon-front", "white", 3, 0.0, 10.5, 0.0, PlateSpec("pb-2006", "LED", "4073", "16"))

    def picture(self, light: str, seed: int) -> bytes:
        drawn = draw(self.place, LIGHTS[light], [self.actor])
        lens = Lens(infrared=LIGHTS[light].infrared, rain=LIGHTS[light].wet)
        return jpeg(expose(drawn.light, drawn.glare, lens, (640, 360), np.random.default_rng(seed)), 80)

    def test_the_same_seed_gives_the_same_file_in_every_light(self):
        for light in LIGHTS:
            first = self.picture(light, 4)
            self.assertEqual(first, self.picture(light, 4), light)
            self.assertNotEqual(first, self.picture(light, 5), light)

    def test_an_infrared_frame_has_no_colour(self):
        pixels = cv2.imdecode(np.frombuffer(self.picture("night", 1), np.uint8), cv2.IMREAD_COLOR).astype(int)
        self.assertLess(np.abs(pixels[..., 0] - pixels[..., 2]).mean(), 1.0)

    def test_the_quadrilateral_lies_on_the_plate(self):
        q = draw(self.place, LIGHTS["day"], [self.actor]).quads[0]
        self.assertTrue(q[0][0] < q[1][0] and q[3][0] < q[2][0] and q[0][1] < q[3][1] and q[1][1] < q[2][1])
        light = draw(self.place, LIGHTS["day"], [self.actor]).light
        bare = draw(self.place, LIGHTS["day"], [Actor("saloon-front", "white", 3, 0.0, 10.5)]).light
        changed = np.argwhere(np.abs(light - bare).max(-1) > 0.1)
        low, high = changed.min(0)[::-1], changed.max(0)[::-1]
        self.assertTrue((np.abs(low - q.min(0)) < 4).all() and (np.abs(high - q.max(0)) < 6).all(), f"{low} {high} {q}")

    def test_a_vehicle_out_of_view_leaves_the_picture_as_it_was(self):
        empty = draw(self.place, LIGHTS["haze"], []).light
        away = draw(self.place, LIGHTS["haze"], [Actor("saloon-front", "white", 3, 60.0, 20.0)]).light
        self.assertTrue(np.array_equal(empty, away))


class ShippedFiles(unittest.TestCase):
    """What lies in fixtures/ agrees with itself and with the scenario's tables."""

    @classmethod
    def setUpClass(cls):
        cls.scenario = json.loads((FIXTURES / "scenario.json").read_text())

    def test_every_file_is_named_by_its_camera_and_time_and_is_listed(self):
        on_disk = sorted(str(f.relative_to(FIXTURES)) for f in (FIXTURES / "frames").rglob("*.jpg"))
        self.assertEqual(on_disk, sorted(f["file"] for f in self.scenario["frames"]))
        for f in self.scenario["frames"]:
            self.assertRegex(f["file"], r"^frames/[a-z0-9-]+/\d{8}T\d{6}\.\d{3}\+0500\.jpg$")
            at = datetime.fromisoformat(f["capturedAt"])
            self.assertEqual(f["file"], make_fixtures.file_name(f["camera"], at))

    def test_frames_are_small_enough_and_of_camera_size(self):
        files = list((FIXTURES / "frames").rglob("*.jpg"))
        self.assertLessEqual(sum(f.stat().st_size for f in files), 9_000_000)
        for f in files:
            self.assertEqual(cv2.imread(str(f)).shape, (720, 1280, 3))

    def test_plates_lie_inside_the_picture_with_text_of_the_alphabet(self):
        for f in self.scenario["frames"]:
            for v in f["vehicles"]:
                if v["plate"] is None:
                    continue
                for x, y in v["plate"]["corners"]:
                    self.assertTrue(0 <= x <= 1280 and 0 <= y <= 720, f["file"])
                self.assertRegex(v["plate"]["text"], r"^[A-Z0-9]*$")
                if v["plate"]["mark"]:
                    self.assertEqual(v["plate"]["mark"].replace("-", ""), v["plate"]["text"])

    def test_every_normal_pass_has_a_frame_wide_enough_to_read(self):
        widest: dict = {}
        for f in self.scenario["frames"]:
            for v in f["vehicles"]:
                if v["plate"] and v["plate"]["difficulty"] == "normal":
                    k = (f["camera"], v["vehicle"], f["capturedAt"][:16])
                    widest[k] = max(widest.get(k, 0), v["plate"]["widthPx"] * (1.35 if v["plate"]["layout"].endswith(("motorcycle", "rickshaw")) else 1))
        for k, width in widest.items():
            self.assertGreaterEqual(width, 110, str(k))

    def test_the_day_holds_what_it_promises(self):
        s = self.scenario
        plates = [v["plate"] for f in s["frames"] for v in f["vehicles"] if v["plate"]]
        self.assertEqual({p["jurisdiction"] for p in plates} - {None}, {"PB", "SD", "IS", "KP", "BA"})
        self.assertEqual({p["class"] for p in plates} - {None}, {"private", "commercial", "government", "motorcycle"})
        self.assertEqual({p["lines"] for p in plates}, {1, 2})
        self.assertTrue({"day", "rain", "night"} <= {f["light"] for f in s["frames"]})
        self.assertTrue(any(len(f["vehicles"]) == 2 for f in s["frames"]))
        self.assertTrue(any(f["vehicles"] == [] for f in s["frames"]))
        self.assertEqual({p["outcome"] for p in s["passes"]}, {"mark", "no-plate", "applied-for"})
        self.assertEqual({(h["mark"], h["kind"]) for h in s["hits"]}, {("LEA-09-2716", "stolen"), ("BHT-739", "wanted"), ("TLC-563", "tax")})
        kinds = {(j["status"], j["entryMissing"]) for j in s["journeys"]}
        self.assertEqual(kinds, {("closed", False), ("closed", True), ("open", False), ("open", True)})
        self.assertFalse({n["mark"] for n in s["noHits"]} & {h["mark"] for h in s["hits"]})

    def test_lists_and_register_are_well_formed_and_the_register_findings_are_true(self):
        rows = {name: list(csv.DictReader((FIXTURES / "lists" / f"{name}.csv").read_text().splitlines())) for name in ("stolen", "wanted")}
        for entry in rows["stolen"] + rows["wanted"]:
            self.assertIn(entry["kind"], {"stolen", "wanted", "tax", "fake", "missing", "allow", "watch"})
            self.assertIn(entry["action"], {"stop", "inform", "silent"})
            self.assertTrue(entry["expires"] == "" or datetime.fromisoformat(entry["expires"]).utcoffset() is not None)
        register = {r["mark"]: r for r in csv.DictReader((FIXTURES / "register.csv").read_text().splitlines())}
        seen = {p["mark"]: p for f in self.scenario["frames"] for v in f["vehicles"] if (p := v["plate"]) and p["mark"]}
        self.assertEqual([m for m in seen if m not in register], ["AMW-752"])
        odd = {m for m, p in seen.items() if m in register and register[m]["class"] != p["class"]}
        self.assertEqual(odd, {"LES-12-6530"})


class Speed(unittest.TestCase):
    def test_prints_plates_per_second(self):
        names, count, started = [n for n in layout_names() if spec_for(n).letters], 60, time.perf_counter()
        for k in range(count):
            render_plate(spec_for(names[k % len(names)]), k, 1.0)
        print(f"\nplates per second at 1 px/mm, one thread: {count / (time.perf_counter() - started):.0f}", file=sys.stderr)


if __name__ == "__main__":
    unittest.main()
