import { createRequire } from 'node:module';

/** The version in package.json, which lies two folders above in the source tree as in the built one. */
export const PROGRAM_VERSION = (createRequire(import.meta.url)('../../package.json') as { version: string }).version;
