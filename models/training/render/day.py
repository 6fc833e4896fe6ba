"""The shipped example: 3 November 2026 at two boundary sites and one checkpoint of Quetta. Every mark is invented.

A visit is one vehicle (or several) in front of one camera; its frames follow each other by `step` seconds while the vehicle moves
from distance to distance. Everything the product should find on that day follows from the tables below."""
from __future__ import annotations

from dataclasses import dataclass

from .camera import Lens
from .plate import PlateSpec
from .raster import View

DATE = "2026-11-03"
OFFSET = "+05:00"

# Lane cameras: on a pole beside the lane, long lens. The checkpoint's looks wider and sees the hills.
CAMERAS: dict[str, tuple[View, str, str]] = {
    "baleli-in-1": (View(1280, 720, 4500, (-1.5, 2.3, 0), 8.0, 6.4), "gate", "BALELI INBOUND CAM 1"),
    "baleli-out-1": (View(1280, 720, 4500, (1.6, 2.4, 0), -8.4, 6.2), "gate", "BALELI OUTBOUND CAM 1"),
    "lak-pass-in-1": (View(1280, 720, 4300, (-1.2, 2.1, 0), 6.4, 5.6, 0.6), "pass", "LAK PASS INBOUND CAM 1"),
    "lak-pass-out-1": (View(1280, 720, 4500, (1.4, 2.5, 0), -7.4, 7.7, -0.8), "pass", "LAK PASS OUTBOUND CAM 1"),
    "mian-ghundi-chk-1": (View(1280, 720, 3300, (1.25, 1.9, 0), -8.0, 5.0), "checkpoint", "MIAN GHUNDI CHECKPOINT CAM 1"),
}


@dataclass(frozen=True)
class VehicleOfDay:
    """One vehicle as it looks; `register` is its row in the Excise register or None where it has none."""
    front: str
    paint: str
    plate: PlateSpec | None
    seed: int
    register: tuple[str, ...] | None = None


def _p(layout: str, letters: str = "", number: str = "", year: str = "", **more) -> PlateSpec:
    return PlateSpec(layout, letters, number, year, **more)


# name -> vehicle. `front` names the body; the camera decides which end is seen.
VEHICLES: dict[str, VehicleOfDay] = {
    "commuter": VehicleOfDay("saloon", "white", _p("pb-2006", "LED", "4073", "16"), 11, ("PB", "private", "Toyota", "Corolla", "white", "active", "2027-06-30")),
    "settler": VehicleOfDay("hatchback", "silver", _p("sd-1996", "BKR", "264", emboss="2017"), 12, ("SD", "private", "Suzuki", "Cultus", "silver", "active", "2027-06-30")),
    "visitor": VehicleOfDay("saloon", "grey", _p("pb-2020", "AKN", "318"), 13, ("PB", "private", "Honda", "City", "grey", "active", "2027-06-30")),
    "leaver": VehicleOfDay("saloon", "black", _p("is-2018", "APT", "486"), 14, ("IS", "private", "Honda", "Civic", "black", "active", "2026-06-30")),
    "local": VehicleOfDay("saloon", "beige", _p("ba-private", "QAB", "914", district="QUETTA"), 15, ("BA", "private", "Toyota", "Corolla", "beige", "active", "2027-06-30")),
    "government": VehicleOfDay("pickup", "white", _p("ba-government", "GBA", "283"), 16, ("BA", "government", "Toyota", "Hilux", "white", "active", "2027-06-30")),
    "van": VehicleOfDay("van", "white", _p("pb-2006-commercial", "LES", "6530", "12", wear=0.4), 17, ("PB", "private", "Toyota", "Hiace", "white", "active", "2026-06-30")),
    "motorcycle": VehicleOfDay("motorcycle", "red", _p("pb-2020-motorcycle", "AKX", "4827"), 18, ("PB", "motorcycle", "Honda", "CD 70", "red", "active", "2027-06-30")),
    "peshawar": VehicleOfDay("hatchback", "blue", _p("kp-private", "C", "7316", district="PESHAWAR"), 19, ("KP", "private", "Suzuki", "Alto", "blue", "active", "2027-06-30")),
    "stolen": VehicleOfDay("saloon", "black", _p("pb-2006", "LEA", "2716", "09"), 20, ("PB", "private", "Toyota", "Corolla", "black", "reported stolen", "2025-06-30")),
    "wanted": VehicleOfDay("hatchback", "white", _p("sd-1996", "BHT", "739", emboss="2015"), 21, ("SD", "private", "Suzuki", "Swift", "white", "active", "2026-06-30")),
    "other-year": VehicleOfDay("saloon", "maroon", _p("pb-2006", "LEA", "1234", "07", wear=0.1), 22, ("PB", "private", "Suzuki", "Liana", "maroon", "active", "2027-06-30")),
    "plateless": VehicleOfDay("pickup", "beige", None, 23),
    "applied": VehicleOfDay("saloon", "red", _p("applied-for"), 24),
    "ajrak": VehicleOfDay("saloon", "silver", _p("sd-2022", "BXR", "408"), 25, ("SD", "private", "Honda", "City", "silver", "active", "2027-06-30")),
    "bus": VehicleOfDay("bus", "white", _p("kp-commercial", "AA", "4867", district="MARDAN", wear=0.35), 26, ("KP", "commercial", "Hino", "RN8", "white", "active", "2027-06-30")),
    "rickshaw": VehicleOfDay("rickshaw", "green", _p("ba-rickshaw", "LSB", "738", district="LASBELA", wear=0.25), 27, ("BA", "commercial", "Sazgar", "Deluxe", "green", "active", "2026-06-30")),
    "truck": VehicleOfDay("truck", "green", _p("sd-1996-commercial", "TLC", "563", emboss="2011", wear=0.25), 28, ("SD", "commercial", "Hino", "FM", "green", "active", "2024-06-30")),
    "sindh-bike": VehicleOfDay("motorcycle", "black", _p("sd-motorcycle", "KGD", "2956"), 29, ("SD", "motorcycle", "Yamaha", "YBR 125", "black", "active", "2027-06-30")),
    "stranger": VehicleOfDay("saloon", "blue", _p("pb-2020", "AMW", "752"), 30),
    "dusty": VehicleOfDay("van", "grey", _p("pb-2006", "MNB", "5182", "14", wear=1.0), 31, ("PB", "private", "Toyota", "Hiace", "grey", "active", "2026-06-30")),
}


