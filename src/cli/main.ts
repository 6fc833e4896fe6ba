#!/usr/bin/env -S MALLOC_ARENA_MAX=2 MALLOC_MMAP_THRESHOLD_=1048576 MALLOC_TRIM_THRESHOLD_=8388608 node --max-semi-space-size=4
import { readFileSync } from 'node:fs';
import { Command, InvalidArgumentError, Option } from 'commander';
import { readConfig, SETTINGS, type Config } from '../core/config.ts';
import { PURPOSES, ROLES, type Purpose, type Role } from '../core/permission.ts';
import { createOutput } from './output.ts';
import { reportError } from './report.ts';

interface Common { readonly json?: boolean }
type Action<O> = (context: { config: Config; output: ReturnType<typeof createOutput> }, options: O & Common, ...args: string[]) => Promise<number>;

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string };

const wholeNumber = (text: string): number => {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError('It must be a whole number from 1.');
  return value;
};

/** Runs a command with its settings and output; any fault is one line on stderr and exit code 1. */
function perform<O extends object>(action: Action<O>): (...given: unknown[]) => Promise<void> {
  return async (...given) => {
    const command = given.at(-1) as Command;
    const options = command.opts<O & Common>();
    try {
      const args = command.processedArgs.flat().filter((a): a is string => typeof a === 'string');
      const config = readConfig(process.env);
      process.exitCode = await action({ config, output: createOutput(options.json ?? false) }, options, ...args);
    } catch (cause) {
      reportError(cause, process.env['DARWAZA_LOG'] === 'debug');
      process.exitCode = 1;
    }
  };
}

const share = (text: string): number => {
  const value = Number(text);
  if (text.trim() === '' || !(value >= 0 && value <= 1)) throw new InvalidArgumentError('It must be a share from 0 to 1.');
  return value;
};

const json = () => new Option('--json', 'one JSON object a line on stdout and nothing else there');
const settingsHelp = (): string => Object.entries(SETTINGS).map(([name, { help }]) => `  ${name.padEnd(30)} ${help}`).join('\n');
const example = (...lines: string[]): string => `\nExamples:\n${lines.map((line) => `  ${line}`).join('\n')}\n`;

function pictureCommands(program: Command): void {
  program.command('read').summary('read the plates of pictures').description('Read the plates of pictures; nothing is stored.')
    .argument('<file...>', 'pictures, or folders of pictures')
    .addOption(json()).option('--crop', 'each picture is already one plate: no detection')
    .option('--reader <name>', 'plate reader: darwaza, ppocr or tesseract').option('--threads <n>', 'worker threads', wholeNumber)
    .addHelpText('after', example('darwaza read --json gate.jpg', 'darwaza read --crop --reader tesseract plates/'))
    .action(perform<import('./read.ts').ReadOptions>(async ({ config, output }, options, ...files) => (await import('./read.ts')).readCommand(files, options, config, output)));

  program.command('run').summary('read pictures and store what they show').description('Run the main job on pictures: read, make passes, check lists, build journeys, store.')
    .argument('<path...>', 'pictures, or folders; a folder named as a camera holds that camera\'s pictures')
    .addOption(json()).option('--camera <id>', 'camera of all the pictures')
    .addHelpText('after', example('darwaza run fixtures/frames', 'darwaza run --camera baleli-in-1 /srv/upload/2026-11-03'))
    .action(perform<import('./run.ts').RunOptions>(async ({ config, output }, options, ...paths) => (await import('./run.ts')).runCommand(paths, options, config, output)));
}

function accuracyCommands(program: Command): void {
  program.command('accuracy').summary('measure readers on labelled pictures').description('Measure readers on labelled pictures: figures by set, region, lines and width of the plate, what the confidence means, which characters are misread, and a report with the misread plates as pictures. A label file has the columns set,file,kind,x,y,w,h,text,text_full,region,lines,legible,notes ("darwaza label" makes one).')
    .argument('<folder>', 'folder that the paths in the label file start from')
    .addOption(json()).option('--labels <file>', 'label file (default: labels.csv in the folder)')
    .option('--reader <names>', 'readers to compare, side by side (default: the one of the settings)').option('--set <names>', 'sets to measure (default: all)')
    .option('--fold', 'count O as 0 and I as 1: some labels mix them').option('--threads <n>', 'worker threads; 1 for times that can be compared', wholeNumber)
    .option('--out <folder>', 'folder of the report; it shows plates: keep it where the pictures may be kept', 'accuracy')
    .addHelpText('after', example('darwaza accuracy pictures', 'darwaza accuracy --labels labels.csv --reader ppocr,tesseract --threads 1 --out /tmp/report pictures'))
    .action(perform<import('./accuracy.ts').AccuracyOptions>(async ({ config, output }, options, folder) => (await import('./accuracy.ts')).accuracyCommand(folder ?? '', options, config, output)));
}

