import { createHash } from 'node:crypto';
import { partsOf } from '../camera/parts.ts';
import { pictureIn } from '../camera/vendors/message-parts.ts';
import { FORMATS } from '../camera/vendors/formats.ts';
import type { Vendor, VendorMessage, VendorRead, VendorReading } from '../camera/vendor-event.ts';
import { checkCaptureTime } from '../core/capture-time.ts';
import type { Clock } from '../core/clock.ts';
import type { Config } from '../core/config.ts';
import { DarwazaError } from '../core/errors.ts';
import type { Log } from '../core/log.ts';
import { traceOf } from '../core/trace.ts';
import { cameraAt, knowsCamera, type Register } from '../geo/register.ts';
import { capturedAtOfPassId } from '../pass/pass-id.ts';
import type { Database, Orm } from '../store/database.ts';
import type { EvidenceStore, KeptPicture } from '../store/evidence.ts';
import { keepPayload, linkPasses, payloadIdOf, payloadReadAgain, type KeptPayload, type NewPayload, type PayloadFault, type PayloadOutcome, type PayloadPart } from '../store/payloads.ts';
import { inTransaction } from '../store/query.ts';
import { addVehicle, changeVehicle, decideOverdue, lockReports, unrecordedVehicles, vehiclesLike, type PendingPass, type ReportedVehicle, type VehicleReport } from '../store/reported-vehicles.ts';
import type { CameraHealth } from './camera-health.ts';
import type { CameraClocks } from './camera-clocks.ts';
import type { Engine } from './engine-interface.ts';
import { KeptAllowance } from './kept-allowance.ts';
import { createReportRecorder, type ReportRecorder } from './report-recorder.ts';
import { bareText, evidenceOf, passOfRead, readFaults } from './reported-pass.ts';
import { isSameVehicle, POSSIBLY_WITHIN_MS } from './same-report.ts';

/** A message of a camera that reads plates itself. */
export interface Delivery {
  readonly cameraId: string;
  readonly vendor: Vendor;
  /** As its sender said it, with parameters. */
  readonly mediaType: string;
  readonly message: VendorMessage;
  /** Epoch milliseconds. */
  readonly receivedAt: number;
}

/** A body that cannot be taken to pieces. */
export interface BrokenDelivery extends Omit<Delivery, 'message'> { readonly bytes: Buffer; readonly fault: string }

/** What became of a message. */
export interface Taken {
  /** Id under which it is kept; null: it is not, because too many like it are. */
  readonly payload: string | null;
  readonly outcome: PayloadOutcome;
  /** What an `other` message is; null of all others. */
  readonly what: string | null;
  readonly faults: readonly PayloadFault[];
  /** Passes that it tells of; a vehicle still in view is none yet. */
  readonly passes: readonly { readonly id: string; readonly repeated: boolean }[];
}

export interface PayloadIntake {
  /**
   * Takes a message: when this resolves, it and all of its passes are durable. The same vehicle again, in whatever message, is the same pass.
   * @throws CAMERA_UNKNOWN (nothing is kept), DATABASE_UNAVAILABLE, DATABASE_FULL, DATA_FOLDER_UNWRITABLE: send it again
   */
  take(delivery: Delivery): Promise<Taken>;
  /** Keeps what cannot be read, for a person to look at. @throws as `take` */
  refuse(delivery: BrokenDelivery): Promise<Taken>;
  /** Reads a kept message again with the program as it is now, and records what is new. `dryRun` tells it and changes nothing. */
  again(payload: KeptPayload, how?: { readonly dryRun?: boolean }): Promise<Taken>;
  /** Takes a message as `take` does, or only tells what it would give. For files, whose clocks say nothing of today's. */
  takeFile(delivery: Delivery, how?: { readonly dryRun?: boolean }): Promise<Taken>;
  /** From now on vehicles whose end is not told become passes in time, and what a crash left is recorded. */
  start(): void;
  /** Waits for what is under way. */
  close(): Promise<void>;
}

