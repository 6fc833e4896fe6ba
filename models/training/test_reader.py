"""Tests of the reader's training: python3 -m unittest discover -s models/training -p 'test_reader.py' -v   (prints how fast crops are drawn)."""
from __future__ import annotations

import collections
import json
import sys
import tempfile
import time
import unittest
from pathlib import Path

import cv2
import numpy as np
import onnxruntime
import torch

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

from calibrate_reader import applied, fitted  # noqa: E402
from crop_ring import CropRing  # noqa: E402
from evaluate_reader import held_out  # noqa: E402
from export_reader import write_network  # noqa: E402
from mean_reader import mean_of  # noqa: E402
from photograph_crops import PhotographCrops  # noqa: E402
from reader_decode import find_characters, read_text  # noqa: E402
from reader_net import ALPHABET, CELL_HIGH, CELL_WIDE, CLASSES, GROUNDS, LINE, MAP_CHANNELS, OFFSET, PLATE_VALUES, PRESENCE, RAISED, Reader, SIZE, TALL, WIDE  # noqa: E402
from reader_targets import MOST, ROW, loss, targets, truth_row  # noqa: E402
from render.crops import PHOTOGRAPHS, crops, draw_plate  # noqa: E402
from render.faces import FACES, HELD_OUT_FACES, TRAINING_FACES  # noqa: E402
from render.free_plate import draw_free_plate  # noqa: E402
from render.snapshot import snapshot  # noqa: E402

cv2.setNumThreads(1)
torch.set_num_threads(1)


def some(first: int, count: int) -> list:
    supply = crops(first)
    return [next(supply)[1] for _ in range(count)]