function labelCommand(program: Command): void {
  program.command('label').summary('label pictures on a local page').description('Label the plates of a folder\'s pictures on a page that this machine alone can open. The reader proposes, the keyboard answers; each answer is written at once to labels.csv in the folder, which "darwaza accuracy" takes. Pictures labelled already are skipped.')
    .argument('<folder>', 'folder of pictures, sub-folders included').addOption(json())
    .option('--crop', 'each picture is already one plate').option('--set <name>', 'set of new labels', 'own')
    .option('--reader <name>', 'reader that proposes (default: the one of the settings)')
    .option('--port <n>', 'TCP port; without it a free one', wholeNumber, 0)
    .addHelpText('after', example('darwaza label pictures', 'darwaza label --crop --set gate-2 --port 8090 plates'))
    .action(perform<import('./label.ts').LabelOptions>(async ({ config, output }, options, folder) => (await import('./label.ts')).labelCommand(folder ?? '', options, config, output)));
}

function serverCommands(program: Command): void {
  program.command('serve').summary('serve the HTTP API').description('Serve the HTTP API and its documentation page until stopped.')
    .addOption(json()).addHelpText('after', example('darwaza serve', 'PORT=9000 DATABASE_URL=postgres://darwaza@db/darwaza darwaza serve'))
    .action(perform<object>(async ({ config, output }) => (await import('./serve.ts')).serveCommand(config, output)));

  program.command('start').summary('run the main job, then serve (npm start)').description('Prepare the database, run the main job on pictures (the shipped ones without a path), then serve the API.')
    .argument('[path...]', 'pictures, folders, video files, or addresses of streams (rtsp://…)').addOption(json()).option('--camera <id>', 'camera of all of them')
    .addHelpText('after', example('npm start', 'npm start -- /srv/pictures', 'npm start -- fixtures/video/gate.mp4', 'npm start -- --camera baleli-in-1 rtsp://192.0.2.10/stream1'))
    .action(perform<import('./start.ts').StartOptions>(async ({ config, output }, options, ...paths) => (await import('./start.ts')).startCommand(paths, options, config, output)));
}

function dataCommands(program: Command): void {
  const imports = program.command('import').summary('import a list or the Excise register').description('Import a list of marks or the Excise register from a file.')
    .addHelpText('after', example('darwaza import list stolen fixtures/lists/stolen.csv', 'darwaza import list stolen --dry-run tonight.csv', 'darwaza import register fixtures/register.csv'));
  imports.command('list').description('Replace a list by a file, or change it by a delta. CSV has the columns mark,kind,reason,owner,action,expires and, where wanted, jurisdiction,class,make,colour,chassis,warnings,case,source,stage,review; JSON (.json, .ndjson) has fields of the same names. Bad rows are reported by line; good ones are imported.')
    .argument('<name>', 'name of the list').argument('<file>', 'CSV, .json or .ndjson file').addOption(json())
    .option('--dry-run', 'show what would be added, changed, removed and refused; change nothing')
    .option('--delta', 'rows that the file does not name stay; a column withdraw=yes takes entries off')
    .option('--columns <file>', 'JSON file with the names of columns in your file, like {"mark": "Reg No", "expires": ""} ("" = there is none)')
    .addHelpText('after', example('darwaza import list stolen stolen.csv', 'darwaza import list stolen --dry-run --columns avls.json tonight.csv', 'darwaza import list stolen --delta changes.ndjson'))
    .action(perform<import('./import.ts').ListImportOptions>(async ({ config, output }, options, name, file) => (await import('./import.ts')).importListCommand(name ?? '', file ?? '', options, config, output)));
  imports.command('register').description('Replace the Excise register by a CSV file with the columns mark,jurisdiction,class,make,model,colour,status,token_paid_to.')
    .argument('<file>', 'CSV file').addOption(json())
    .addHelpText('after', example('darwaza import register register.csv'))
    .action(perform<object>(async ({ config, output }, _options, file) => (await import('./import.ts')).importRegisterCommand(file ?? '', config, output)));

  program.command('migrate').summary('bring the database schema up to date').description('Bring the database schema up to date. Safe to repeat.')
    .addOption(json()).addHelpText('after', example('DATABASE_URL=postgres://darwaza@db/darwaza darwaza migrate'))
    .action(perform<object>(async ({ config, output }) => (await import('./migrate.ts')).migrateCommand(config, output)));
}

