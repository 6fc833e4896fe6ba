import { gauss, randomOf, type Driven, type Setting } from './traffic-scene.ts';

/** Traffic of one kind, and the camera that sees it. */
export interface Traffic { readonly vehicles: readonly Driven[]; readonly setting: Setting }
type Random = () => number;

const LETTERS = 'ABCDEFHJKLMNPRSTUVXYZ';
const LANES = [-3.4, 0, 3.4];

const between = (random: Random, least: number, most: number): number => least + (most - least) * random();
const oneOf = <T>(random: Random, list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
const mark = (random: Random): string => Array.from({ length: 3 }, () => oneOf(random, [...LETTERS])).join('') + (random() < 0.5 ? `${Math.floor(between(random, 10, 24))}` : '') + String(Math.floor(between(random, 100, 9999)));
const good = (random: Random, more: Partial<Setting> = {}): Setting =>
  ({ fps: between(random, 5, 25), focal: 4500, pole: between(random, 5, 7), looksAt: 22, dropped: 0.03, misread: 0.01, jitter: 0.04, ...more });
const hard = (random: Random, more: Partial<Setting> = {}): Setting => good(random, { dropped: between(random, 0.1, 0.3), misread: between(random, 0.03, 0.06), jitter: 0.07, ...more });

/** Comes towards the camera, or goes away, at a steady speed (m/s), and is `near` metres before the pole at `when`. */
function driving(text: string, { when, speed, beside, away = false, more = {} }: { when: number; speed: number; beside: number; away?: boolean; more?: Partial<Driven> }): Driven {
  const span = 70 / speed;
  return { text, from: when - span, until: when + 1, at: (t) => ({ ahead: away ? 70 + (t - when) * speed : (when - t) * speed, beside }), ...more };
}

const single = (random: Random): Traffic => ({ vehicles: [driving(mark(random), { when: 10, speed: between(random, 3, 30), beside: oneOf(random, LANES), away: random() < 0.5 })], setting: good(random) });

/** Lanes with a second and a half, or more, between vehicles. */
function freeFlow(random: Random, setting: Setting, count: number): Traffic {
  const lanes = LANES.map(() => ({ speed: between(random, 8, 33), at: between(random, 5, 8) }));
  const vehicles = Array.from({ length: count }, () => {
    const lane = Math.floor(random() * lanes.length), { speed, at } = lanes[lane] as { speed: number; at: number };
    (lanes[lane] as { at: number }).at += between(random, 1.5, 4);
    return driving(mark(random), { when: at, speed, beside: (LANES[lane] as number) + 0.3 * gauss(random) });
  });
  return { vehicles, setting };
}

/** Three full lanes at walking pace up to town speed, 8 m from plate to plate. */
function dense(random: Random): Traffic {
  const vehicles = LANES.flatMap((beside) => {
    const speed = between(random, 2, 12), first = between(random, 4, 6);
    return Array.from({ length: 4 }, (_, i) => driving(mark(random), { when: first + 20 + (i * between(random, 7.5, 9)) / speed, speed, beside: beside + 0.2 * gauss(random) }));
  });
  return { vehicles, setting: hard(random, { dropped: 0.15 }) };
}

/** A queue: all drive a car's length and stand, again and again. */
function queue(random: Random): Traffic {
  const stops = Array.from({ length: 12 }, () => between(random, 2, 7)), gap = between(random, 6.5, 8);
  const gone = (t: number): number => {
    let clock = 0, way = 0;
    for (const stop of stops) {
      if (t < clock + stop) return way;
      clock += stop;
      if (t < clock + 2) return way + (gap * (1 - Math.cos(((t - clock) * Math.PI) / 2))) / 2;
      clock += 2;
      way += gap;
    }
    return way;
  };
  const vehicles = Array.from({ length: 7 }, (_, i): Driven => ({ text: mark(random), from: 0, until: 70, at: (t) => ({ ahead: 16 + i * gap - gone(t), beside: 0.4 * Math.sin(i) }) }));
  return { vehicles, setting: hard(random, { fps: between(random, 5, 10) }) };
}

/** One stands for long while others go by and hide it. */
function parked(random: Random): Traffic {
  const others = Array.from({ length: 8 }, (_, i) => driving(mark(random), { when: 15 + i * between(random, 9, 12), speed: between(random, 5, 15), beside: 0 }));
  const hidden = others.map((o): [number, number] => [o.until - 4, o.until - 4 + between(random, 0.4, 8)]);
  return { vehicles: [{ text: mark(random), from: 0, until: 120, at: () => ({ ahead: 18, beside: 2.6 }), hidden }, ...others], setting: hard(random, { fps: 5 }) };
}

/** Vehicles of one fleet, a digit apart, one behind the other. */
function fleet(random: Random): Traffic {
  const stem = mark(random).slice(0, -1), speed = between(random, 6, 25);
  const vehicles = [1, 4, 7].map((digit, i) => driving(`${stem}${digit}`, { when: 10 + (i * between(random, 14, 30)) / speed, speed, beside: 0 }));
  return { vehicles, setting: good(random) };
}

/** Crosses from side to side while others come. */
function crossing(random: Random): Traffic {
  const across = (text: string, when: number, sign: number): Driven => ({ text, from: when - 6, until: when + 6, at: (t) => ({ ahead: 24 + 2 * Math.sin(t / 3), beside: sign * (t - when) * between(() => 0.5, 2, 3) }) });
  return { vehicles: [across(mark(random), 8, 1), across(mark(random), 8 + between(random, -1, 1), -1), driving(mark(random), { when: 10, speed: between(random, 5, 12), beside: 0 })], setting: hard(random, { dropped: 0.1 }) };
}

function reversing(random: Random): Traffic {
  const nearest = between(random, 15, 22), speed = between(random, 2, 6);
  return { vehicles: [{ text: mark(random), from: 0, until: 80 / speed, at: (t) => ({ ahead: nearest + Math.abs(40 - nearest - speed * t), beside: 0 }) }], setting: hard(random) };
}

/** A lorry with its number on the bumper and painted again, or with another country's plate above it. */
function twoPlates(random: Random): Traffic {
  const same = random() < 0.5, text = mark(random), plates = [{ height: 0.6, width: 0.42 }, { height: between(random, 1.5, 2.4), width: 0.7, beside: between(random, -0.5, 0.5), text: same ? text : mark(random) }];
  const lorry = driving(text, { when: 12, speed: between(random, 4, 14), beside: 0, more: { plates } });
  return { vehicles: [lorry, driving(mark(random), { when: 12 + between(random, 2, 4), speed: between(random, 4, 14), beside: 3.4 })], setting: good(random, { misread: 0.02 }) };
}

function hiddenOnTheWay(random: Random): Traffic {
  const speed = between(random, 5, 14), start = 10 - 32 / speed + between(random, 0, 10 / speed);
  return { vehicles: [driving(mark(random), { when: 10, speed, beside: 0, more: { hidden: [[start, start + between(random, 0.5, 1)]] } })], setting: hard(random, { dropped: 0.1 }) };
}

function unreadable(random: Random): Traffic {
  const { vehicles } = freeFlow(random, good(random), 4);
  return { vehicles: vehicles.map((v, i) => (i % 2 === 0 ? { ...v, unreadable: true } : v)), setting: good(random, { dropped: 0.1 }) };
}

export const SIMPLE: Record<string, (random: Random) => Traffic> = {
  'one vehicle': single,
  'free flow': (random) => freeFlow(random, good(random), Math.ceil(random() * 8)),
  'a plate found twice': (random) => freeFlow(random, good(random, { doubled: 0.3 }), 3),
  'a fleet in convoy': fleet,
};

export const HARD: Record<string, (random: Random) => Traffic> = {
  'free flow, badly read': (random) => freeFlow(random, hard(random), Math.ceil(random() * 12)),
  'twelve in view': dense,
  'stop and go': queue,
  'parked, hidden by others': parked,
  'crossing ways': crossing,
  reversing,
  'two plates': twoPlates,
  'hidden on the way': hiddenOnTheWay,
  'unreadable among others': unreadable,
};

export function traffic(kind: string, seed: number): Traffic {
  const of = SIMPLE[kind] ?? HARD[kind];
  if (of === undefined) throw new Error(`no such traffic: ${kind}`);
  return of(randomOf(seed));
}
