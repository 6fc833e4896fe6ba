import type { ReportedVehicle, VehicleReport } from '../store/reported-vehicles.ts';

/** Cameras count their events from 0 again after a restart: within minutes the same number is the same vehicle … */
const SURELY_WITHIN_MS = 10 * 60_000;
/** … and with the same text also hours later: a vehicle that was parked in view, or an event that a site could not send before. */
export const POSSIBLY_WITHIN_MS = 24 * 3_600_000;

/**
 * Whether a report tells of a vehicle that was reported before: the same event of the camera, or the same text at the same instant by its
 * clock. `known` is of the same camera.
 */
export function isSameVehicle(known: Pick<ReportedVehicle, 'eventId' | 'claimedAt' | 'lastClaimedAt' | 'reportedText'>, report: VehicleReport): boolean {
  const sameText = known.reportedText === report.reportedText;
  if (report.eventId !== null && known.eventId === report.eventId) {
    const apartMs = Math.max(0, known.claimedAt - report.claimedAt, report.claimedAt - known.lastClaimedAt);
    return apartMs <= SURELY_WITHIN_MS || (sameText && apartMs <= POSSIBLY_WITHIN_MS);
  }
  // Two vehicles without a plate may be seen at one instant, and events of their own tell them apart.
  const toldApart = report.eventId !== null && known.eventId !== null && report.reportedText === '';
  return known.claimedAt === report.claimedAt && sameText && !toldApart;
}
