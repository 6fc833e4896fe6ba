import { createHash } from 'node:crypto';
import { parsePlate } from '../plate/parse.ts';
import type { PlateCues } from '../plate/mark.ts';
import { markFields, markOf } from './build.ts';
import { passId } from './pass-id.ts';
import { UNOBSERVED, type Direction, type Evidence, type ObservedVehicle, type Pass, type PlateBox } from './pass.ts';

/** A pass as another system reports it: a camera that reads plates itself, a neighbour's engine. */
export interface ReportedPass {
  readonly cameraId: string;
  /** Epoch milliseconds. */
  readonly capturedAt: number;
  /** The plate's text as the other system read it; '' for a vehicle without a plate. */
  readonly text: string;
  /** 0..1. */
  readonly confidence: number;
  /** Default: the camera's own direction, given as `cameraDirection`. */
  readonly direction?: Direction;
  /** Tells apart vehicles that the camera saw in the same millisecond, where the other system numbers them. */
  readonly sequence?: number;
  /** What the other system knows of the plate beside its text (colour, jurisdiction). */
  readonly cues?: PlateCues;
  readonly evidence?: Evidence | null;
  readonly plateBox?: PlateBox | null;
  readonly vehicle?: ObservedVehicle;
}

export interface ReceivedContext {
  /** Epoch milliseconds. */
  readonly receivedAt: number;
  readonly processedAt: number;
  /** From the register, for reports without a direction. */
  readonly cameraDirection: Direction;
  /** Who made the record; default 'api'. */
  readonly source?: string;
}

/**
 * The pass that a report stands for. The text is kept as given and parsed like any read; nothing is corrected. The same report always
 * gives the same id. Without a `sequence`, two reports of one camera and millisecond are told apart by their texts, so that neither
 * hides the other.
 */
export function passFromReport(report: ReportedPass, context: ReceivedContext): Pass {
  const glyphs = report.text.toUpperCase().replaceAll(/[^\p{L}\p{N}]/gu, '');
  const sequence = report.sequence ?? sequenceOfText(glyphs);
  const parse = glyphs === '' ? null : parsePlate(report.text, report.cues);
  return {
    id: passId(report.cameraId, report.capturedAt, sequence),
    cameraId: report.cameraId,
    capturedAt: report.capturedAt,
    receivedAt: context.receivedAt,
    processedAt: context.processedAt,
    timeSource: 'camera',
    sequence,
    direction: report.direction ?? context.cameraDirection,
    outcome: parse?.kind ?? 'no-plate',
    rawText: report.text,
    ...markFields(parse === null ? null : markOf(parse)),
    confidence: report.confidence,
    characters: [],
    alternatives: [],
    readCount: 1,
    plateBox: report.plateBox ?? null,
    corners: null,
    evidence: report.evidence ?? null,
    vehicle: report.vehicle ?? UNOBSERVED,
    source: context.source ?? 'api',
  };
}

/** 1 to 1,000,000: clear of 0 and the small numbers that plates of one picture get, and within 32 bits. */
function sequenceOfText(glyphs: string): number {
  return 1 + (createHash('sha256').update(glyphs).digest().readUInt32BE(0) % 1_000_000);
}
