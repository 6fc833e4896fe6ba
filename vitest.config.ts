import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'], testTimeout: 30_000, hookTimeout: 120_000, globalSetup: ['test/support/build.ts', 'test/support/database-broker.ts'],
    env: { FONTCONFIG_FILE: fileURLToPath(new URL('test/support/fonts.conf', import.meta.url)) },
  },
});
