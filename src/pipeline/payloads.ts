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
import type { Database } from '../store/database.ts';
import type { EvidenceStore, KeptPicture } from '../store/evidence.ts';
import { keepPayload, payloadReadAgain, type KeptPayload, type PayloadFault, type PayloadOutcome, type PayloadPart } from '../store/payloads.ts';
import { inTransaction } from '../store/query.ts';
import { decideOverdue, unrecordedVehicles, vehiclesLike, type PendingPass } from '../store/reported-vehicles.ts';
import type { CameraHealth } from './camera-health.ts';
import type { CameraClocks, CorrectedTime } from './camera-clocks.ts';
import type { Engine } from './engine-interface.ts';
import { EvidenceWriter } from './evidence-writer.ts';
import { createGroupCommit, type GroupCommit } from './group-commit.ts';
import { KeptAllowance } from './kept-allowance.ts';
import { createReportRecorder, type ReportRecorder } from './report-recorder.ts';
import { bareText, evidenceOf, passOfRead, readFaults } from './reported-pass.ts';
import { isSameVehicle, POSSIBLY_WITHIN_MS } from './same-report.ts';
import { takeReports, type Reported, type ReportedMessage, type TakenMessage, type Told } from './take-reports.ts';

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
  /** How many messages are recorded in one go at most. Default: 200. */
  readonly together?: number;
}

const LOOK_EVERY_MS = 1_000;
const AT_ONCE = 200;
export const MESSAGE_PARTS = 64;

export function createPayloadIntake(parts: PayloadParts): PayloadIntake {
  return new Intake(parts);
}

/** Where a read message comes from: over the wire now, from a file, or kept since `payload` came. */
interface Origin { readonly payload: KeptPayload | null; readonly live: boolean; readonly dryRun: boolean }
/** A read that can be stored, with its time by our clock. */
interface Planned { readonly read: VendorRead; readonly time: CorrectedTime }

class Intake implements PayloadIntake {
  readonly #parts: PayloadParts;
  readonly #recorder: ReportRecorder;
  readonly #reports: GroupCommit<ReportedMessage, TakenMessage>;
  readonly #writer: EvidenceWriter;
  readonly #allowance = new KeptAllowance();
  /** Messages of one camera are taken in the order in which they came, whichever is on disk first. */
  readonly #turns = new Map<string, Promise<unknown>>();
  #timer: NodeJS.Timeout | null = null;
  #looking: Promise<void> | null = null;

  constructor(parts: PayloadParts) {
    this.#parts = parts;
    this.#recorder = createReportRecorder(parts, parts.together);
    this.#reports = createGroupCommit((messages) => takeReports(parts, messages), parts.together ?? AT_ONCE);
    this.#writer = new EvidenceWriter(parts.evidence);
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
    await this.#reports.settled();
    await this.#recorder.settled();
  }

  #checkCamera(cameraId: string): void {
    if (!knowsCamera(this.#parts.register, cameraId)) throw new DarwazaError('CAMERA_UNKNOWN', { camera: cameraId });
  }

  async #take(delivery: Delivery, origin: Origin): Promise<Taken> {
    this.#checkCamera(delivery.cameraId);
    const reading = this.#read(delivery);
    if (reading.kind === 'other') return this.#keepOnly(delivery, 'other', reading.what, [], origin);
    if (reading.kind === 'faults') return this.#keepOnly(delivery, 'refused', null, reading.faults, origin);
    const planned = this.#plan(delivery, reading.reads, origin);
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

  /** All of the reads or, when one cannot be stored, what is wrong. */
  #plan({ cameraId, receivedAt }: Delivery, reads: readonly VendorRead[], origin: Origin): { readonly vehicles: readonly Planned[] } | { readonly faults: readonly PayloadFault[] } {
    const faults = reads.flatMap((read, i) => readFaults(read, reads.length > 1 ? `${i}.` : ''));
    if (faults.length > 0) return { faults };
    const { clocks, config } = this.#parts;
    const vehicles = reads.map((read) => {
      if (origin.live) clocks.measured(cameraId, read.capturedAt, receivedAt, 'push');
      return { read, time: clocks.correct(cameraId, read.capturedAt, receivedAt) };
    });
    for (const { time: { capturedAt } } of vehicles) {
      const fault = faultOf(() => checkCaptureTime(capturedAt, receivedAt, config.DARWAZA_UTC_OFFSET_MINUTES));
      if (fault !== null) return { faults: [{ path: 'time', message: fault }] };
    }
    return { vehicles };
  }