export interface PayloadParts {
  readonly database: Database;
  readonly evidence: EvidenceStore;
  readonly register: Register;
  readonly engine: Pick<Engine, 'recordPasses'>;
  readonly clocks: Pick<CameraClocks, 'measured' | 'correct'>;
  /** Told of what a camera sends that cannot be used; without it nobody is. */
  readonly health?: Pick<CameraHealth, 'refused'>;
  readonly config: Pick<Config, 'DARWAZA_UTC_OFFSET_MINUTES' | 'DARWAZA_MAX_FRAME_MB'>;
  readonly clock: Clock;
  readonly log: Log;
  /** Told when there is a picture for our own reader. */
  readonly onReadingDue: () => void;
}

/** A vehicle still in view becomes a pass when nothing more was told of it for the first time, or at the latest after the second: whoever waits for it must hear of it while it is near. */
const QUIET_MS = 4_000, IN_VIEW_MS = 10_000;
const LOOK_EVERY_MS = 1_000;
const AT_ONCE = 200;
export const MESSAGE_PARTS = 64;

export function createPayloadIntake(parts: PayloadParts): PayloadIntake {
  return new Intake(parts);
}

/** Where a read message comes from: over the wire now, from a file, or kept since `payload` came. */
interface Origin { readonly payload: KeptPayload | null; readonly live: boolean; readonly dryRun: boolean }
interface Planned { readonly read: VendorRead; readonly report: VehicleReport; readonly pending: PendingPass }

class Intake implements PayloadIntake {
  readonly #parts: PayloadParts;
  readonly #recorder: ReportRecorder;
  readonly #allowance = new KeptAllowance();
  /** Messages of one camera go one after the other, before they would each wait for a connection of the database. */
  readonly #turns = new Map<string, Promise<unknown>>();
  #timer: NodeJS.Timeout | null = null;
  #looking: Promise<void> | null = null;

  constructor(parts: PayloadParts) {
    this.#parts = parts;
    this.#recorder = createReportRecorder(parts);
  }

  take(delivery: Delivery): Promise<Taken> {
    return this.#take(delivery, { payload: null, live: true, dryRun: false });
  }

  takeFile(delivery: Delivery, { dryRun = false } = {}): Promise<Taken> {
    return this.#take(delivery, { payload: null, live: false, dryRun });
  }

  async refuse({ bytes, fault, ...delivery }: BrokenDelivery): Promise<Taken> {
    this.#checkCamera(delivery.cameraId);
    const whole = { name: null, fileName: null, mediaType: delivery.mediaType.split(';', 1)[0] as string, bytes };
    return this.#keepOnly({ ...delivery, message: { parts: [whole], topic: null } }, 'refused', null, [{ path: '', message: fault }], { payload: null, live: true, dryRun: false });
  }

  async again(payload: KeptPayload, { dryRun = false } = {}): Promise<Taken> {
    const origin: Origin = { payload, live: false, dryRun }, { cameraId, mediaType, receivedAt, topic } = payload, vendor = payload.vendor as Vendor;
    const delivery = { cameraId, vendor, mediaType, receivedAt, message: { parts: [], topic } };
    try {
      return await this.#take({ ...delivery, message: { parts: await this.#partsOf(payload), topic } }, origin);
    } catch (error) {
      if (!(error instanceof DarwazaError) || error.status >= 500) throw error;
      return this.#keepOnly(delivery, 'refused', null, [{ path: '', message: error.message }], origin);
    }
  }

  start(): void {
    this.#timer ??= setInterval(() => void this.#look(), LOOK_EVERY_MS).unref();
    void this.#look();
  }

