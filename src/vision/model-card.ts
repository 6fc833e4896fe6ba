import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { DarwazaError } from '../core/errors.ts';
import { openNetworkBytes } from './onnx-session.ts';
import type { Network } from './onnx-session.ts';

/** Darwaza's own networks, each with a card (`reader.json`) beside it. */
export const ownModels = ['detector', 'reader'] as const;
export type OwnModel = (typeof ownModels)[number];

/** `models/` of the package: two folders up from src/vision and from dist/vision alike. */
export const shippedModels = fileURLToPath(new URL('../../models/', import.meta.url));

const calibration = z.object({ a: z.number().positive(), b: z.number() });
/** Logit of the belief in a text, times `a`, plus `b`: logit of the probability that it is right. */
export type Calibration = z.output<typeof calibration>;

const size = z.object({ width: z.number().int().positive(), height: z.number().int().positive() });
/** The two shapes in which the reader sees plates, from which proportion on the wide one, and what is added around a plate. */
const plateInput = z.object({ tall: size, wide: size, wideFrom: z.number().positive(), grown: z.number().min(0).max(0.5) });
export type PlateInput = z.output<typeof plateInput>;

/** What the program needs of a card; the rest (data, figures, hours) is for people. */
const cardSchema = z.looseObject({
  name: z.string().min(1), version: z.coerce.string().min(1), file: z.string().regex(/^[\w.-]+$/, 'must be the name of a file in the same folder'),
  sha256: z.string().regex(/^[0-9a-f]{64}$/, 'must be 64 hexadecimal digits'), bytes: z.number().int().positive(),
  input: z.unknown().optional(), threshold: z.number().gt(0).lt(1).optional(), calibration: calibration.optional(),
});
export type ModelCard = z.output<typeof cardSchema>;

/** What a network must take and give to be usable here: the shape of one input, and of each output for it (null: any number). */
export interface NetworkContract { readonly shape: readonly number[]; readonly outputs: Readonly<Record<string, readonly (number | null)[]>> }

/** Reads a model's card and checks its file against it: size, then SHA-256. Throws DarwazaError MODEL_INVALID, which names the file and its fault. */
export async function checkedModel(folder: string, model: OwnModel): Promise<{ readonly card: ModelCard; readonly bytes: Uint8Array }> {
  const card = cardOf(join(folder, `${model}.json`), (await contentOf(join(folder, `${model}.json`))).toString('utf8'));
  const file = join(folder, card.file), bytes = await contentOf(file);
  if (bytes.length !== card.bytes) throw fault(file, `it has ${bytes.length} bytes instead of ${card.bytes}: it was ${bytes.length < card.bytes ? 'cut short' : 'exchanged'}`);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  if (sha256 !== card.sha256) throw fault(file, `its SHA-256 begins with ${sha256.slice(0, 12)} instead of ${card.sha256.slice(0, 12)}: it was damaged or exchanged`);
  return { card, bytes };
}

/** The shapes that a reader's card gives. Throws DarwazaError MODEL_INVALID. */
export function plateInputOf(folder: string, card: ModelCard): PlateInput {
  const input = plateInput.safeParse(card.input);
  if (!input.success) throw fault(join(folder, 'reader.json'), input.error.issues.map((i) => `input.${i.path.join('.')}: ${i.message}`).join('; '));
  return input.data;
}

/** Opens one of Darwaza's own networks and tries it once, so that weights of another kind are refused at the start and not at the first plate. */
export async function openOwnModel(folder: string, model: OwnModel, contractOf: (card: ModelCard) => NetworkContract): Promise<{ readonly card: ModelCard; readonly network: Network }> {
  const { card, bytes } = await checkedModel(folder, model), file = join(folder, card.file), contract = contractOf(card);
  const network = await openNetworkBytes(bytes).catch((cause: unknown) => { throw fault(file, 'it is no network that can be run', cause); });
  try {
    const answer = await network.runAll(new Float32Array(contract.shape.reduce((a, b) => a * b, 1)).fill(0.5), contract.shape);
    for (const [name, shape] of Object.entries(contract.outputs)) {
      const got = answer.get(name)?.shape ?? [];
      if (got.length !== shape.length || !shape.every((n, i) => n === null || n === got[i])) throw fault(file, `its output "${name}" is ${got.join(' x ') || 'not there'} instead of ${shape.map((n) => n ?? '…').join(' x ')}: it is another kind of network`);
    }
    return { card, network };
  } catch (cause) {
    await network.close();
    throw cause instanceof DarwazaError ? cause : fault(file, 'it cannot be run on a picture: it is another kind of network', cause);
  }
}

function cardOf(path: string, text: string): ModelCard {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw fault(path, 'it is not JSON', cause);
  }
  const card = cardSchema.safeParse(json);
  if (!card.success) throw fault(path, card.error.issues.map((i) => `${i.path.join('.')}: ${i.message}`).join('; '));
  return card.data;
}

async function contentOf(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (cause) {
    throw fault(path, existsSync(path) ? `it cannot be read: ${(cause as NodeJS.ErrnoException).code ?? 'unknown fault'}` : 'there is no such file', cause);
  }
}

function fault(file: string, reason: string, cause?: unknown): DarwazaError {
  return new DarwazaError('MODEL_INVALID', { file, reason }, cause);
}