def perfect_maps(row: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """Maps that a reader without fault would give for a truth row."""
    h, w = shape[0] // CELL_HIGH, shape[1] // CELL_WIDE
    t = targets(torch.from_numpy(row[None]), h, w)
    maps = np.zeros((MAP_CHANNELS, h, w), np.float32)
    heat = t.near[0].numpy()
    maps[PRESENCE] = np.where(t.centre[0].numpy(), 8, np.where(heat > 0, -1, -8))
    v = t.values[0].numpy()
    maps[OFFSET], maps[SIZE] = v[..., :2].transpose(2, 0, 1), v[..., 2:4].transpose(2, 0, 1)
    for y in range(h):
        for x in range(w):
            maps[CLASSES.start + int(v[y, x, 4]), y, x] = 9
            maps[LINE.start + int(v[y, x, 5]), y, x] = 9
    maps[RAISED] = np.where(v[..., 6] > .5, 9, -9)
    return maps


class Crops(unittest.TestCase):
    def test_the_same_number_is_the_same_picture_whoever_draws_it(self):
        alone = {n: c for n, c in (next_ for next_, _ in zip(crops(40), range(3 * PHOTOGRAPHS)))}
        shared = {n: c for n, c in (next_ for next_, _ in zip(crops(40, 2), range(2 * PHOTOGRAPHS)))}
        both = alone.keys() & shared.keys()
        self.assertEqual(len(both), 2 * PHOTOGRAPHS)
        for n in both:
            self.assertTrue(np.array_equal(alone[n].rgb, shared[n].rgb) and np.array_equal(alone[n].boxes, shared[n].boxes), n)

    def test_no_two_are_alike(self):
        seen = [c.rgb.tobytes() for c in some(7, 64)]
        self.assertEqual(len(set(seen)), len(seen))

    def test_each_has_the_shape_of_an_input_and_a_box_for_every_character(self):
        for c in some(100, 120):
            self.assertIn(c.rgb.shape, ((*TALL, 3), (*WIDE, 3)))
            n = len(c.drawing.text)
            self.assertEqual((c.boxes.shape, len(c.drawing.line), len(c.drawing.raised)), ((n, 4), n, n))
            self.assertTrue((c.boxes[:, 2:] > c.boxes[:, :2]).all())
            self.assertIn(c.drawing.ground, GROUNDS)
            self.assertTrue(set(c.drawing.text) <= set(ALPHABET))
            self.assertFalse(c.legible and n == 0)

    def test_characters_stand_where_their_boxes_say(self):
        """Ink differs from its surroundings: brightness varies more inside of the boxes than it does a whole character to the left of the first."""
        d = draw_free_plate(3, TRAINING_FACES)
        for b in d.boxes.astype(int):
            self.assertGreater(d.rgb[b[1]:b[3], b[0]:b[2]].std(), 12)

    def test_some_show_the_corner_with_the_small_year_alone(self):
        """As the product looks closer: the letter before the year and the year, all inside of the crop, on one line, and large."""
        whole, closer = {}, []
        for seed in range(400, 460):
            drawing = draw_plate(seed)
            if drawing.raised.any() and drawing.lines == 2:
                for k in range(PHOTOGRAPHS):
                    crop = snapshot(drawing, np.random.default_rng([seed, k]))
                    (closer if len(crop.drawing.text) < len(drawing.text) else whole.setdefault(seed, [])).append((drawing, crop))
        self.assertTrue(len(closer) > 10 and len(whole) > 5)
        for drawing, crop in closer:
            self.assertEqual(crop.drawing.lines, 1)
            self.assertIn(crop.drawing.text, drawing.text)
            self.assertTrue((np.array(crop.drawing.raised) == np.array([False] * (len(crop.drawing.text) - 2) + [True] * 2)).all())
            middle = (crop.boxes[:, :2] + crop.boxes[:, 2:]) / 2
            self.assertTrue((middle > -8).all() and (middle < np.array([crop.rgb.shape[1] + 8, crop.rgb.shape[0] + 8])).all())

        def high(pairs) -> float:
            return float(np.median([(c.boxes[:, 3] - c.boxes[:, 1])[c.drawing.raised].mean() for _, c in pairs]))
        self.assertGreater(high(closer), 1.5 * high([p for pairs in whole.values() for p in pairs]))

    def test_letters_come_evenly_and_digits_stand_before_letters_too(self):
        first, mixed, lines = collections.Counter(), 0, collections.Counter()
        for seed in range(900):
            d = draw_plate(seed)
            lines[d.lines] += 1
            if d.text:
                first[d.text[0]] += 1
                mixed += any(a.isdigit() and b.isalpha() for a, b in zip(d.text, d.text[1:]))
        letters = [first[c] for c in ALPHABET[:26]]
        self.assertGreater(min(letters), 0)
        self.assertLess(max(letters), 5 * sum(letters) / 26)
        self.assertGreater(mixed, 90)
        self.assertTrue(lines[1] > 200 and lines[2] > 200 and lines[3] > 5, lines)

    def test_forty_open_faces_and_more_that_training_never_sees(self):
        self.assertGreaterEqual(len(TRAINING_FACES), 40)
        self.assertGreaterEqual(len(HELD_OUT_FACES), 5)
        self.assertFalse(set(TRAINING_FACES) & set(HELD_OUT_FACES))
        self.assertTrue({"plate", "fancy", "hand"} <= {f["kind"] for f in FACES.values()})


class Means(unittest.TestCase):
    def test_of_weights_are_taken_and_of_counters_the_last(self):
        one, two = ({"average": {"w": torch.tensor([w, 4.0]), "seen": torch.tensor(n)}} for w, n in ((1.0, 5), (3.0, 9)))
        mean = mean_of([one, two])
        self.assertEqual(mean["w"].tolist(), [2.0, 4.0])
        self.assertEqual(mean["seen"].item(), 9)


class Speed(unittest.TestCase):
    def test_prints_crops_a_second(self):
        supply = crops(500_000)
        for _ in range(80 * PHOTOGRAPHS):
            next(supply)
        start = time.perf_counter()
        for _ in range(400):
            next(supply)
        print(f"\n{400 / (time.perf_counter() - start):.0f} crops a second in one process", file=sys.stderr)


class Targets(unittest.TestCase):
    def test_what_is_asked_of_the_network_decodes_to_what_was_drawn(self):
        right = total = 0
        for c in some(2000, 160):
            inside = (c.boxes[:, 0] >= 0).all() and (c.boxes[:, 1] >= 0).all() and (c.boxes[:, 2] <= c.rgb.shape[1]).all() and (c.boxes[:, 3] <= c.rgb.shape[0]).all()
            if not inside or len(c.drawing.text) > MOST or not c.legible:
                continue
            total += 1
            right += read_text(perfect_maps(truth_row(c), c.rgb.shape[:2]))[0] == c.drawing.text
        self.assertGreater(total, 60)
        self.assertGreaterEqual(right / total, .97)

    def test_characters_outside_of_the_crop_are_not_asked_for(self):
        row = np.zeros(ROW, np.float32)
        row[:2], row[5:10], row[12:17] = (2, 1), (-20, 4, -10, 20, 3), (10, 4, 22, 20, 3)
        self.assertEqual(int(targets(torch.from_numpy(row[None]), 20, 80).centre.sum()), 1)

    def test_a_plate_without_characters_gives_a_finite_loss(self):
        row = np.zeros((2, ROW), np.float32)
        row[:, 3] = -1
        maps, plate = Reader()(torch.rand(2, 3, *TALL))
        total, _ = loss(maps, plate, targets(torch.from_numpy(row), *maps.shape[2:]))
        self.assertTrue(torch.isfinite(total))


class Photographs(unittest.TestCase):
    """A rendered picture stands for a photograph: what matters is that characters stay where they are, however it is cut."""

    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        root = Path(self.folder.name)
        self.drawing = draw_free_plate(11, TRAINING_FACES)
        picture = np.full((400, 520, 3), 90, np.uint8)
        h, w = self.drawing.rgb.shape[:2]
        picture[100:100 + h, 110:110 + w] = self.drawing.rgb
        cv2.imwrite(str(root / "one.png"), picture[..., ::-1])
        boxes = (self.drawing.boxes + [110, 100, 110, 100]).tolist()
        plate = {"file": "one.png", "plate": [110, 100, w, h], "text": self.drawing.text, "boxes": boxes, "line": self.drawing.line.tolist(), "raised": self.drawing.raised.tolist()}
        (root / "characters.json").write_text(json.dumps([plate]))
        self.crops = PhotographCrops(root, root / "characters.json")

    def tearDown(self):
        self.folder.cleanup()

    def test_the_same_generator_state_cuts_the_same_crop(self):
        first, again = (self.crops.crop(np.random.default_rng(5)) for _ in range(2))
        self.assertTrue(np.array_equal(first.rgb, again.rgb))

    def test_every_cut_asks_for_the_text_of_the_label_in_order(self):
        right = 0
        for seed in range(40):
            crop = self.crops.crop(np.random.default_rng(seed))
            self.assertEqual(truth_row(crop)[0], len(self.drawing.text))
            right += read_text(perfect_maps(truth_row(crop), crop.rgb.shape[:2]))[0] == self.drawing.text
        self.assertGreaterEqual(right, 38)

    def test_what_nobody_labelled_is_not_asked_for(self):
        row = truth_row(self.crops.crop(np.random.default_rng(1)))
        self.assertEqual((row[2], row[3]), (-1, -1))


class Calibration(unittest.TestCase):
    def test_beliefs_that_are_right_as_often_as_they_say_stay_as_they_are(self):
        rng = np.random.default_rng(1)
        belief = rng.uniform(.05, .95, 4000)
        a, b = fitted(belief, (rng.random(4000) < belief).astype(float), np.ones(4000))
        self.assertAlmostEqual(a, 1, delta=.12)
        self.assertAlmostEqual(b, 0, delta=.12)

    def test_too_bold_beliefs_are_taken_back(self):
        rng = np.random.default_rng(2)
        belief = rng.uniform(.5, .999, 4000)
        a, b = fitted(belief, (rng.random(4000) < .6).astype(float), np.ones(4000))
        self.assertLess(float(applied(np.array([.99]), a, b)[0]), .75)

    def test_half_of_the_photographs_is_held_out(self):
        share = np.mean([held_out(f"set/{i}.jpg") for i in range(1000)])
        self.assertTrue(.44 < share < .56)
        self.assertEqual(held_out("a/x.jpg"), held_out("b/x.jpg"))


class Decoding(unittest.TestCase):
    def test_of_two_maxima_on_one_character_the_weaker_goes(self):
        maps = np.full((MAP_CHANNELS, 20, 80), -8, np.float32)
        maps[OFFSET], maps[SIZE] = 0, 0
        maps[PRESENCE.start, 8, 10], maps[PRESENCE.start, 8, 13] = 3, 2
        maps[CLASSES.start + 4] = 9
        self.assertEqual([c.char for c in find_characters(maps)], ["E"])

    def test_nothing_there_is_an_empty_text(self):
        self.assertEqual(read_text(np.full((MAP_CHANNELS, 20, 80), -9, np.float32)), ("", 0.0))


class Network(unittest.TestCase):
    def test_answers_both_shapes_within_the_budget(self):
        net, macs = Reader().eval(), 0

        def count(module, _, output):
            nonlocal macs
            macs += output.shape[2] * output.shape[3] * module.weight.numel()
        hooks = [m.register_forward_hook(count) for m in net.modules() if isinstance(m, torch.nn.Conv2d)]
        for shape in (TALL, WIDE):
            macs = 0
            maps, plate = net(torch.rand(1, 3, *shape))
            self.assertEqual((tuple(maps.shape), tuple(plate.shape)), ((1, MAP_CHANNELS, shape[0] // CELL_HIGH, shape[1] // CELL_WIDE), (1, PLATE_VALUES)))
            self.assertLess(macs, 180e6)
        for h in hooks:
            h.remove()

    def test_the_exported_network_says_the_same(self):
        net = Reader().eval()
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "reader.onnx"
            write_network(net, file)
            self.assertLess(file.stat().st_size, 10_000_000)
            session = onnxruntime.InferenceSession(str(file), providers=["CPUExecutionProvider"])
            for shape in (TALL, WIDE):
                x = torch.rand(1, 3, *shape)
                with torch.no_grad():
                    mine = net(x)
                for a, b in zip(mine, session.run(None, {"pixels": x.numpy()})):
                    self.assertLess(float(np.abs(a.numpy() - b).max()), 1e-3)


class Ring(unittest.TestCase):
    def test_fills_waits_and_gives_batches_of_one_shape(self):
        ring = CropRing(300, 9_000, 1)
        try:
            ring.want(60)
            deadline = time.time() + 90
            while ring.written() < 60 and time.time() < deadline:
                time.sleep(.1)
            time.sleep(.5)
            self.assertLessEqual(ring.written(), 62)
            pixels, rows = ring.batch(np.random.default_rng(0), 8)
            self.assertEqual((len(pixels), rows.shape), (8, (8, ROW)))
            self.assertTrue((rows[:, 0] > 0).any())
        finally:
            ring.close()


if __name__ == "__main__":
    unittest.main()