@dataclass(frozen=True)
class Visit:
    """`moves`: per vehicle (name, x, distances of each frame in m, heading)."""
    camera: str
    start: str
    light: str
    moves: tuple[tuple[str, float, tuple[float, ...], float], ...]
    step: float = 0.3
    frames: int = 0
    lens: Lens | None = None
    difficulty: str = "normal"


def _come(name: str, *distances: float, x: float = 0.0, heading: float = 0.0):
    return (name, x, distances, heading)


VISITS: tuple[Visit, ...] = (
    Visit("lak-pass-in-1", "06:15:02.200", "dawn", (_come("wanted", 12.6, 11.2, 9.9),)),
    Visit("baleli-out-1", "06:58:40.000", "day", (_come("local", 9.9, 11.3),)),
    Visit("baleli-in-1", "07:12:04.200", "day", (_come("commuter", 13.2, 11.6, 10.1),)),
    Visit("lak-pass-in-1", "07:40:31.500", "day", (_come("settler", 12.8, 11.4, 10.0, x=0.12),)),
    Visit("mian-ghundi-chk-1", "08:05:12.000", "day", (_come("commuter", 7.9),)),
    Visit("baleli-in-1", "08:30:55.800", "day", (_come("visitor", 13.0, 11.5, 10.1, heading=1.5),)),
    Visit("lak-pass-in-1", "09:05:20.400", "haze", (_come("peshawar", 12.9, 11.4, 10.0, x=-0.62), _come("motorcycle", 12.2, 10.9, 9.6, x=0.92))),
    Visit("mian-ghundi-chk-1", "09:40:08.000", "day", (_come("government", 8.9, 8.0),), 0.4),
    Visit("baleli-out-1", "10:15:26.300", "day", (_come("leaver", 10.0, 11.4),)),
    Visit("lak-pass-in-1", "10:50:44.000", "day", (_come("other-year", 12.4, 11.1, 9.8),)),
    Visit("mian-ghundi-chk-1", "11:30:02.000", "day", (_come("plateless", 9.2, 8.1),), 0.4),
    Visit("mian-ghundi-chk-1", "11:32:00.000", "day", (), frames=1),
    Visit("baleli-in-1", "12:10:17.600", "haze", (_come("van", 12.0, 10.2),)),
    Visit("lak-pass-in-1", "12:45:33.000", "haze", (_come("rickshaw", 11.0, 9.6),), 0.4),
    Visit("baleli-out-1", "13:20:51.200", "afternoon", (_come("visitor", 10.0, 11.5, heading=-1.0),)),
    Visit("baleli-in-1", "14:25:36.900", "afternoon", (_come("applied", 11.8, 10.1),)),
    Visit("lak-pass-in-1", "14:41:09.700", "afternoon", (_come("sindh-bike", 10.6, 9.2, x=0.1),)),
    Visit("lak-pass-out-1", "15:05:13.100", "afternoon", (_come("other-year", 11.6, 10.0),)),
    Visit("baleli-in-1", "15:41:22.000", "rain", (_come("stranger", 12.1, 10.1),)),
    Visit("baleli-out-1", "16:12:07.400", "rain", (_come("bus", 10.2, 11.4),)),
    Visit("lak-pass-out-1", "16:20:48.500", "rain", (_come("ajrak", 11.8, 10.1),)),
    Visit("lak-pass-out-1", "17:05:30.300", "dusk", (_come("commuter", 11.7, 10.1),)),
    Visit("mian-ghundi-chk-1", "17:32:41.000", "dusk", (_come("dusty", 9.6),), lens=Lens(exposure=3.0, noise=0.03, warmth=0.03, motion=3.4, focus=0.9), difficulty="hard"),
    Visit("baleli-in-1", "19:20:14.000", "night", (_come("local", 11.8, 10.2),)),
    Visit("baleli-in-1", "19:48:05.600", "night", (_come("stolen", 12.9, 11.4, 10.0),)),
    Visit("lak-pass-out-1", "21:30:27.000", "rain-night", (_come("leaver", 19.0, heading=3.0),), lens=Lens(exposure=1.3, infrared=True, noise=0.035, rain=1.0, motion=2.4, focus=1.3, bloom=0.12), difficulty="hard"),
    Visit("baleli-in-1", "23:20:38.800", "night", (_come("truck", 11.4, 10.0),)),
)

