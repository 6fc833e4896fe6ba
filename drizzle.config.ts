import { defineConfig } from 'drizzle-kit';

/**
 * Only for looking at what a change of src/store/schema.ts would be in SQL (`npm run migrations` writes it to data/drizzle). What is applied are the
 * files in migrations/, written by hand: partitions, collations, triggers and functions have no words in drizzle.
 */
export default defineConfig({ dialect: 'postgresql', schema: './src/store/schema.ts', out: './data/drizzle' });