function simulateCommands(program: Command): void {
  program.command('simulate').summary('simulate a city\'s traffic, for load tests and training').description('Simulate the traffic of the city in the camera register: residents, commuters, through traffic, buses, lorries, visitors; cameras that misread, miss, fail, run late and repeat. The same seed gives the same city. Without a destination it only tells what it would make.')
    .addOption(json()).option('--seed <n>', 'which of all possible cities', wholeNumber, 1).option('--vehicles <n>', 'vehicles', wholeNumber, 20_000).option('--days <n>', 'days', wholeNumber, 1)
    .option('--starts-at <time>', 'when it begins, with offset (default: so many days before the last midnight)')
    .option('--misreads <share>', 'share of passes with a wrong character (default: 0.05)', share).option('--missed <share>', 'share of vehicles that leave no pass (default: 0.02)', share)
    .option('--late <share>', 'share of passes that arrive late (default: 0.03)', share).option('--repeats <share>', 'share of passes delivered twice (default: 0.01)', share)
    .option('--options <file>', 'JSON file with further options (docs/simulate.md)')
    .option('--out <folder>', 'write passes.ndjson, arrivals.ndjson and truth.json there')
    .option('--to-store', 'record into the store of the settings').option('--force', 'with --to-store: even beside passes of real cameras')
    .option('--api <url>', 'send to a running server, in batches').option('--key-file <file>', 'file with an API key of the role camera, for --api (or DARWAZA_API_KEY)')
    .addHelpText('after', example('darwaza simulate --seed 7 --vehicles 20000 --days 2 --out city', 'DARWAZA_DATA_DIR=training darwaza simulate --to-store', 'darwaza simulate --api http://127.0.0.1:8080 --key-file camera.key'))
    .action(perform<import('./simulate.ts').SimulateOptions>(async ({ config, output }, options) => (await import('./simulate.ts')).simulateCommand(options, config, output)));
}

function listCommands(program: Command): void {
  const list = program.command('list').summary('show lists, their versions and settings; roll back').description('Show lists, their versions and settings, bring an older version back, change settings.')
    .addHelpText('after', example('darwaza list show', 'darwaza list rollback stolen 12'));
  list.command('show').description('Every list with its version, entries, age and feed; one list also with its settings.').argument('[name]', 'name of a list').addOption(json())
    .addHelpText('after', example('darwaza list show', 'darwaza list show stolen --json'))
    .action(perform<object>(async ({ config, output }, _options, name) => (await import('./list.ts')).showListsCommand(name, config, output)));
  list.command('versions').description('The latest 50 versions of a list: when, by what file or person, what changed.').argument('<name>', 'name of the list').addOption(json())
    .addHelpText('after', example('darwaza list versions stolen'))
    .action(perform<object>(async ({ config, output }, _options, name) => (await import('./list.ts')).listVersionsCommand(name ?? '', config, output)));
  list.command('rollback').description('Bring the entries of an older version back, as a new version.').argument('<name>', 'name of the list').argument('<version>', 'version whose entries come back').addOption(json())
    .addHelpText('after', example('darwaza list rollback stolen 12'))
    .action(perform<object>(async ({ config, output }, _options, name, version) => (await import('./list.ts')).rollbackListCommand(name ?? '', version ?? '', config, output)));
  list.command('set').description('Make a list, or replace the settings of one, from a JSON file; what the file leaves out gets its default. "darwaza list show NAME" shows them all.')
    .argument('<name>', 'name of the list').argument('<file>', 'JSON file').addOption(json())
    .addHelpText('after', example('darwaza list set stolen stolen-settings.json'))
    .action(perform<object>(async ({ config, output }, _options, name, file) => (await import('./list.ts')).setListCommand(name ?? '', file ?? '', config, output)));
}