_LENSES = {
    "day": Lens(exposure=1.45), "afternoon": Lens(exposure=1.5, warmth=0.03), "haze": Lens(exposure=1.6), "dawn": Lens(exposure=4.2, noise=0.02, motion=1.2),
    "dusk": Lens(exposure=3.6, noise=0.018, warmth=0.03, motion=1.0), "rain": Lens(exposure=2.5, rain=1.0, noise=0.01, focus=0.6),
    "night": Lens(exposure=1.5, infrared=True, noise=0.016, motion=0.8, focus=0.55, bloom=0.06),
    "rain-night": Lens(exposure=1.5, infrared=True, noise=0.02, rain=0.7, motion=1.0, focus=0.9, bloom=0.08),
}

# Cameras that look along the traffic see rears, the others fronts.
_REAR = {"baleli-out-1", "lak-pass-in-1"}


def lens_of(visit: Visit) -> Lens:
    return visit.lens or _LENSES[visit.light]


def body_of(vehicle: VehicleOfDay, camera: str) -> str:
    """The body seen by a camera: two- and three-wheelers and the bus are drawn from the rear only, van, pickup and truck from the front."""
    end = {"motorcycle": "rear", "rickshaw": "rear", "bus": "rear", "van": "front", "pickup": "front", "truck": "front"}.get(vehicle.front)
    end = end or ("rear" if camera in _REAR else "front")
    front = "saloon" if vehicle.front == "hatchback" and end == "front" else vehicle.front
    return f"{front}-{end}"


ABOUT = ("Rendered by models/training/make_fixtures.py: no real vehicle, place or person. Corners are left top, right top, right bottom, left bottom in px of the frame; "
         "difficulty 'hard' marks frames that a reader may fail on. Hits and journeys hold for a reader that gets every normal pass right.")

