import { SingleBar } from 'cli-progress';

export interface Progress {
  step(label?: string): void;
  done(): void;
}

/** Where a command writes: answers to stdout, everything else to stderr, so that `--json` output can be piped. */
export interface Output {
  readonly json: boolean;
  /** One JSON object a line. */
  object(value: unknown): void;
  /** A line of the answer for people; not printed with --json. */
  line(text?: string): void;
  /** A remark beside the answer. */
  note(text: string): void;
  /** A bar on a terminal, plain lines at most every 5 s otherwise. */
  progress(label: string, total: number): Progress;
}

const PLAIN_LINE_EVERY_MS = 5000;

export function createOutput(json: boolean): Output {
  return {
    json,
    object: (value) => void process.stdout.write(`${JSON.stringify(value)}\n`),
    line: (text = '') => void (json || process.stdout.write(`${text}\n`)),
    note: (text) => void process.stderr.write(`${text}\n`),
    progress: (label, total) => (process.stderr.isTTY ? bar(label, total) : plain(label, total)),
  };
}

function bar(label: string, total: number): Progress {
  const single = new SingleBar({ format: `${label} {bar} {value}/{total}  {eta_formatted} left`, stream: process.stderr, hideCursor: true, clearOnComplete: true });
  single.start(total, 0);
  return { step: () => single.increment(), done: () => single.stop() };
}

function plain(label: string, total: number): Progress {
  let count = 0, printedAt = Date.now();
  const print = (): void => void process.stderr.write(`${label} ${count}/${total}\n`);
  return {
    step: () => {
      count++;
      if (Date.now() - printedAt < PLAIN_LINE_EVERY_MS) return;
      printedAt = Date.now();
      print();
    },
    done: print,
  };
}

/** Rows as columns padded to their widest cell; the first row is the heading. */
export function columns(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)));
  const lines = rows.map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ').trimEnd());
  return [lines[0] ?? '', widths.map((width) => '-'.repeat(width)).join('  '), ...lines.slice(1)];
}