function retentionCommands(program: Command): void {
  const retention = program.command('retention').summary('delete what is past its time; show what was deleted').description('Delete what is past its time, and show what was deleted. "darwaza serve" does it every night by itself.')
    .addHelpText('after', example('darwaza retention run --dry-run', 'darwaza retention show'));
  retention.command('run').description('Delete what is past its time now, and show the report. With the embedded database, stop the server first: it holds the data folder.').addOption(json())
    .option('--dry-run', 'count what would go; change nothing')
    .addHelpText('after', example('darwaza retention run --dry-run', 'darwaza retention run --json'))
    .action(perform<import('./retention.ts').RetentionRunOptions>(async ({ config, output }, options) => (await import('./retention.ts')).runRetentionCommand(options, config, output)));
  retention.command('show').description('The settings and the latest runs; with a number, the report of that run.').argument('[run]', 'number of a run').addOption(json())
    .addHelpText('after', example('darwaza retention show', 'darwaza retention show 12 --json'))
    .action(perform<object>(async ({ config, output }, _options, run) => (await import('./retention.ts')).showRetentionCommand(run, config, output)));
}

function replayCommands(program: Command): void {
  program.command('replay').summary('read messages of other cameras again').description('Read messages of cameras that read plates themselves again, as kept or from files, with the program as it is now, and record what is new. A vehicle that is known stays as it is. With the embedded database, stop the server first: it holds the data folder.')
    .argument('[file...]', 'bodies as a camera sent them; with --vendor and --camera').addOption(json())
    .option('--vendor <name>', 'messages in the form of this vendor: hikvision, dahua, axis, onvif, rekor, plate-recognizer, fiware').option('--camera <id>', 'messages of this camera')
    .option('--from <time>', 'that came from then on; with offset').option('--to <time>', 'that came before then').option('--refused', 'only those that were refused')
    .option('--dry-run', 'tell what would be recorded; change nothing')
    .addHelpText('after', example('darwaza replay --refused --dry-run', 'darwaza replay --camera lak-pass-in-1 --from 2026-11-03T00:00:00+05:00', 'darwaza replay --vendor hikvision --camera lak-pass-in-1 push.bin'))
    .action(perform<import('./replay.ts').ReplayOptions>(async ({ config, output }, options, ...files) => (await import('./replay.ts')).replayCommand(files, options, config, output)));
}

function keyCommands(program: Command): void {
  const key = program.command('key').summary('make, list and withdraw API keys').description('Make, list and withdraw API keys. Only a hash of a key is stored.')
    .addHelpText('after', example('darwaza key create --role analyst --name "A. Kakar, CTD"', 'darwaza key list'));
  key.command('create').description('Make a key and print it once.')
    .requiredOption('--name <text>', 'person or system that gets the key')
    .addOption(new Option('--role <role>', 'what the key may do').choices(Object.keys(ROLES)).makeOptionMandatory())
    .addOption(new Option('--purpose <purpose>', 'purpose of every search with it, for systems that cannot send X-Purpose').choices([...PURPOSES]))
    .option('--days <n>', 'days until it expires', wholeNumber, 365).addOption(json())
    .addHelpText('after', example('darwaza key create --role camera --name "Baleli recorder" --days 90'))
    .action(perform<{ name: string; role: Role; purpose?: Purpose; days: number }>(async ({ config, output }, options) => (await import('./key.ts')).createKeyCommand(options, config, output)));
  key.command('list').description('List the keys: name, role, expiry; never the key itself.').addOption(json())
    .addHelpText('after', example('darwaza key list --json'))
    .action(perform<object>(async ({ config, output }) => (await import('./key.ts')).listKeysCommand(config, output)));
  key.command('withdraw').description('Withdraw a key: it is refused from now on.').argument('<id>', 'id as "key list" shows it').addOption(json())
    .addHelpText('after', example('darwaza key withdraw 4f1c09'))
    .action(perform<object>(async ({ config, output }, _options, id) => (await import('./key.ts')).withdrawKeyCommand(id ?? '', config, output)));
}

