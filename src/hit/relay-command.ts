import { spawn } from 'node:child_process';

/** A program that was started. */
export interface RunningCommand {
  /** null when it ended with 0, else what went wrong, in words without what the program was given or wrote. */
  readonly ended: Promise<string | null>;
  /** SIGKILL, for it and all that it started. */
  kill(): void;
}

/** Starts a program, no shell between, with `input` on its stdin; it is killed when it has not ended within `timeoutMs`. */
export function startCommand(path: string, input: string, timeoutMs: number): RunningCommand {
  // A group of its own: a script that is killed alone leaves its children, and with them the siren, running.
  const child = spawn(path, [], { stdio: ['pipe', 'ignore', 'ignore'], detached: true });
  let late = false;
  const kill = (): void => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
    } catch {
      // It has ended meanwhile.
    }
  };
  const ended = new Promise<string | null>((resolve) => {
    const timer = setTimeout(() => {
      late = true;
      kill();
    }, timeoutMs);
    const settle = (fault: string | null): void => {
      clearTimeout(timer);
      resolve(fault);
    };
    child.once('error', (error: NodeJS.ErrnoException) => settle(`the command cannot be started (${error.code ?? 'unknown fault'})`));
    child.once('exit', (code, signal) => settle(late ? `the command did not end within ${timeoutMs / 1000} s and was killed` : code === 0 ? null : `the command ended with ${code ?? signal}`));
  });
  // A program that does not read its stdin breaks the pipe; its exit code says whether that was a fault.
  child.stdin.on('error', () => undefined).end(`${input}\n`);
  return { ended, kill };
}