  /** The passes of a message, with their pictures on disk. @throws DATA_FOLDER_UNWRITABLE */
  #reported(delivery: Delivery, vehicles: readonly Planned[], origin: Origin): Promise<Reported[]> {
    return Promise.all(vehicles.map(async ({ read, time }): Promise<Reported> => {
      const report = { eventId: read.eventId, claimedAt: read.capturedAt, reportedText: bareText(read.text) };
      return { stage: read.stage, report, pending: await this.#pendingOf(delivery, read, time, origin) };
    }));
  }

  async #pendingOf({ cameraId, vendor, receivedAt }: Delivery, read: VendorRead, time: CorrectedTime, { dryRun }: Origin): Promise<PendingPass> {
    const { register, clock } = this.#parts, shown = read.picture ?? read.platePicture;
    const keep = async (sent: VendorRead['picture']): Promise<KeptPicture | null> =>
      (sent === null ? null : { sha256: dryRun ? hashOf(sent.bytes) : await this.#writer.put(sent.bytes, sent.mediaType), mediaType: sent.mediaType });
    const [picture, crop] = await Promise.all([keep(shown), keep(read.platePicture)]);
    const pass = passOfRead(read, {
      cameraId, vendor, time, receivedAt, processedAt: clock(), camera: cameraAt(register, cameraId, time.capturedAt), evidence: shown === null || picture === null ? null : evidenceOf(shown, picture),
    });
    return { pass, toldConfidence: read.confidence, crop, payloadId: null };
  }

  async #accept(delivery: Delivery, planned: readonly Planned[], origin: Origin): Promise<Taken> {
    const { payload: kept } = origin, { message: { topic }, ...rest } = delivery;
    const onDisk = Promise.all([this.#reported(delivery, planned, origin), kept === null ? this.#keepParts(delivery) : []]);
    const { payload, outcome, told } = await this.#inTurn(delivery.cameraId, onDisk, ([vehicles, parts]) => this.#reports.add({ message: { ...rest, topic, parts }, vehicles, kept }));
    await this.#recorder.record(told.map(({ vehicle, passId }) => ({ ...vehicle, passId })));
    return { payload, outcome, what: null, faults: [], passes: passesOf(told) };
  }

  /** What `#accept` would do. */
  async #foretell(delivery: Delivery, planned: readonly Planned[], origin: Origin): Promise<Taken> {
    const { database } = this.#parts, { cameraId } = delivery, vehicles = await this.#reported(delivery, planned, origin);
    const known = await inTransaction(database, database.orm, (tx) => vehiclesLike(tx, vehicles.map(({ report }) => ({ ...report, cameraId })), POSSIBLY_WITHIN_MS));
    const told = vehicles.map(({ report, pending }) => {
      const same = known.find((vehicle) => isSameVehicle(vehicle, report));
      return { passId: same?.passId ?? pending.pass.id, repeated: same !== undefined };
    });
    return { payload: origin.payload?.id ?? null, outcome: told.every((one) => one.repeated) ? 'repeated' : 'accepted', what: null, faults: [], passes: passesOf(told) };
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
      return { mediaType, name, fileName, sha256: await this.#writer.put(bytes, mediaType) };
    }));
  }

  /** Waits until the message is on disk and those of its camera that came before are taken or failed; then it joins those that are taken next. */
  async #inTurn<T, R>(cameraId: string, onDisk: Promise<T>, join: (it: T) => Promise<R>): Promise<R> {
    // It may fail long before its turn.
    onDisk.catch(() => undefined);
    // In an object, because the next one joins without waiting for what becomes of this one.
    const joined = (this.#turns.get(cameraId) ?? Promise.resolve()).then(async () => ({ result: join(await onDisk) }));
    const turn: Promise<unknown> = joined.catch(() => undefined).finally(() => {
      if (this.#turns.get(cameraId) === turn) this.#turns.delete(cameraId);
    });
    this.#turns.set(cameraId, turn);
    return (await joined).result;
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

const passesOf = (told: readonly Pick<Told, 'passId' | 'repeated'>[]): Taken['passes'] => told.flatMap(({ passId: id, repeated }) => (id === null ? [] : [{ id, repeated }]));
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
