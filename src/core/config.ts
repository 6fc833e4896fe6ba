import { availableParallelism } from 'node:os';
import { z } from 'zod';
import { DarwazaError } from './errors.ts';

interface Setting { readonly schema: z.ZodType; readonly help: string; readonly secret?: true }

const whole = (least: number, most: number) => z.coerce.number().int().min(least).max(most);

const days = whole(1, 36_500);

/** Every setting, by the name of its environment variable: rule, default, help. Nothing else in the program reads the environment. */
export const SETTINGS = {
  DATABASE_URL: { schema: z.string().regex(/^postgres(ql)?:\/\//, 'must begin with postgres:// or postgresql://').optional(), help: 'PostgreSQL server to use; without it an embedded database in the data folder', secret: true },
  DARWAZA_DATA_DIR: { schema: z.string().min(1).default('data'), help: 'folder of the embedded database and the evidence pictures' },
  DARWAZA_REGISTER: { schema: z.string().min(1).optional(), help: 'file with cameras, sites and the city boundary; without it the shipped example, fixtures/quetta.json' },
  DARWAZA_SERIES: { schema: z.string().min(1).optional(), help: 'file with further plate series of your department (docs/plate-series.md)' },
  DARWAZA_FINDINGS: { schema: z.string().min(1).optional(), help: 'file with settings of what is looked for in movements: convoys, over-stay, loops … (docs/findings.md)' },
  DARWAZA_SOURCES: { schema: z.string().min(1).optional(), help: 'file with the cameras whose streams, folders and event streams are taken (docs/cameras.md)' },
  PORT: { schema: whole(0, 65_535).default(8080), help: 'TCP port of the API; 0 takes a free one' },
  DARWAZA_HOST: { schema: z.string().min(1).default('127.0.0.1'), help: 'address the API listens on; 0.0.0.0 for every network of the machine' },
  DARWAZA_THREADS: { schema: whole(1, 64).default(Math.max(1, Math.min(4, availableParallelism()))), help: 'worker threads that read pictures' },
  DARWAZA_READER: { schema: z.string().min(1).default('darwaza'), help: 'plate reader: darwaza (its own detector and reader), ppocr or tesseract' },
  DARWAZA_MODELS: { schema: z.string().min(1).optional(), help: 'folder with the weights of the reader darwaza (detector.json, reader.json and their files); without it the shipped ones' },
  DARWAZA_QUEUE: { schema: whole(1, 100_000).default(64), help: 'frames that may wait for a reader before POST /frames answers 503' },
  DARWAZA_MAX_FRAME_MB: { schema: whole(1, 200).default(20), help: 'largest picture taken, in megabytes' },
  DARWAZA_MAX_IMPORT_MB: { schema: whole(1, 4096).default(512), help: 'largest list or register taken over HTTP, in megabytes' },
  DARWAZA_RATE_PER_MINUTE: { schema: whole(1, 10_000_000).default(12_000), help: 'requests that one API key may make in a minute' },
  DARWAZA_PASS_GAP_MS: { schema: whole(100, 600_000).default(3000), help: 'a vehicle not seen for this long has gone by; the next read is a new pass' },
  DARWAZA_UTC_OFFSET_MINUTES: { schema: whole(-840, 840).default(300), help: 'offset in which times are shown (Pakistan: 300)' },
  DARWAZA_LIST_AGE_LIMIT_HOURS: { schema: whole(1, 8760).default(24), help: 'a list older than this is shown as stale' },
  DARWAZA_LATE_AFTER_SECONDS: { schema: whole(1, 86_400).default(120), help: 'a pass that arrives this long after it was seen is late: its hits are marked so and never ring' },
  DARWAZA_PAIRING: { schema: z.enum(['none', 'hard', 'wide']).default('wide'), help: 'look-alikes by which an exit without an entry is probably that of a vehicle inside: none, hard (0 O, 8 B …) or wide (also those of worn and blurred plates)' },
  DARWAZA_RELAY_COMMAND: { schema: z.string().min(1).optional(), help: 'program that is started for each ringing hit, with the hit as JSON on its stdin (barriers, sirens)' },
  DARWAZA_RELAY_FILE: { schema: z.string().min(1).optional(), help: 'file or device to which each ringing hit is written as one line of JSON' },
  DARWAZA_RELAY_SITES: { schema: z.string().regex(/^[\w.-]+(,[\w.-]+)*$/, 'must be site ids with commas between').optional(), help: 'sites whose hits go to the relay; without it all' },
  DARWAZA_API_KEY: { schema: z.string().min(1).optional(), help: 'API key with which "darwaza simulate --api" sends its passes', secret: true },
  DARWAZA_KEEP_PASSES_DAYS: { schema: days.default(90), help: 'days that passes without a hit are kept, with their frames and pictures' },
  DARWAZA_KEEP_HITS_DAYS: { schema: days.default(365), help: 'days that hits and their passes are kept, from when the vehicle was last seen or the hit was decided' },
  DARWAZA_KEEP_JOURNEYS_DAYS: { schema: days.default(365), help: 'days that journeys are kept after they ended' },
  DARWAZA_KEEP_EVIDENCE_DAYS: { schema: days.default(365), help: 'days that an evidence picture is kept at most; it never outlives its pass' },
  DARWAZA_KEEP_AUDIT_DAYS: { schema: days.default(1095), help: 'days that the audit log is kept' },
  DARWAZA_KEEP_SET_ASIDE_DAYS: { schema: days.default(30), help: 'days that passes which came too late wait for a person to decide' },
  DARWAZA_KEEP_PAYLOADS_DAYS: { schema: days.default(30), help: 'days that messages of cameras that read plates themselves are kept as they came, for "darwaza replay"' },
  DARWAZA_LOG: { schema: z.enum(['silent', 'error', 'warn', 'info', 'debug']).default('warn'), help: 'least level of the log on stderr' },
} as const satisfies Record<string, Setting>;

export type SettingName = keyof typeof SETTINGS;
export type Config = { readonly [N in SettingName]: z.output<(typeof SETTINGS)[N]['schema']> };

/**
 * Settings from the environment. A DARWAZA_… variable that is not a setting is refused: a misspelt one would be silently without effect.
 * @throws CONFIG_INVALID with the setting's name and rule, never its value
 */
export function readConfig(env: Readonly<Record<string, string | undefined>>): Config {
  for (const name of Object.keys(env)) {
    if (name.startsWith('DARWAZA_') && !(name in SETTINGS)) throw new DarwazaError('CONFIG_INVALID', { name, rule: 'there is no such setting' });
  }
  const values = Object.entries(SETTINGS).map(([name, setting]) => {
    const given = env[name] === '' ? undefined : env[name];
    const parsed = setting.schema.safeParse(given);
    if (!parsed.success) throw new DarwazaError('CONFIG_INVALID', { name, rule: parsed.error.issues.map((i) => i.message).join('; ') });
    return [name, parsed.data] as const;
  });
  return Object.fromEntries(values) as Config;
}

export function isSecret(name: SettingName): boolean {
  return 'secret' in SETTINGS[name];
}
