import { basename } from 'node:path';
import * as ort from 'onnxruntime-node';
import { DarwazaError } from '../core/errors.ts';

export interface Tensor { readonly values: Float32Array; readonly shape: readonly number[] }

/** A network of one input on one CPU thread. `values` has the product of `shape` elements. */
export interface Network {
  /** The first output. */
  run(values: Float32Array, shape: readonly number[]): Promise<Tensor>;
  /** Every output, by its name. */
  runAll(values: Float32Array, shape: readonly number[]): Promise<ReadonlyMap<string, Tensor>>;
  close(): Promise<void>;
}

/** Opens an ONNX file. Throws DarwazaError MODEL_UNUSABLE when it is missing or damaged. */
export async function openNetwork(file: string): Promise<Network> {
  try {
    return networkOf(await ort.InferenceSession.create(file, onOneThread));
  } catch (cause) {
    throw new DarwazaError('MODEL_UNUSABLE', { file: basename(file), reason: 'missing or damaged' }, cause);
  }
}

/** Opens a network from bytes that were checked already, so that what was checked is what runs. Throws whatever the runtime throws. */
export async function openNetworkBytes(bytes: Uint8Array): Promise<Network> {
  return networkOf(await ort.InferenceSession.create(bytes, onOneThread));
}

// One thread per session: the pool runs one session per core, and threads that wait for each other cost more than they give.
// No memory patterns: pictures of streams come in hundreds of shapes, and a block planned for each makes a thread's arenas 20 MB larger.
const onOneThread: ort.InferenceSession.SessionOptions = {
  executionProviders: ['cpu'], intraOpNumThreads: 1, interOpNumThreads: 1, executionMode: 'sequential', enableMemPattern: false, graphOptimizationLevel: 'all', logSeverityLevel: 3,
};

function networkOf(session: ort.InferenceSession): Network {
  const input = session.inputNames[0]!, output = session.outputNames[0]!;
  const runAll: Network['runAll'] = async (values, shape) => {
    const answers = await session.run({ [input]: new ort.Tensor('float32', values, shape) });
    return new Map(Object.entries(answers).map(([name, answer]) => [name, { values: answer.data as Float32Array, shape: answer.dims }]));
  };
  return { runAll, run: async (values, shape) => (await runAll(values, shape)).get(output)!, close: () => session.release() };
}
