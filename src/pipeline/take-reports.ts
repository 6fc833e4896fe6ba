import type { VendorRead } from '../camera/vendor-event.ts';
import type { Clock } from '../core/clock.ts';
import { groupedBy } from '../journey/build.ts';
import { capturedAtOfPassId } from '../pass/pass-id.ts';
import type { Database, Orm } from '../store/database.ts';
import { keepPayloads, linkPasses, payloadIdsOf, payloadReadAgain, type KeptPayload, type NewPayload } from '../store/payloads.ts';
import { inTransaction } from '../store/query.ts';
import { addVehicles, changeVehicles, lockReports, vehiclesLike, type NewVehicle, type PendingPass, type ReportedVehicle, type VehicleReport } from '../store/reported-vehicles.ts';
import { bareText } from './reported-pass.ts';
import { isSameVehicle, POSSIBLY_WITHIN_MS } from './same-report.ts';

/** A vehicle that a message tells of, with the pass that it will be. */
export interface Reported { readonly stage: VendorRead['stage']; readonly report: VehicleReport; readonly pending: PendingPass }

/** A message whose parts and pictures are on disk. */
export interface ReportedMessage {
  /** `outcome` and `faults` are not looked at. */
  readonly message: Omit<NewPayload, 'outcome' | 'faults'>;
  readonly vehicles: readonly Reported[];
  /** Set when it is kept since it came, and is read again. */
  readonly kept: KeptPayload | null;
}

/** What a message told of a vehicle: `passId` as it stood after it, the rest as it stands after all that were taken with it. */
export interface Told { readonly vehicle: ReportedVehicle; readonly passId: string | null; readonly repeated: boolean }

export interface TakenMessage { readonly payload: string; readonly outcome: 'accepted' | 'repeated'; readonly told: readonly Told[] }

/** A vehicle still in view becomes a pass when nothing more was told of it for the first time, or at the latest after the second: whoever waits for it must hear of it while it is near. */
const QUIET_MS = 4_000, IN_VIEW_MS = 10_000;

/** Takes messages one after the other in the order given, in one transaction: all are kept, and their vehicles found among those reported before or added to them. */
export function takeReports({ database, clock }: { readonly database: Database; readonly clock: Clock }, messages: readonly ReportedMessage[]): Promise<TakenMessage[]> {
  return inTransaction(database, database.orm, async (tx) => {
    await lockReports(tx, messages.map(({ message }) => message.cameraId));
    const fresh = messages.filter(({ kept }) => kept === null).map(({ message }) => asAccepted(message)), freshIds = (await payloadIdsOf(tx, fresh))[Symbol.iterator]();
    const ids = messages.map(({ kept }) => kept?.id ?? freshIds.next().value as string);
    const asked = messages.flatMap(({ message: { cameraId }, vehicles }) => vehicles.map(({ report }) => ({ ...report, cameraId })));
    const book = new ReportBook(await vehiclesLike(tx, asked, POSSIBLY_WITHIN_MS), clock());
    const entries = messages.map((one, i) => book.take(one, ids[i] as string));
    await book.write(tx);
    const taken = messages.map((_, i): TakenMessage => {
      const told = (entries[i] ?? []).map(({ entry, ...one }) => ({ ...one, vehicle: entry.vehicle }));
      return { payload: ids[i] as string, told, outcome: told.every((one) => one.repeated) ? 'repeated' : 'accepted' };
    });
    await keep(tx, messages, taken);
    return taken;
  });
}

const asAccepted = (message: ReportedMessage['message'], outcome: TakenMessage['outcome'] = 'accepted'): NewPayload => ({ ...message, outcome, faults: [] });

async function keep(tx: Orm, messages: readonly ReportedMessage[], taken: readonly TakenMessage[]): Promise<void> {
  await keepPayloads(tx, messages.flatMap(({ kept, message }, i) => (kept === null ? [asAccepted(message, taken[i]?.outcome)] : [])));
  for (const [i, { kept }] of messages.entries()) if (kept !== null && kept.outcome !== 'accepted') await payloadReadAgain(tx, kept.id, (taken[i] as TakenMessage).outcome, []);
  await linkPasses(tx, taken.flatMap(({ payload, told }) => told.flatMap(({ passId, repeated }) => (repeated && passId !== null ? [{ payload, id: passId, capturedAt: capturedAtOfPassId(passId) ?? 0 }] : []))));
}

