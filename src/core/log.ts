import { pino, type Logger } from 'pino';

export type Log = Logger;

/** Plates are personal data: what may hold one is cut from every log line by name. */
const PERSONAL = ['mark', 'text', 'rawText', 'key', 'skeleton', 'raw', 'authorization', 'headers.authorization', 'req.headers.authorization', 'password', 'DATABASE_URL'];

/** JSON lines on stderr, so that stdout stays for a command's answer. */
export function createLog(level: string): Log {
  return pino({ level, base: null, redact: { paths: PERSONAL, censor: '[personal]' }, timestamp: pino.stdTimeFunctions.isoTime }, pino.destination({ dest: 2, sync: true }));
}
