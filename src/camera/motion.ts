import type { Box } from '../vision/picture.ts';
import type { YuvPicture } from '../vision/yuv-picture.ts';

/** What of a frame moved, and whether the camera still sees what it saw. */
export interface MotionView {
  /** Boxes in pixels of the frame, the largest first; within the region. */
  readonly moving: readonly Box[];
  /** Mean of the whole picture, 0..255. */
  readonly brightness: number;
  /** Share of the scene's edges that stand where they stood over the last half hour, 0..1; 1 while there are too few to tell. */
  readonly sameScene: number;
}

export interface Motion {
  /** `at`: epoch milliseconds of the frame. `region`: the part that is looked at, in pixels; null: all of it. */
  see(picture: YuvPicture, at: number, region: Box | null): MotionView;
}

/** Samples across a picture: every 8th pixel of 1080p. A vehicle whose plate can be read (40 px) is over 15 samples wide. */
const SAMPLES_ACROSS = 240;
/**
 * A sample has changed when it is this far from its background, 4 times what it usually is off (leaves, water), and 5 times what half of the picture
 * is off (a noisy sensor at night: 3.4 standard deviations).
 */
const LEAST_CHANGE = 14, TIMES_USUAL = 4, TIMES_NOISE = 5;
/** Fewer changed samples together are a bird or a flicker; one or two samples wide or high are drops of rain or a wire. */
const LEAST_BLOB = 9, LEAST_ACROSS = 3;
/** Share of a blob that must also differ from the frame before: what stands still since is no movement, a parked car least of all. */
const LEAST_MOVED = 0.08;
/** Blobs nearer than this are one vehicle: windows, bonnet and shadow change apart. In samples. */
const JOIN_WITHIN = 3;
const MOST_BOXES = 24;
/** Above this share of changed samples it is not traffic: infrared filter, flash, the camera was turned. */
const ALL_CHANGED = 0.6;
/** How fast the background follows where nothing stands, and where something does: a car that stays is background after half a minute. */
const FOLLOW_MS = 4000, ABSORB_MS = 30_000;
/** The scene is remembered for half an hour: a camera that was turned must be noticed before the new view is the usual one. */
const SCENE_MS = 1_800_000;
const SCENE_CELL = 4, LEAST_EDGE = 6, LEAST_EDGES = 12;

interface Grid { readonly width: number; readonly height: number; readonly step: number }
interface State {
  readonly grid: Grid;
  readonly size: string;
  readonly background: Float32Array;
  /** How far a sample usually is from its background. */
  readonly usual: Float32Array;
  luma: Float32Array;
  before: Float32Array;
  readonly changed: Uint8Array;
  readonly scene: Float32Array;
  at: number;
  frames: number;
}

/** Follows one camera's picture. Pure: the same frames and times give the same boxes. A picture of another size begins anew. */
export function createMotion(): Motion {
  let state: State | null = null;
  return {
    see: (picture, at, region) => {
      const size = `${picture.width}x${picture.height}`;
      if (state === null || state.size !== size) state = begin(picture, size, at);
      [state.luma, state.before] = [state.before, state.luma];
      const brightness = sampleLuma(picture, state.grid, state.luma);
      const elapsedMs = Math.max(1, at - state.at);
      state.at = at;
      const moving = state.frames === 0 ? (learn(state), []) : movingBoxes(state, elapsedMs, region ?? { x: 0, y: 0, width: picture.width, height: picture.height });
      const sameScene = compareScene(state, moving, elapsedMs);
      state.frames += 1;
      return { moving, brightness, sameScene };
    },
  };
}

function begin({ width, height }: YuvPicture, size: string, at: number): State {
  const step = Math.max(4, Math.round(width / SAMPLES_ACROSS)), grid = { step, width: Math.ceil(width / step), height: Math.ceil(height / step) }, samples = grid.width * grid.height;
  const scene = new Float32Array(Math.floor(grid.width / SCENE_CELL) * Math.floor(grid.height / SCENE_CELL) * 2);
  return {
    grid, size, at, scene, frames: 0, background: new Float32Array(samples), usual: new Float32Array(samples).fill(2), luma: new Float32Array(samples), before: new Float32Array(samples),
    changed: new Uint8Array(samples),
  };
}

/** Brightness of every `step`th pixel, of which video has 219 steps from black (16) to white; returns the mean. */
function sampleLuma({ width, height, planes }: YuvPicture, { step }: Grid, into: Float32Array): number {
  let to = 0, sum = 0;
  for (let y = 0; y < height; y += step) {
    for (let from = y * width, end = from + width; from < end; from += step) {
      const luma = Math.max(0, Math.min(255, ((planes[from] as number) - 16) * (255 / 219)));
      into[to++] = luma;
      sum += luma;
    }
  }
  return sum / to;
}