  async close(): Promise<void> {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
    await this.#looking;
    await Promise.all(this.#turns.values());
  }

  #checkCamera(cameraId: string): void {
    if (!knowsCamera(this.#parts.register, cameraId)) throw new DarwazaError('CAMERA_UNKNOWN', { camera: cameraId });
  }

  async #take(delivery: Delivery, origin: Origin): Promise<Taken> {
    this.#checkCamera(delivery.cameraId);
    const reading = this.#read(delivery);
    if (reading.kind === 'other') return this.#keepOnly(delivery, 'other', reading.what, [], origin);
    if (reading.kind === 'faults') return this.#keepOnly(delivery, 'refused', null, reading.faults, origin);
    const planned = await this.#plan(delivery, reading.reads, origin);
    if ('faults' in planned) return this.#keepOnly(delivery, 'refused', null, planned.faults, origin);
    return origin.dryRun ? this.#foretell(delivery, planned.vehicles, origin) : this.#accept(delivery, planned.vehicles, origin);
  }

  #read({ vendor, message, receivedAt }: Delivery): VendorReading {
    return FORMATS[vendor](message, { utcOffsetMinutes: this.#parts.config.DARWAZA_UTC_OFFSET_MINUTES, receivedAt });
  }

  /** The bytes of a kept message; one that could not be taken to pieces when it came is tried again. @throws EVIDENCE_NOT_FOUND, EVIDENCE_DAMAGED, BODY_INVALID, PART_TOO_LARGE */
  async #partsOf({ id, parts, mediaType }: KeptPayload): Promise<VendorMessage['parts']> {
    const read = await Promise.all(parts.map(async ({ sha256, ...part }) => ({ ...part, bytes: await this.#parts.evidence.get({ sha256, mediaType: part.mediaType }, `of message ${id}`) })));
    const whole = read.length === 1 && read[0]?.mediaType.startsWith('multipart/') ? read[0] : null;
    return whole === null ? read : partsOf(whole.bytes, mediaType, { parts: MESSAGE_PARTS, partBytes: this.#parts.config.DARWAZA_MAX_FRAME_MB * 1_000_000 });
  }

  /** Passes of the reads, with their pictures on disk; all of them or, when one cannot be stored, what is wrong. */
  async #plan(delivery: Delivery, reads: readonly VendorRead[], origin: Origin): Promise<{ readonly vehicles: readonly Planned[] } | { readonly faults: readonly PayloadFault[] }> {
    const faults = reads.flatMap((read, i) => readFaults(read, reads.length > 1 ? `${i}.` : ''));
    if (faults.length > 0) return { faults };
    const { clocks, config } = this.#parts, { cameraId, receivedAt } = delivery;
    const times = reads.map((read) => {
      if (origin.live) clocks.measured(cameraId, read.capturedAt, receivedAt, 'push');
      return clocks.correct(cameraId, read.capturedAt, receivedAt);
    });
    for (const { capturedAt } of times) {
      const fault = faultOf(() => checkCaptureTime(capturedAt, receivedAt, config.DARWAZA_UTC_OFFSET_MINUTES));
      if (fault !== null) return { faults: [{ path: 'time', message: fault }] };
    }
    const vehicles = await Promise.all(reads.map(async (read, i): Promise<Planned> => {
      const report = { eventId: read.eventId, claimedAt: read.capturedAt, reportedText: bareText(read.text) };
      return { read, report, pending: await this.#pendingOf(delivery, read, times[i] as (typeof times)[number], origin) };
    }));
    return { vehicles };
  }

  async #pendingOf({ cameraId, vendor, receivedAt }: Delivery, read: VendorRead, time: ReturnType<CameraClocks['correct']>, { dryRun }: Origin): Promise<PendingPass> {
    const { evidence, register, clock } = this.#parts, shown = read.picture ?? read.platePicture;
    const keep = async (picture: NonNullable<VendorRead['picture']>): Promise<KeptPicture> => ({ sha256: dryRun ? hashOf(picture.bytes) : await evidence.put(picture.bytes, picture.mediaType), mediaType: picture.mediaType });
    const picture = shown === null ? null : await keep(shown), crop = read.platePicture === null ? null : await keep(read.platePicture);
    const pass = passOfRead(read, {
      cameraId, vendor, time, receivedAt, processedAt: clock(), camera: cameraAt(register, cameraId, time.capturedAt), evidence: shown === null || picture === null ? null : evidenceOf(shown, picture),
    });
    return { pass, toldConfidence: read.confidence, crop, payloadId: null };
  }

  async #accept(delivery: Delivery, vehicles: readonly Planned[], { payload: kept }: Origin): Promise<Taken> {
    const { database } = this.#parts, { cameraId } = delivery, parts = kept === null ? await this.#keepParts(delivery) : [];
    const done = await this.#inTurn(cameraId, () => inTransaction(database, database.orm, async (tx) => {
      await lockReports(tx, cameraId);
      const message: NewPayload = { ...delivery, topic: delivery.message.topic, outcome: 'accepted', faults: [], parts }, payload = kept?.id ?? await payloadIdOf(tx, message);
      const told: Told[] = [];
      for (const vehicle of vehicles) told.push(await this.#report(tx, delivery, { ...vehicle, pending: { ...vehicle.pending, payloadId: payload } }, told));
      const outcome = told.every((one) => one.repeated) ? 'repeated' : 'accepted';
      if (kept === null) await keepPayload(tx, { ...message, outcome });
      else if (kept.outcome !== 'accepted') await payloadReadAgain(tx, payload, outcome, []);
      await linkPasses(tx, payload, told.flatMap(({ vehicle, repeated }) => (repeated ? passOf(vehicle) : [])));
      return { payload, outcome, told } as const;
    }));
    await this.#recorder.record(done.told.map((one) => one.vehicle));
    return { payload: done.payload, outcome: done.outcome, what: null, faults: [], passes: passesOf(done.told) };
  }

  /** A vehicle of a message, found among those reported before or added to them. */
  async #report(tx: Orm, { cameraId, vendor, receivedAt }: Delivery, { read, report, pending }: Planned, before: readonly Told[]): Promise<Told> {
    // Some cameras give all vehicles of one picture the same event: one message tells no vehicle twice under two texts.
    const beside = new Set(before.flatMap((one) => (one.vehicle.reportedText === report.reportedText ? [] : [one.vehicle.sequence])));
    const known = (await vehiclesLike(tx, cameraId, report, POSSIBLY_WITHIN_MS)).find((vehicle) => isSameVehicle(vehicle, report) && !beside.has(vehicle.sequence));
    const now = this.#parts.clock(), decided = { passId: pending.pass.id, dueAt: null };
    if (known === undefined) {
      const state = read.stage === 'final' ? decided : { passId: null, dueAt: now + QUIET_MS };
      return { vehicle: await addVehicle(tx, { ...report, ...state, cameraId, vendor, receivedAt, lastClaimedAt: report.claimedAt, pending }), repeated: false };
    }
    const lastClaimedAt = Math.max(known.lastClaimedAt, report.claimedAt);
    if (known.passId !== null || known.pending === null) {
      if (lastClaimedAt > known.lastClaimedAt) await changeVehicle(tx, known.sequence, { lastClaimedAt });
      return { vehicle: known, repeated: true };
    }
    // The last word may come without the plate, when the vehicle is out of view.
    const best = surer(known.pending, pending, read.stage), inViewUntil = known.pending.pass.receivedAt + IN_VIEW_MS;
    const state = read.stage === 'final' ? { ...decided, passId: best.pass.id } : { dueAt: Math.max(now, Math.min(now + QUIET_MS, inViewUntil)) };
    const change = { ...state, lastClaimedAt, pending: best, reportedText: bareText(best.pass.rawText) };
    await changeVehicle(tx, known.sequence, change);
    return { vehicle: { ...known, ...change }, repeated: false };
  }

  /** What `#accept` would do. */
  async #foretell({ cameraId }: Delivery, vehicles: readonly Planned[], { payload }: Origin): Promise<Taken> {
    const told: Told[] = [];
    for (const { report, pending } of vehicles) {
      const known = (await vehiclesLike(this.#parts.database.orm, cameraId, report, POSSIBLY_WITHIN_MS)).find((vehicle) => isSameVehicle(vehicle, report));
      told.push({ vehicle: { passId: known?.passId ?? pending.pass.id }, repeated: known !== undefined });
    }
    return { payload: payload?.id ?? null, outcome: told.every((one) => one.repeated) ? 'repeated' : 'accepted', what: null, faults: [], passes: passesOf(told) };
  }

  /** A message without a vehicle. Of those that say nothing, a camera may send thousands: some are kept to be looked at. */
  async #keepOnly(delivery: Delivery, outcome: 'other' | 'refused', what: string | null, faults: readonly PayloadFault[], { payload, dryRun }: Origin): Promise<Taken> {
    const result = { outcome, what, faults, passes: [] }, { database, health } = this.#parts;
    if (outcome === 'refused' && payload === null && !dryRun) health?.refused(delivery.cameraId, 'PAYLOAD_REFUSED');
    if (payload !== null) {
      if (!dryRun && payload.outcome !== 'accepted') await inTransaction(database, database.orm, (tx) => payloadReadAgain(tx, payload.id, outcome, faults));
      return { ...result, payload: payload.id };
    }
    if (dryRun || !this.#allowance.take(delivery.cameraId, outcome, this.#parts.clock())) return { ...result, payload: null };
    const parts = await this.#keepParts(delivery);
    return { ...result, payload: await inTransaction(database, database.orm, (tx) => keepPayload(tx, { ...delivery, topic: delivery.message.topic, outcome, faults, parts })) };
  }

  /** The parts on disk; a picture by its own kind, whatever the camera calls it, so that it is there once. @throws DATA_FOLDER_UNWRITABLE */
  async #keepParts({ message }: Delivery): Promise<PayloadPart[]> {
    return Promise.all(message.parts.map(async ({ bytes, name, fileName, mediaType: told }) => {
      const mediaType = pictureIn(bytes)?.mediaType ?? told;
      return { mediaType, name, fileName, sha256: await this.#parts.evidence.put(bytes, mediaType) };
    }));
  }

  #inTurn<T>(cameraId: string, work: () => Promise<T>): Promise<T> {
    const turn = (this.#turns.get(cameraId) ?? Promise.resolve()).then(work), last: Promise<unknown> = turn.catch(() => undefined).finally(() => {
      if (this.#turns.get(cameraId) === last) this.#turns.delete(cameraId);
    });
    this.#turns.set(cameraId, last);
    return turn;
  }

  #look(): Promise<void> {
    return this.#looking ??= this.#recordDue()
      .catch((cause: unknown) => this.#parts.log.error({ trace: traceOf(cause) }, 'passes of other cameras wait to be recorded; trying again'))
      .finally(() => {
        this.#looking = null;
      });
  }

  async #recordDue(): Promise<void> {
    const { database, clock } = this.#parts;
    await decideOverdue(database, clock());
    await this.#recorder.record(await unrecordedVehicles(database, AT_ONCE));
  }
}

interface Told { readonly vehicle: Pick<ReportedVehicle, 'passId'> & Partial<ReportedVehicle>; readonly repeated: boolean }

/** Of two reports of a vehicle in view the surer; a final one, unless it lost the plate. */
function surer(before: PendingPass, now: PendingPass, stage: VendorRead['stage']): PendingPass {
  if (now.pass.rawText === '') return before.pass.rawText === '' ? now : before;
  if (stage === 'final' || before.pass.rawText === '') return now;
  return now.pass.confidence >= before.pass.confidence ? now : before;
}

const passOf = ({ passId }: Told['vehicle']): { id: string; capturedAt: number }[] => (passId === null ? [] : [{ id: passId, capturedAt: capturedAtOfPassId(passId) ?? 0 }]);
const passesOf = (told: readonly Told[]): Taken['passes'] => told.flatMap(({ vehicle, repeated }) => (vehicle.passId === null ? [] : [{ id: vehicle.passId, repeated }]));
const hashOf = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

function faultOf(check: () => void): string | null {
  try {
    check();
    return null;
  } catch (error) {
    if (error instanceof DarwazaError) return error.message;
    throw error;
  }
}
