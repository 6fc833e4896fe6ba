import { createRequire } from 'node:module';

/**
 * The part of OpenCV 4.3 (opencv-wasm) that is used here, typed by hand: the package ships its types as a raw `.ts` file that does not
 * compile under this project's settings. Everything made by `new` or returned as a Mat lives in WebAssembly memory until `delete()`.
 */
export interface Mat {
  readonly rows: number;
  readonly cols: number;
  readonly data: Uint8Array;
  readonly data32S: Int32Array;
  readonly data32F: Float32Array;
  delete(): void;
}
export interface MatVector { size(): number; get(index: number): Mat; delete(): void }
export interface RotatedRect {
  readonly center: { readonly x: number; readonly y: number };
  readonly size: { readonly width: number; readonly height: number };
  readonly angle: number;
}
export interface Size { readonly width: number; readonly height: number }
type Scalar = readonly number[];

export interface OpenCv {
  readonly Mat: { new (): Mat; new (rows: number, cols: number, type: number): Mat };
  readonly MatVector: new () => MatVector;
  readonly Size: new (width: number, height: number) => Size;
  readonly Scalar: new (...values: number[]) => Scalar;
  readonly CLAHE: new (clipLimit: number, tiles: Size) => { apply(from: Mat, to: Mat): void; delete(): void };
  readonly CV_8UC1: number;
  readonly CV_8UC3: number;
  readonly CV_32FC2: number;
  readonly INTER_LINEAR: number;
  readonly INTER_CUBIC: number;
  readonly INTER_AREA: number;
  readonly BORDER_CONSTANT: number;
  readonly BORDER_REPLICATE: number;
  readonly RETR_EXTERNAL: number;
  readonly CHAIN_APPROX_SIMPLE: number;
  readonly COLOR_RGB2GRAY: number;
  readonly COLOR_GRAY2RGB: number;
  readonly THRESH_BINARY: number;
  readonly THRESH_OTSU: number;
  matFromArray(rows: number, cols: number, type: number, values: readonly number[]): Mat;
  findContours(image: Mat, contours: MatVector, hierarchy: Mat, mode: number, method: number): void;
  minAreaRect(points: Mat): RotatedRect;
  getPerspectiveTransform(from: Mat, to: Mat): Mat;
  warpPerspective(from: Mat, to: Mat, transform: Mat, size: Size, interpolation: number, border: number, value: Scalar): void;
  resize(from: Mat, to: Mat, size: Size, fx: number, fy: number, interpolation: number): void;
  copyMakeBorder(from: Mat, to: Mat, top: number, bottom: number, left: number, right: number, border: number, value: Scalar): void;
  cvtColor(from: Mat, to: Mat, code: number): void;
  threshold(from: Mat, to: Mat, level: number, maximum: number, type: number): number;
  medianBlur(from: Mat, to: Mat, size: number): void;
}

let loaded: OpenCv | undefined;

/** Loads the WebAssembly module on first use (0.2 s, 74 MB per thread), so that a program that only decodes does not pay for it. */
export function openCv(): OpenCv {
  loaded ??= (createRequire(import.meta.url)('opencv-wasm') as { cv: OpenCv }).cv;
  return loaded;
}