/** Everything seen is the background: at the start, and when the whole picture has changed. */
function learn({ background, luma, before }: State): void {
  background.set(luma);
  before.set(luma);
}

function movingBoxes(state: State, elapsedMs: number, region: Box): Box[] {
  const { grid, luma, background } = state, within = samplesOf(region, grid);
  const shift = medianOff(luma, background, (off) => off), noise = medianOff(luma, background, (off) => Math.abs(off - shift));
  const share = markChanged(state, shift, Math.max(LEAST_CHANGE, TIMES_NOISE * noise), within);
  if (share > ALL_CHANGED) {
    learn(state);
    return [region];
  }
  const blobs = movedBlobs(state, within);
  follow(state, shift, elapsedMs);
  return joined(blobs).slice(0, MOST_BOXES).map((blob) => pixelsOf(blob, grid.step, region));
}

interface Range { readonly left: number; readonly top: number; readonly right: number; readonly bottom: number }

function samplesOf(region: Box, { step, width, height }: Grid): Range {
  return {
    left: Math.max(0, Math.floor(region.x / step)), top: Math.max(0, Math.floor(region.y / step)),
    right: Math.min(width, Math.ceil((region.x + region.width) / step)), bottom: Math.min(height, Math.ceil((region.y + region.height) / step)),
  };
}

/**
 * Median over the picture of how far samples are from their background: a lorry in half of it does not move it. As it is, it tells by how much all
 * became lighter (clouds, exposure); its size without that, how much noise there is.
 */
function medianOff(luma: Float32Array, background: Float32Array, measure: (off: number) => number): number {
  const counts = new Uint32Array(1024);
  let seen = 0;
  for (let i = 0; i < luma.length; i += 3, seen++) {
    const at = Math.round(measure((luma[i] as number) - (background[i] as number))) + 512;
    counts[at] = (counts[at] as number) + 1;
  }
  let below = 0, at = 0;
  while (at < 1023 && (below += counts[at] as number) * 2 < seen) at++;
  return at - 512;
}

/** Marks the samples of the range that left their background; returns the share of those that differ at all: noise must not hide that everything changed. */
function markChanged({ luma, background, usual, changed, grid }: State, shift: number, least: number, { left, top, right, bottom }: Range): number {
  changed.fill(0);
  let count = 0;
  for (let y = top; y < bottom; y++) {
    for (let i = y * grid.width + left, end = y * grid.width + right; i < end; i++) {
      const off = Math.abs((luma[i] as number) - (background[i] as number) - shift);
      if (off > LEAST_CHANGE) count++;
      if (off > least && off > TIMES_USUAL * (usual[i] as number)) changed[i] = 1;
    }
  }
  return count / Math.max(1, (right - left) * (bottom - top));
}

/** Changed samples that touch, as ranges of samples; only those that are large enough and differ from the frame before. */
function movedBlobs({ changed, luma, before, grid }: State, { left, top, right, bottom }: Range): Range[] {
  const found: Range[] = [], stack: number[] = [], { width } = grid;
  for (let y = top; y < bottom; y++) {
    for (let x = left; x < right; x++) {
      if (changed[y * width + x] !== 1) continue;
      let count = 0, moved = 0, blob = { left: x, top: y, right: x + 1, bottom: y + 1 };
      changed[y * width + x] = 2;
      stack.push(y * width + x);
      for (let at = stack.pop(); at !== undefined; at = stack.pop()) {
        const atX = at % width, atY = (at - atX) / width;
        count++;
        if (Math.abs((luma[at] as number) - (before[at] as number)) > LEAST_CHANGE) moved++;
        blob = { left: Math.min(blob.left, atX), top: Math.min(blob.top, atY), right: Math.max(blob.right, atX + 1), bottom: Math.max(blob.bottom, atY + 1) };
        for (let ny = Math.max(top, atY - 1); ny <= Math.min(bottom - 1, atY + 1); ny++) {
          for (let nx = Math.max(left, atX - 1); nx <= Math.min(right - 1, atX + 1); nx++) {
            if (changed[ny * width + nx] !== 1) continue;
            changed[ny * width + nx] = 2;
            stack.push(ny * width + nx);
          }
        }
      }
      if (Math.min(blob.right - blob.left, blob.bottom - blob.top) < LEAST_ACROSS) continue;
      if (count >= LEAST_BLOB && moved >= Math.max(3, count * LEAST_MOVED)) found.push(blob);
    }
  }
  return found;
}