interface Entry { vehicle: ReportedVehicle; readonly added: NewVehicle | null; changed: boolean }
interface ToldEntry { readonly entry: Entry; readonly passId: string | null; readonly repeated: boolean }

/** Vehicles as they stand while messages are taken; written once, when all are. */
class ReportBook {
  readonly #ofCamera: Map<string, Entry[]>;
  readonly #now: number;

  constructor(known: readonly ReportedVehicle[], now: number) {
    this.#ofCamera = groupedBy(known.map((vehicle): Entry => ({ vehicle, added: null, changed: false })), (entry) => entry.vehicle.cameraId);
    this.#now = now;
  }

  take({ message, vehicles }: ReportedMessage, payloadId: string): ToldEntry[] {
    const told: ToldEntry[] = [];
    for (const { pending, ...one } of vehicles) told.push(this.#report(message, { ...one, pending: { ...pending, payloadId } }, told));
    return told;
  }

  #report({ cameraId, vendor, receivedAt }: ReportedMessage['message'], { stage, report, pending }: Reported, before: readonly ToldEntry[]): ToldEntry {
    const entries = this.#ofCamera.get(cameraId) ?? [];
    this.#ofCamera.set(cameraId, entries);
    // Some cameras give all vehicles of one picture the same event: one message tells no vehicle twice under two texts.
    const beside = new Set(before.flatMap(({ entry }) => (entry.vehicle.reportedText === report.reportedText ? [] : [entry])));
    const known = entries.find((entry) => isSameVehicle(entry.vehicle, report) && !beside.has(entry));
    if (known !== undefined) return this.#again(known, { stage, report, pending });
    const state = stage === 'final' ? { passId: pending.pass.id, dueAt: null } : { passId: null, dueAt: this.#now + QUIET_MS };
    const added = { ...report, ...state, cameraId, vendor, receivedAt, lastClaimedAt: report.claimedAt, pending };
    const entry: Entry = { vehicle: { ...added, sequence: 0, recordedAt: null }, added, changed: false };
    entries.push(entry);
    return { entry, passId: state.passId, repeated: false };
  }

  #again(entry: Entry, { stage, report, pending }: Reported): ToldEntry {
    const known = entry.vehicle, lastClaimedAt = Math.max(known.lastClaimedAt, report.claimedAt);
    const change = (by: Partial<ReportedVehicle>): void => {
      entry.vehicle = { ...known, ...by, lastClaimedAt };
      entry.changed = true;
    };
    if (known.passId !== null || known.pending === null) {
      if (lastClaimedAt > known.lastClaimedAt) change({});
      return { entry, passId: known.passId, repeated: true };
    }
    // The last word may come without the plate, when the vehicle is out of view.
    const best = surer(known.pending, pending, stage), inViewUntil = known.pending.pass.receivedAt + IN_VIEW_MS;
    const state = stage === 'final' ? { passId: best.pass.id, dueAt: null } : { dueAt: Math.max(this.#now, Math.min(this.#now + QUIET_MS, inViewUntil)) };
    change({ ...state, pending: best, reportedText: bareText(best.pass.rawText) });
    return { entry, passId: entry.vehicle.passId, repeated: false };
  }

  async write(tx: Orm): Promise<void> {
    const entries = [...this.#ofCamera.values()].flat(), added = entries.filter((entry) => entry.added !== null);
    const rows = await addVehicles(tx, added.map(({ vehicle: { sequence: _own, recordedAt: _none, ...vehicle }, added: first }) => ({ ...vehicle, receivedAt: first?.receivedAt ?? 0 })));
    for (const [i, entry] of added.entries()) entry.vehicle = rows[i] as ReportedVehicle;
    await changeVehicles(tx, entries.flatMap((entry) => (entry.changed && entry.added === null ? [entry.vehicle] : [])));
  }
}

/** Of two reports of a vehicle in view the surer; a final one, unless it lost the plate. */
function surer(before: PendingPass, now: PendingPass, stage: VendorRead['stage']): PendingPass {
  if (now.pass.rawText === '') return before.pass.rawText === '' ? now : before;
  if (stage === 'final' || before.pass.rawText === '') return now;
  return now.pass.confidence >= before.pass.confidence ? now : before;
}
