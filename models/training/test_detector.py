"""python3 -m unittest models/training/test_detector.py"""
from __future__ import annotations

import os
import sys
import tempfile
import unittest
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
sys.path.insert(0, str(Path(__file__).parent))

import numpy as np  # noqa: E402
import torch  # noqa: E402

from composites import IGNORE, TRUE, Picture, Stock, compose, grown, paste, tilted_quad, widths_of, window  # noqa: E402
from detector_net import STRIDE, UNIT, Decoded, DetectorNet, corners_of, multiply_adds  # noqa: E402
from detector_targets import loss_of, stacked, targets_of  # noqa: E402
from evaluate_detector import is_found, plates_in, prepared  # noqa: E402
from export_detector import difference, export, session_of  # noqa: E402
from photographs import EXACT, Photograph, drawn_backgrounds, half_of  # noqa: E402
from plate_bank import build_bank, cached_bank  # noqa: E402
from sign_bank import build_signs  # noqa: E402
from train_detector import Training, batch_of, pictures_of, rate_at  # noqa: E402

torch.set_num_threads(1)
STOCK = Stock(build_bank(3, 16), build_signs(3, 8), [], drawn_backgrounds(3, 3))


def answer_with(quads: list[np.ndarray], size: int) -> np.ndarray:
    """The maps of a net that is certain of these plates."""
    maps = np.zeros((1, 9, size // STRIDE, size // STRIDE), np.float32)
    for quad in quads:
        column, row = (int(v // STRIDE) for v in quad.mean(0))
        maps[0, 0, row, column] = 0.9
        maps[0, 1:, row, column] = quad.reshape(8)
    return maps


class Pictures(unittest.TestCase):
    def test_the_same_seed_gives_the_same_pixels(self):
        for seed in range(4):
            a, b = compose(STOCK, seed, 160), compose(STOCK, seed, 160)
            self.assertTrue(np.array_equal(a.rgb, b.rgb) and np.array_equal(a.quads, b.quads) and np.array_equal(a.belief, b.belief))
        self.assertFalse(np.array_equal(compose(STOCK, 1, 160).rgb, compose(STOCK, 2, 160).rgb))

    def test_plates_asked_for_lie_in_the_picture_with_corners_in_order(self):
        seen = 0
        for seed in range(60):
            picture = compose(STOCK, seed, 192)
            for quad in picture.quads[picture.belief != IGNORE]:
                seen += 1
                self.assertGreater(quad.max(0).min(), 0)
                self.assertLess(quad.min(0).max(), 192)
                (ax, ay), (bx, by) = quad[1] - quad[0], quad[3] - quad[0]
                self.assertGreater(ax * by - ay * bx, 0, "clockwise from the left top")
                self.assertGreater(ax, 0, "text reads to the right")
        self.assertGreater(seen, 30)

    def test_a_third_of_the_pictures_holds_no_plate(self):
        empty = sum(not len(compose(STOCK, seed, 128).quads) for seed in range(120))
        self.assertTrue(25 <= empty <= 80, empty)

    def test_a_pasted_patch_fills_its_quad_and_nothing_else(self):
        canvas, patch = np.zeros((100, 120, 3), np.float32), np.full((40, 90, 4), 255, np.uint8)
        quad = np.array([[20, 30], [90, 34], [88, 66], [22, 60]], np.float32)
        paste(canvas, patch, quad, np.ones(3))
        self.assertGreater(canvas[48, 55].min(), 0.99)
        self.assertEqual(canvas[10, 10].max(), 0)
        area = 0.5 * abs(np.dot(quad[:, 0], np.roll(quad[:, 1], 1)) - np.dot(quad[:, 1], np.roll(quad[:, 0], 1)))
        self.assertLess(abs(canvas[..., 0].sum() - area) / area, 0.03)

    def test_a_window_moves_quads_with_the_pixels(self):
        rgb = np.zeros((80, 100, 3), np.uint8)
        rgb[30:50, 40:80] = 255
        photo = Photograph("x", (rgb,), np.array([[[40, 30], [80, 30], [80, 50], [40, 50]]], np.float32), EXACT)
        for mirrored in (False, True):
            cut, quads = window(photo, 0.75, 10, 5, 64, mirrored)
            (x0, y0), (x1, y1) = quads[0].min(0), quads[0].max(0)
            ys, xs = np.nonzero(cut[..., 0] > 0.75)
            self.assertLessEqual(np.abs(np.array([xs.min(), xs.max() + 1, ys.min(), ys.max() + 1]) - [x0, x1, y0, y1]).max(), 1.0)
            self.assertLess(quads[0][0][0], quads[0][1][0])

    def test_a_kept_bank_equals_a_new_one(self):
        with tempfile.TemporaryDirectory() as folder:
            new, kept = cached_bank(5, 4, Path(folder)), cached_bank(5, 4, Path(folder))
        self.assertTrue(all(np.array_equal(a, b) for a, b in zip(new, kept)) and len(kept) == 4)

    def test_halves_follow_the_name_alone(self):
        self.assertEqual(half_of("in-scenes/N101.jpeg"), half_of("N101.jpeg"))
        self.assertEqual({half_of(f"{i}.jpg") for i in range(20)}, {"A", "B"})

    def test_a_turned_plate_keeps_its_width(self):
        for seed in range(20):
            quad = tilted_quad(np.random.default_rng(seed), 50, 2.5, mild=False)
            self.assertAlmostEqual(float(widths_of(quad[None])[0]), 50, places=2)
            self.assertAlmostEqual(float(widths_of(grown(quad, 2, 1)[None])[0]), 100, delta=3)


class Targets(unittest.TestCase):
    quad = np.array([[[30, 40], [94, 36], [95, 66], [31, 70]]], np.float32)

    def picture(self, belief: int) -> Picture:
        return Picture(np.zeros((128, 128, 3), np.uint8), self.quad, np.array([belief]))

    def test_heat_is_one_at_the_centre_and_corners_are_the_plates(self):
        t = targets_of(self.picture(TRUE))
        row, column = np.unravel_index(t.heat.argmax(), t.heat.shape)
        self.assertEqual((row, column), (int(53 // 8), int(62.5 // 8)))
        self.assertEqual(t.heat.max(), 1)
        self.assertTrue(np.array_equal(t.corners[:, row, column], self.quad.reshape(8)))

    def test_an_ignored_plate_asks_nothing(self):
        t = targets_of(self.picture(IGNORE))
        self.assertEqual(t.heat.max(), 0)
        self.assertEqual(t.counts[6, 7], 0)
        self.assertEqual(t.counts[0, 0], 1)

    def test_a_right_answer_costs_next_to_nothing(self):
        t = stacked([targets_of(self.picture(TRUE))])
        raw = torch.zeros(1, 10, 16, 16)
        raw[:, 0] = torch.where(t["heat"] >= 0.999, 12.0, -12.0)
        raw[:, 1] = torch.log(t["width"] / UNIT)
        y, x = (torch.from_numpy(v.astype(np.float32) + 0.5) * STRIDE for v in np.mgrid[0:16, 0:16])
        for k in range(4):
            raw[:, 2 + 2 * k], raw[:, 3 + 2 * k] = (t["corners"][:, 2 * k] - x) / t["width"], (t["corners"][:, 2 * k + 1] - y) / t["width"]
        self.assertLess(loss_of(raw, t)[0].item(), 1e-3)


class Graph(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        torch.manual_seed(0)
        cls.net = DetectorNet().eval()
        cls.folder = tempfile.TemporaryDirectory()
        cls.model = Path(cls.folder.name) / "detector.onnx"
        export(cls.net, cls.model)

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def test_graph_equals_torch_at_any_size(self):
        for height, width in ((96, 128), (384, 640), (32, 32)):
            self.assertLess(difference(self.net, self.model, height, width), 1e-4)

    def test_names_and_shapes_are_the_contract(self):
        session = session_of(self.model)
        self.assertEqual((session.get_inputs()[0].name, session.get_outputs()[0].name), ("frame", "plates"))
        out = session.run(None, {"frame": np.zeros((1, 3, 64, 96), np.float32)})[0]
        self.assertEqual(out.shape, (1, 9, 8, 12))
        self.assertTrue(((out[:, 0] >= 0) & (out[:, 0] <= 1)).all())

    def test_size_and_cost_stay_within_bounds(self):
        self.assertLess(self.model.stat().st_size, 10e6)
        self.assertLess(multiply_adds(self.net, 384, 640), 1.0e9)

    def test_decoding_puts_hand_made_maps_into_pixels(self):
        raw = torch.zeros(1, 10, 4, 6)
        raw[0, 0] = -12.0
        raw[0, 0, 2, 3], raw[0, 1, 2, 3] = 9.0, float(np.log(48 / UNIT))
        raw[0, 2:, 2, 3] = torch.tensor([-.5, -.25, .5, -.25, .5, .25, -.5, .25])
        out = Decoded(torch.nn.Identity())(raw)
        self.assertTrue(torch.allclose(out[0, 1:, 2, 3], torch.tensor([4., 8., 52., 8., 52., 32., 4., 32.]), atol=1e-2))
        self.assertGreater(out[0, 0, 2, 3].item(), 0.99)
        self.assertEqual(tuple(corners_of(raw).shape), (1, 8, 4, 6))


class Answers(unittest.TestCase):
    def test_plates_come_back_in_frame_pixels_and_doubles_are_dropped(self):
        quad = np.array([[16, 24], [80, 24], [80, 48], [16, 48]], np.float32)
        plates = plates_in(answer_with([quad, quad + (24, 0), quad + (0, 80)], 160), 0.5, 0.4)
        self.assertEqual(len(plates), 2)
        self.assertTrue(any(np.allclose(q, quad * 2) for _, q in plates))
        self.assertEqual(plates_in(answer_with([quad], 160), 1, 0.95), [])

    def test_frames_are_shrunk_never_enlarged_and_padded_grey(self):
        frame, scale = prepared(np.zeros((1080, 1920, 3), np.uint8), 640)
        self.assertEqual((frame.shape, round(scale, 4)), ((1, 3, 384, 640), 0.3333))
        self.assertEqual((frame[0, 0, 359, 0], frame[0, 0, 360, 0]), (0, 0.5))
        self.assertEqual(prepared(np.zeros((50, 70, 3), np.uint8), 640)[0].shape, (1, 3, 64, 96))

    def test_found_by_the_scorers_rule(self):
        label = {"x": "10", "y": "10", "w": "100", "h": "40"}
        box = lambda x, y, w, h: np.array([[x, y], [x + w, y], [x + w, y + h], [x, y + h]], np.float32)  # noqa: E731
        self.assertTrue(is_found(label, box(12, 8, 100, 40)) and is_found(label, box(40, 20, 30, 10)))
        self.assertFalse(is_found(label, box(200, 10, 100, 40)) or is_found(label, box(55, 25, 10, 5)))


class Learning(unittest.TestCase):
    def test_a_checkpoint_goes_on_exactly_where_it_stopped(self):
        torch.manual_seed(1)
        first, losses = Training(1e-3), []
        first.learn(*batch_of(*pictures_of(STOCK, 1, 0, 64, 2)), 1e-3)
        with tempfile.TemporaryDirectory() as folder:
            first.save(Path(folder) / "c.pt")
            second = Training(1e-3)
            second.load(Path(folder) / "c.pt")
        for training in (first, second):
            losses.append(training.learn(*batch_of(*pictures_of(STOCK, 1, 1, 64, 2)), 1e-3)[0])
        self.assertEqual((losses[0], first.step, first.pictures), (losses[1], second.step, second.pictures))

    def test_rate_warms_up_and_ends_at_zero(self):
        self.assertLess(rate_at(0, 1000, 1.0), 0.01)
        self.assertGreater(rate_at(300, 1000, 1.0), 0.7)
        self.assertLess(rate_at(1000, 1000, 1.0), 1e-9)


if __name__ == "__main__":
    unittest.main()
