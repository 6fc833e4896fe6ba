/**
 * Every error that Darwaza gives, in one table: code, HTTP status, message. A message says what happened, to which thing, and what to do.
 * `{name}` is filled from the error's details. Details are names, numbers and rules; never a secret, SQL, or a person's data.
 * Codes are a contract with other people's scripts: add, never rename or reuse.
 */
export const ERRORS = {
  // Pictures
  PICTURE_EMPTY: { status: 422, message: 'The picture {name} has no bytes. Check that the upload or the copy finished.' },
  PICTURE_NOT_A_PICTURE: { status: 422, message: 'The file {name} is not a picture that can be read (JPEG, PNG, WebP, TIFF, GIF). Send one of these.' },
  PICTURE_TRUNCATED: { status: 422, message: 'The picture {name} is cut short or damaged. Send it again; if it comes from a camera, check its upload.' },
  PICTURE_TOO_LARGE: { status: 413, message: 'The picture {name} is {width} x {height} pixels; the limit is {limitMegapixels} megapixels. Send a smaller one.' },
  PICTURE_TOO_MANY_BYTES: { status: 413, message: 'The picture {name} has more than {limitMegabytes} MB. Send a smaller one.' },
  // Files and arguments
  FILE_NOT_FOUND: { status: 404, message: 'There is no file or folder {path}. Check the spelling.' },
  FILE_UNREADABLE: { status: 403, message: 'The file or folder {path} cannot be read ({reason}). Check its permissions.' },
  NO_PICTURES_FOUND: { status: 404, message: 'No pictures (.jpg, .jpeg, .png, .webp, .tif) were found in {path}.' },
  ARGUMENT_INVALID: { status: 400, message: 'The argument {name} is not usable: {reason}.' },
  READER_UNKNOWN: { status: 400, message: 'There is no reader named {reader}. Known readers: {known}.' },
  MODEL_UNUSABLE: { status: 500, message: 'The model file {file} cannot be used ({reason}). Run "npm ci" to install it again.' },
  MODEL_INVALID: {
    status: 500,
    message: 'The model file {file} cannot be used: {reason}. Copy the folder "models" of the package again, or set DARWAZA_MODELS to a folder that holds whole models.',
  },
  FOLDER_UNWRITABLE: { status: 500, message: 'The folder {path} cannot be written ({reason}). Give yourself the right to write there, or choose another.' },
  LABELS_UNUSABLE: { status: 422, message: 'The label file {path} cannot be used: {reason}.' },
  LABELS_IN_USE: { status: 409, message: 'The labels of {path} are being written by process {pid}. Stop it first: two at once would overwrite each other.' },
  // Configuration and start
  CONFIG_INVALID: { status: 500, message: 'The setting {name} is not usable: {rule}. "darwaza config --help" lists every setting.' },
  REGISTER_INVALID: { status: 500, message: 'The camera register {path} has faults:\n{faults}\nCorrect the file and start again.' },
  SERIES_INVALID: { status: 500, message: 'The plate series file {path} has faults:\n{faults}\nCorrect the file and start again.' },
  FINDINGS_INVALID: { status: 500, message: 'The file of settings for findings {path} has faults:\n{faults}\nCorrect the file and start again.' },
  SOURCES_INVALID: { status: 500, message: 'The file of camera sources {path} has faults:\n{faults}\nCorrect the file and start again.' },
  FFMPEG_MISSING: { status: 500, message: 'Streams and video files need the program ffmpeg, 5.1 or later, and {command} cannot be used ({reason}). Install it: apt-get install ffmpeg.' },
  DATA_FOLDER_UNWRITABLE: { status: 500, message: 'The data folder {path} cannot be written ({reason}). Give the user that runs Darwaza the right to write there, or set DARWAZA_DATA_DIR.' },
  DATA_FOLDER_IN_USE: { status: 500, message: 'The data folder {path} is in use by process {pid}. Stop it, or give this one another folder with DARWAZA_DATA_DIR.' },
  PORT_IN_USE: { status: 500, message: 'Port {port} on {host} is in use by another program. Stop it, or choose another with PORT.' },
  PORT_NOT_ALLOWED: { status: 500, message: 'Port {port} on {host} cannot be opened ({reason}). Choose a port above 1024 with PORT.' },
  // Database
  DATABASE_UNAVAILABLE: { status: 503, message: 'The database at {host} does not answer ({reason}). Nothing was stored; send it again when the database is back.' },
  DATABASE_REFUSED: { status: 500, message: 'The database refused an operation (SQLSTATE {sqlstate}). The log entry with this request id has the place.' },
  DATABASE_TIMEOUT: { status: 503, message: 'The database at {host} did not finish in time; nothing was changed. Ask for less (a shorter time, a narrower filter), or try again later.' },
  DATABASE_FULL: { status: 507, message: 'The disk of the database at {host} is full. Nothing was stored; make room, then send it again.' },
  DATABASE_NEWER: {
    status: 500,
    message: 'The database is at schema version {databaseVersion} and this program knows versions up to {programVersion}. Start a program that knows {databaseVersion}, or restore an older backup.',
  },
  MIGRATION_CHANGED: { status: 500, message: 'Migration {version} in the database is not the one that this program ships. Restore the program or the database that belong together.' },
  // Simulation
  STORE_HOLDS_EVIDENCE: { status: 409, message: 'The store {host} holds passes of real cameras, and simulated ones beside them would spoil it as evidence. Use a store of its own (DARWAZA_DATA_DIR or DATABASE_URL); --force does it all the same.' },
  SERVER_REFUSED: { status: 502, message: 'The server {url} refused the passes with {status}: {said}' },
  SERVER_UNREACHABLE: { status: 503, message: 'The server {url} did not take the passes in {tries} tries ({reason}). Those before are stored; run it again with the same seed and times: what is stored counts once.' },
  // Requests
  REQUEST_INVALID: { status: 400, message: 'The request is not usable: {reason}.' },
  BODY_INVALID: { status: 400, message: 'The body is not usable: {reason}.' },
  BODY_TOO_LARGE: { status: 413, message: 'The body is over the limit of {limitBytes} bytes for this route. Send less at once.' },
  PART_TOO_LARGE: { status: 413, message: 'The part {part} of the message is over the limit of {limitMegabytes} MB for one part (DARWAZA_MAX_FRAME_MB). Let the camera send smaller pictures.' },
  PAYLOAD_REFUSED: { status: 422, message: 'The {vendor} message of camera {camera} was refused: {faults}. {kept}' },
  MESSAGES_TOO_MANY: { status: 503, message: 'Messages of {waitingMegabytes} MB are on their way in already. Send it again in {seconds} s.' },
  MEDIA_TYPE_UNSUPPORTED: { status: 415, message: 'This route takes {expected}; the request says {given}.' },
  ROUTE_NOT_FOUND: { status: 404, message: 'There is no {method} {path}. /api/v1/docs lists what there is.' },
  METHOD_NOT_ALLOWED: { status: 405, message: '{path} does not take {method}; it takes {allowed}.' },
  HEADERS_TOO_LARGE: { status: 431, message: 'The headers of the request are over the limit of {limitBytes} bytes.' },
  REQUEST_TIMEOUT: { status: 408, message: 'The request was not complete within {seconds} s. Send it again.' },
  CURSOR_INVALID: { status: 400, message: 'The cursor is not one that this server gave for this query. Start again without it.' },
  TIME_INVALID: { status: 400, message: '{name} is not a time: {reason}. Write it as 2026-11-03T06:15:02+05:00.' },
  TIME_WITHOUT_OFFSET: { status: 400, message: '{name} has no offset from UTC. Write it as 2026-11-03T06:15:02+05:00 or with Z.' },
  TIME_IMPLAUSIBLE: { status: 422, message: '{name} is {value}; a capture time must lie between {earliest} and {latest}. Check the clock of the camera.' },
  MARK_INVALID: { status: 400, message: 'The mark is not usable: {reason}.' },
  CAMERA_UNKNOWN: { status: 422, message: 'There is no camera {camera} in the register at that time. Known cameras: GET /api/v1/cameras.' },
  PASS_NOT_FOUND: { status: 404, message: 'There is no pass {id}.' },
  JOURNEY_NOT_FOUND: { status: 404, message: 'There is no journey {id}. A late pass may have changed it: search by its mark.' },
  FINDING_NOT_FOUND: { status: 404, message: 'There is no finding {id}. A correction or a late pass may have taken its evidence away: search by its mark.' },
  HIT_NOT_FOUND: { status: 404, message: 'There is no hit {id} that this key may see.' },
  HIT_DECIDED: { status: 409, message: 'The hit {id} is {status} already; that stands. Read its history: GET /api/v1/hits/{id}.' },
  LIST_NOT_FOUND: { status: 404, message: 'There is no list {list}. GET /api/v1/lists names those there are.' },
  LIST_VERSION_NOT_FOUND: { status: 404, message: 'The list {list} has no version {version}. GET /api/v1/lists/{list}/versions names those there are.' },
  LIST_BUSY: { status: 409, message: 'The list {list} was changed meanwhile (version {version} is in force). Look at it again, then repeat.' },
  ENTRY_EXISTS: { status: 409, message: 'The list {list} has this entry already ({id}), and this key did not add it. It stands as it is; ask the keeper of the list to change it.' },
  ENTRY_NOT_FOUND: { status: 404, message: 'The list {list} has no entry {id} in force.' },
  STREAMS_TOO_MANY: { status: 429, message: 'This key has {open} streams of hits open; the limit is {limit}. End one, ask for several sites in one stream, or use another key.' },
  WEBHOOK_NOT_FOUND: { status: 404, message: 'There is no webhook {id}.' },
  DELIVERY_NOT_FOUND: { status: 404, message: 'The webhook {id} has no dead delivery {delivery}.' },
  EVIDENCE_NOT_FOUND: { status: 404, message: 'The pass {id} has no evidence picture in the store.' },
  EVIDENCE_DAMAGED: { status: 500, message: 'The evidence picture of pass {id} no longer has the SHA-256 that was recorded for it. Tell the operator: it must not be used.' },
  EXPORTS_TOO_MANY: { status: 429, message: 'This key has {open} exports under way; the limit is {limit}. Let one end, then ask again.' },
  EXPORT_NOT_FOUND: { status: 404, message: 'There is no export {id} that this key made.' },
  SEARCH_NOT_FOUND: { status: 404, message: 'There is no saved search {id} that this key may use so. GET /api/v1/searches names those there are.' },
  SEARCH_EXISTS: { status: 409, message: 'This key has a saved search of that name already ({id}). Delete it first, or choose another name.' },
  SEARCHES_TOO_MANY: { status: 409, message: 'This key has {limit} saved searches, which is the limit. Delete one that is used no more.' },
  EVIDENCE_EXPIRED: { status: 410, message: 'The evidence picture of pass {id} was deleted on {at}: pictures are kept for {days} days. The pass itself has a longer time; nothing can bring the picture back.' },
  // Retention, holds, corrections
  PASS_EXPIRED: {
    status: 422,
    message: 'The pass of camera {camera} at {at} is older than anything that is kept ({floor}), so it was not stored. It is set aside for a person to decide (GET /api/v1/set-aside); a picture is not. If the time is wrong, check the clock of the camera.',
  },
  PASS_CORRECTED: { status: 409, message: 'The pass {id} was corrected already; its correction is {by}. Look at that one, and correct it if it is wrong.' },
  HOLD_NOT_FOUND: { status: 404, message: 'There is no legal hold {id}.' },
  HOLD_RELEASED: { status: 409, message: 'The legal hold {id} was released already. To hold the same again, place a new one.' },
  SET_ASIDE_NOT_FOUND: { status: 404, message: 'No pass {id} is set aside. It may have been deleted when its time was over.' },
  SET_ASIDE_DECIDED: { status: 409, message: 'The pass {id} that was set aside is {decision} already; that stands.' },
  SET_ASIDE_UNHELD: { status: 409, message: 'The pass {id} is older than may be kept, and nothing holds it. If it must be kept, place a legal hold on its mark first (POST /api/v1/legal-holds), then take it.' },
  RETENTION_RUN_NOT_FOUND: { status: 404, message: 'There is no retention run {id}. GET /api/v1/retention/runs lists those there were.' },
  RETENTION_UNREADY: { status: 409, message: 'After an upgrade the journeys of {waiting} vehicles are still to be built, and passes are deleted only then. Let "darwaza serve" run for a while, then try again.' },
  RETENTION_BUSY: { status: 409, message: 'The retention run {id} is under way. Wait until it has ended; "darwaza retention show" tells.' },
  // Access
  KEY_MISSING: { status: 401, message: 'This route needs an API key: send the header "Authorization: Bearer dz_…". "darwaza key create" makes one.' },
  KEY_INVALID: { status: 401, message: 'The API key is not known, expired or withdrawn.' },
  PERMISSION_MISSING: { status: 403, message: 'This API key lacks the permission {permission}.' },
  PURPOSE_MISSING: { status: 400, message: 'This search needs a purpose: send the headers X-Purpose (one of {purposes}) and X-Case-Reference.' },
  PURPOSE_INVALID: { status: 400, message: 'The header {header} is not usable: {reason}.' },
  PAGE_REFUSED: { status: 403, message: 'The labelling page refuses this request: {reason}.' },
  PAGE_NOT_FOUND: { status: 404, message: 'There is no {path} on the labelling page. Open its address again.' },
  TOO_MANY_REQUESTS: { status: 429, message: 'Too many requests from this key or address. Wait {seconds} s.' },
  AUDIT_UNAVAILABLE: { status: 503, message: 'The search could not be written to the audit log, so it is not answered. Ask again; if it stays, tell the operator.' },
  BUSY: { status: 503, message: 'The reading queue is full ({waiting} frames wait). Send the frame again in {seconds} s.' },
  // Imports
  IMPORT_UNUSABLE: { status: 422, message: '{name} holds no usable row, and nothing was changed: {faults}' },
  IMPORT_BROKEN: { status: 422, message: '{name} is not whole, and nothing was changed: {reason}' },
  FEED_ROLLED_BACK: {
    status: 409,
    message: 'The feed of the list {list} still delivers the file of version {version}, which was rolled back. It is taken again when it delivers another; to use it as it is, import it by hand.',
  },
  IMPORT_EMPTY: { status: 422, message: '{name} holds no usable row. Nothing was changed.' },
  INTERNAL: { status: 500, message: 'Something went wrong that should not have. The log entry {requestId} has the details.' },
} as const satisfies Record<string, { status: number; message: string }>;

export type ErrorCode = keyof typeof ERRORS;
export type ErrorDetails = Readonly<Record<string, string | number | readonly (string | number)[]>>;

/** An error from the table above. `message` is filled in and fit for a user; `cause` is for the log alone. */
export class DarwazaError extends Error {
  readonly code: ErrorCode;
  readonly details: ErrorDetails;

  constructor(code: ErrorCode, details: ErrorDetails = {}, cause?: unknown) {
    super(fillIn(ERRORS[code].message, details), cause === undefined ? undefined : { cause });
    this.name = 'DarwazaError';
    this.code = code;
    this.details = details;
  }

  get status(): number {
    return ERRORS[this.code].status;
  }
}

function fillIn(template: string, details: ErrorDetails): string {
  return template.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = details[name];
    return value === undefined ? `(${name} not given)` : Array.isArray(value) ? value.join(', ') : printable(String(value));
  });
}

/** File names and header values come from outside: control characters would forge log lines. New lines we write ourselves stay. */
function printable(text: string): string {
  const clean = text.replace(/[\p{Cc}\p{Cf}]/gu, (c) => (c === '\n' ? c : '�'));
  return clean.length > 2000 ? `${clean.slice(0, 2000)}…` : clean;
}