LIST_HEADER = ("mark", "kind", "reason", "owner", "action", "expires")
_LIVE = "2027-12-31T23:59:59+05:00"
LISTS: dict[str, tuple[tuple[str, ...], ...]] = {
    "stolen": (
        ("LEA-09-2716", "stolen", "Taken at gunpoint on Sariab Road, FIR 311/2026", "Quetta Police, Sariab station", "stop", _LIVE),
        ("LEA-08-1234", "stolen", "Stolen from a car park, FIR 87/2026", "Quetta Police, City station", "stop", _LIVE),
        ("AKN-318", "stolen", "Reported stolen, recovered and returned to its owner", "Quetta Police, Airport station", "stop", "2026-06-30T23:59:59+05:00"),
        ("BGX-581", "stolen", "Stolen in Karachi, FIR 1402/2026", "Sindh Police, AVLC Karachi", "stop", _LIVE),
        ("LEF-14-3090", "stolen", "Taken from a workshop, FIR 66/2026", "Quetta Police, Satellite Town station", "stop", ""),
        ("ALM-927", "stolen", "Stolen in Islamabad, FIR 519/2026", "Islamabad Police", "inform", _LIVE),
        ("KHN-6104", "stolen", "Motorcycle stolen near Mannan Chowk, FIR 205/2026", "Quetta Police, City station", "stop", _LIVE),
        ("RIB-11-845", "fake", "Same mark reported on two vehicles", "Excise and Taxation Balochistan", "stop", _LIVE),
    ),
    "wanted": (
        ("BHT-739", "wanted", "Vehicle of interest in case 44/2026", "Counter Terrorism Department", "silent", _LIVE),
        ("TLC-563", "tax", "Token tax unpaid since 2024", "Excise and Taxation Balochistan", "inform", _LIVE),
        ("QAC-207", "watch", "Observed near a restricted site, report movements", "Special Branch", "silent", _LIVE),
        ("ANK-660", "missing", "Driver reported missing with this vehicle", "Quetta Police, Brewery station", "inform", _LIVE),
        ("LXB-5417", "wanted", "Left the scene of an accident, FIR 92/2026", "Balochistan Highway Police", "stop", _LIVE),
        ("GBB-118", "allow", "Ambulance service, pass without stop", "Provincial Disaster Management Authority", "inform", _LIVE),
        ("FDB-10-771", "tax", "Token tax unpaid since 2023", "Excise and Taxation Balochistan", "inform", "2026-09-30T23:59:59+05:00"),
    ),
}
NO_HITS = [
    {"mark": "AKN-318", "why": "its entry expired on 2026-06-30"},
    {"mark": "LEA-07-1234", "why": "listed is LEA-08-1234: same letters and number, another year, another vehicle"},
]

REGISTER_HEADER = ("mark", "jurisdiction", "class", "make", "model", "colour", "status", "token_paid_to")
OTHER_REGISTRATIONS: tuple[tuple[str, ...], ...] = (
    ("LEA-08-1234", "PB", "private", "Suzuki", "Mehran", "white", "reported stolen", "2026-06-30"),
    ("BGX-581", "SD", "private", "Toyota", "Corolla", "silver", "reported stolen", "2026-06-30"),
    ("LEF-14-3090", "PB", "private", "Honda", "City", "grey", "reported stolen", "2026-06-30"),
    ("ALM-927", "IS", "private", "Toyota", "Vitz", "pearl white", "reported stolen", "2026-06-30"),
    ("KHN-6104", "SD", "motorcycle", "Honda", "CG 125", "black", "reported stolen", "2025-06-30"),
    ("RIB-11-845", "PB", "private", "Suzuki", "Cultus", "blue", "blocked", "2024-06-30"),
    ("QAC-207", "BA", "private", "Toyota", "Land Cruiser", "white", "active", "2027-06-30"),
    ("ANK-660", "PB", "private", "KIA", "Sportage", "red", "active", "2027-06-30"),
    ("LXB-5417", "PB", "private", "Suzuki", "Mehran", "maroon", "active", "2025-06-30"),
    ("GBB-118", "BA", "government", "Toyota", "Hiace", "white", "active", "2027-06-30"),
    ("FDB-10-771", "PB", "commercial", "Hino", "Dutro", "blue", "active", "2023-06-30"),
    ("QAD-4410", "BA", "private", "Toyota", "Probox", "silver", "active", "2027-06-30"),
    ("B-5508", "KP", "private", "Suzuki", "Bolan", "white", "active", "2026-06-30"),
    ("JV-3097", "SD", "commercial", "Mazda", "Titan", "blue", "active", "2026-06-30"),
    ("AJP-144", "IS", "private", "Honda", "BR-V", "grey", "cancelled", "2025-06-30"),
)
REGISTER_FINDINGS = [
    {"mark": "AMW-752", "finding": "not in the register"},
    {"mark": "LES-12-6530", "finding": "registered as private, seen with a commercial plate"},
]
