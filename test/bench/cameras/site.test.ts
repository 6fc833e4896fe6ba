import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { shippedCommand } from '../../../bench/cameras/site.ts';
import { cpuMs, memoryMb, slopePerHour } from '../../../bench/cameras/usage.ts';

const main = readFileSync('src/cli/main.ts', 'utf8');

describe('the command that the bench starts as users do', () => {
  it('takes environment and flags from the first line of the program', () => {
    expect(shippedCommand('#!/usr/bin/env -S A=1 B=x=y node --flag=2 --other\nimport "x";')).toEqual({ env: { A: '1', B: 'x=y' }, flags: ['--flag=2', '--other'] });
    expect(shippedCommand('#!/usr/bin/env node\n')).toEqual({ env: {}, flags: [] });
  });

  it('refuses a program that does not say how it is started, whatever its later lines say', () => {
    expect(() => shippedCommand('import "x";\n#!/usr/bin/env node\n')).toThrow('does not say');
    expect(() => shippedCommand('')).toThrow('does not say');
  });

  it('finds in this program what keeps its memory small, and `npm start` says the same', () => {
    const { env, flags } = shippedCommand(main), { start } = (JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: { start: string } }).scripts;
    expect(env).toEqual({ MALLOC_ARENA_MAX: '2', MALLOC_MMAP_THRESHOLD_: '1048576', MALLOC_TRIM_THRESHOLD_: '8388608' });
    expect(flags).toEqual(['--max-semi-space-size=4']);
    expect(start).toBe(`${Object.entries(env).map(([name, value]) => `${name}=${value}`).join(' ')} node ${flags.join(' ')} scripts/bootstrap.mjs start`);
  });

  it('names the same in the guide for operators, for a service unit', () => {
    const guide = readFileSync('docs/operations.md', 'utf8');
    expect(guide).toContain('Environment=MALLOC_ARENA_MAX=2 MALLOC_MMAP_THRESHOLD_=1048576 MALLOC_TRIM_THRESHOLD_=8388608 NODE_OPTIONS=--max-semi-space-size=4');
  });
});

describe('what a process uses', () => {
  it('counts the process asked for and no other', async () => {
    const child = spawn(process.execPath, ['-e', 'const held = Buffer.alloc(150e6, 1); process.stdout.write("ready"); setInterval(() => held.length, 1000)'], { stdio: ['ignore', 'pipe', 'inherit'] });
    const ended = once(child, 'exit');
    await once(child.stdout, 'data');
    const { own, ffmpegs } = memoryMb(child.pid!);
    expect(own).toBeGreaterThan(150);
    expect(ffmpegs).toBe(0);
    expect(cpuMs(child.pid!)).toBeGreaterThan(0);
    child.kill();
    await ended;
  });

  it('is nothing for a process that has ended', async () => {
    const child = spawn(process.execPath, ['-e', '']);
    await once(child, 'exit');
    expect(memoryMb(child.pid!)).toEqual({ own: 0, ffmpegs: 0 });
    expect(cpuMs(child.pid!)).toBe(0);
  });
});

describe('the slope of memory over time', () => {
  it('is what it grows by in an hour', () => {
    expect(slopePerHour([0, 60_000, 120_000].map((at) => [at, 500 + at / 60_000] as const))).toBeCloseTo(60, 9);
  });

  it('is none where it only goes up and down', () => {
    expect(slopePerHour([[0, 500], [1000, 520], [2000, 520], [3000, 500]])).toBeCloseTo(0, 9);
  });
});
