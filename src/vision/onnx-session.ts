import { basename } from 'node:path';
import * as ort from 'onnxruntime-node';
import { DarwazaError } from '../core/errors.ts';

/** A network of one input and one output on one CPU thread. */
export interface Network {
  /** `values` has the product of `shape` elements; the answer is the first output. */
  run(values: Float32Array, shape: readonly number[]): Promise<{ readonly values: Float32Array; readonly shape: readonly number[] }>;
  close(): Promise<void>;
}

/** Opens an ONNX file. Throws DarwazaError MODEL_UNUSABLE when it is missing or damaged. */
export async function openNetwork(file: string): Promise<Network> {
  let session: ort.InferenceSession;
  try {
    // One thread per session: the pool runs one session per core, and threads that wait for each other cost more than they give.
    session = await ort.InferenceSession.create(file, {
      executionProviders: ['cpu'], intraOpNumThreads: 1, interOpNumThreads: 1, executionMode: 'sequential', graphOptimizationLevel: 'all', logSeverityLevel: 3,
    });
  } catch (cause) {
    throw new DarwazaError('MODEL_UNUSABLE', { file: basename(file), reason: 'missing or damaged' }, cause);
  }
  const input = session.inputNames[0]!, output = session.outputNames[0]!;
  return {
    async run(values, shape) {
      const answer = (await session.run({ [input]: new ort.Tensor('float32', values, shape) }))[output]!;
      const result = { values: answer.data as Float32Array, shape: answer.dims };
      return result;
    },
    close: () => session.release(),
  };
}
