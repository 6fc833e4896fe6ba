/** What is kept of a stream's state, so that any process can tell it. Times: epoch milliseconds. */
export interface KeptStream {
  readonly state: string;
  readonly fault: string | null;
  readonly reconnects: number;
  readonly brightness: number | null;
  readonly sameScene: number | null;
}