/** The parameters of `GET /passes` and `GET /journeys`. */
const EXPORT_FILTERS = {
  passes: [['from', 'time', 'earliest time, inclusive'], ['to', 'time', 'latest time, exclusive'], ['site', 'id', 'at this site'], ['camera', 'id', 'at this camera'], ['direction', 'direction', 'in, out or unknown'],
    ['outcome', 'outcome', 'what the plate gave: mark, applied-for, fancy, official, unreadable, no-plate'], ['class', 'class', 'class of the vehicle as a camera saw it'],
    ['markClass', 'class', 'what the plate says that the vehicle is used as'], ['mark', 'mark', 'mark or pattern: LEB-17-4201, LE*4201'], ['disagree', null, 'only passes that two readers read differently']],
  journeys: [['from', 'time', 'earliest time, inclusive'], ['to', 'time', 'latest time, exclusive'], ['status', 'status', 'open or closed'], ['site', 'id', 'with a sighting at this site'],
    ['mark', 'mark', 'mark or pattern: LEB-17-4201, LE*4201']],
} as const;

function exportCommands(program: Command): void {
  const exports = program.command('export').summary('write passes or journeys into a file').description('Write passes or journeys into a file: CSV, NDJSON, JSON or GeoJSON, of any size. It stands in the audit log with its purpose, its case and the SHA-256 of the file.')
    .addHelpText('after', example('darwaza export passes --format csv --from -P1D --purpose stolen --case "FIR 212/26" --out passes.csv'));
  for (const records of ['passes', 'journeys'] as const) {
    const command = exports.command(records).description(`Write ${records} into a file, or to stdout. Times have an offset, or are told from now: -PT24H, -P7D.`)
      .addOption(new Option('--format <format>', 'form of the file').choices(['csv', 'ndjson', 'json', 'geojson']).default('csv'))
      .option('--out <file>', 'file that must not be there yet; it has its name when it is whole').option('--bom', 'CSV: begin with a byte order mark, for Excel')
      .addOption(new Option('--purpose <purpose>', 'why').choices([...PURPOSES]).makeOptionMandatory()).requiredOption('--case <text>', 'number of the case, order or shift').addOption(json());
    for (const [name, value, description] of EXPORT_FILTERS[records]) command.option(value === null ? `--${name}` : `--${name} <${value}>`, description);
    command.addHelpText('after', example(`darwaza export ${records} --format geojson --from 2026-11-01T00:00:00+05:00 --site baleli --purpose traffic --case "Survey 7" --out ${records}.geojson`))
      .action(perform<import('./export.ts').ExportOptions>(async ({ config, output }, options) => (await import('./export.ts')).exportCommand(records, options, config, output)));
  }
}

function careCommands(program: Command): void {
  program.command('doctor').summary('check this installation').description('Check settings, models, data folder, database, camera register and lists; says what to do about each fault.')
    .addOption(json()).addHelpText('after', example('darwaza doctor'))
    .action(perform<object>(async ({ config, output }) => (await import('./doctor.ts')).doctorCommand(config, output)));
  program.command('config').summary('show the settings in force').description('Show every setting with its value in force; secrets are masked.')
    .addOption(json()).addHelpText('after', () => `\nSettings (environment variables):\n${settingsHelp()}\n${example('darwaza config', 'PORT=9000 darwaza config --json')}`)
    .action(perform<object>(async ({ config, output }) => (await import('./config.ts')).configCommand(config, output)));
}

const program = new Command('darwaza').version(version)
  .description('Number-plate recognition for Pakistani plates: who entered the city, who left, which of them someone is looking for.')
  .showHelpAfterError('(--help shows what there is)')
  .addHelpText('after', example('darwaza read --json gate.jpg', 'darwaza run fixtures/frames', 'darwaza serve'));
for (const add of [pictureCommands, accuracyCommands, labelCommand, serverCommands, dataCommands, simulateCommands, listCommands, exportCommands, retentionCommands, replayCommands, keyCommands, careCommands]) add(program);

// `darwaza read … | head` closes our stdout: that is no fault.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));
await program.parseAsync();