/** The background goes towards what is seen: soon where it is nearly that already, slowly where something stands before it. */
function follow({ luma, background, usual, changed }: State, shift: number, elapsedMs: number): void {
  const soon = 1 - Math.exp(-elapsedMs / FOLLOW_MS), slowly = 1 - Math.exp(-elapsedMs / ABSORB_MS);
  for (let i = 0; i < luma.length; i++) {
    const off = (luma[i] as number) - (background[i] as number), part = changed[i] === 0 ? soon : slowly;
    background[i] = (background[i] as number) + off * part;
    usual[i] = (usual[i] as number) + (Math.min(30, Math.abs(off - shift)) - (usual[i] as number)) * slowly;
  }
}

const area = (r: Range): number => (r.right - r.left) * (r.bottom - r.top);
const near = (a: Range, b: Range): boolean => a.left - b.right < JOIN_WITHIN && b.left - a.right < JOIN_WITHIN && a.top - b.bottom < JOIN_WITHIN && b.top - a.bottom < JOIN_WITHIN;
const around = (a: Range, b: Range): Range => ({ left: Math.min(a.left, b.left), top: Math.min(a.top, b.top), right: Math.max(a.right, b.right), bottom: Math.max(a.bottom, b.bottom) });

/** Ranges that are near each other made one, until none is; the largest first. */
function joined(ranges: readonly Range[]): Range[] {
  const done: Range[] = [];
  for (const range of ranges) {
    let whole = range;
    for (let at = done.findIndex((d) => near(d, whole)); at >= 0; at = done.findIndex((d) => near(d, whole))) whole = around(whole, done.splice(at, 1)[0] as Range);
    done.push(whole);
  }
  return done.sort((a, b) => area(b) - area(a));
}

/** One sample stands for the pixels up to the next; what moves reaches into the sample before. */
function pixelsOf({ left, top, right, bottom }: Range, step: number, region: Box): Box {
  const x = Math.max(region.x, (left - 1) * step), y = Math.max(region.y, (top - 1) * step);
  return { x, y, width: Math.min(region.x + region.width, (right + 1) * step) - x, height: Math.min(region.y + region.height, (bottom + 1) * step) - y };
}

/**
 * Compares the edges between cells (4x4 samples) with those remembered. Edges stay where they are when the light changes; they go when the camera is
 * covered, and stand elsewhere when it was turned. Cells that something moves in are left out.
 */
function compareScene(state: State, moving: readonly Box[], elapsedMs: number): number {
  const { grid, luma, scene, frames } = state, across = Math.floor(grid.width / SCENE_CELL), down = Math.floor(grid.height / SCENE_CELL);
  const cells = cellMeans(luma, grid, across, down), part = 1 - Math.exp(-elapsedMs / SCENE_MS);
  let edges = 0, standing = 0;
  for (let y = 0; y < down - 1; y++) {
    for (let x = 0; x < across - 1; x++) {
      const at = y * across + x;
      if (frames > 0 && moving.some((box) => covers(box, x, y, grid.step * SCENE_CELL))) continue;
      for (const [slot, next] of [[at * 2, at + 1], [at * 2 + 1, at + across]] as const) {
        const edge = (cells[next] as number) - (cells[at] as number), known = scene[slot] as number;
        if (Math.abs(known) >= LEAST_EDGE) {
          edges++;
          // A quarter of it: at night the same edge is fainter.
          if (edge / known > 0.25) standing++;
        }
        scene[slot] = frames === 0 ? edge : known + (edge - known) * part;
      }
    }
  }
  return edges < LEAST_EDGES ? 1 : standing / edges;
}

function cellMeans(luma: Float32Array, grid: Grid, across: number, down: number): Float32Array {
  const cells = new Float32Array(across * down);
  for (let y = 0; y < down * SCENE_CELL; y++) {
    const row = Math.floor(y / SCENE_CELL) * across;
    for (let x = 0; x < across * SCENE_CELL; x++) {
      const cell = row + Math.floor(x / SCENE_CELL);
      cells[cell] = (cells[cell] as number) + (luma[y * grid.width + x] as number) / (SCENE_CELL * SCENE_CELL);
    }
  }
  return cells;
}

const covers = (box: Box, x: number, y: number, cell: number): boolean => (x + 2) * cell > box.x && x * cell < box.x + box.width && (y + 2) * cell > box.y && y * cell < box.y + box.height;
