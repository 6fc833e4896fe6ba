import type { EvidenceStore } from '../store/evidence.ts';

/** Each file waits for the disk, four at a time in all of Node: more only hold files open, of which a process has a thousand or so. */
const AT_ONCE = 16;

/** Writes what came with messages, so many files at a time; bytes that are being written already are not written beside it. */
export class EvidenceWriter {
  readonly #evidence: Pick<EvidenceStore, 'put'>;
  readonly #underWay = new WeakMap<Buffer, { readonly mediaType: string; readonly sha256: Promise<string> }>();
  readonly #waiting: (() => void)[] = [];
  #free = AT_ONCE;

  constructor(evidence: Pick<EvidenceStore, 'put'>) {
    this.#evidence = evidence;
  }

  /** SHA-256 (hex) of the bytes; they are on disk when this resolves. @throws DATA_FOLDER_UNWRITABLE */
  put(bytes: Buffer, mediaType: string): Promise<string> {
    const running = this.#underWay.get(bytes);
    if (running?.mediaType === mediaType) return running.sha256;
    const sha256 = this.#inTurn(() => this.#evidence.put(bytes, mediaType)).finally(() => this.#underWay.delete(bytes));
    this.#underWay.set(bytes, { mediaType, sha256 });
    return sha256;
  }

  async #inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free--;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      return await work();
    } finally {
      // The place goes straight to the next: nobody who comes between may take it.
      const next = this.#waiting.shift();
      if (next === undefined) this.#free++;
      else next();
    }
  }
}
