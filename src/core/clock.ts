/** Milliseconds since 1970-01-01 UTC. Passed in wherever time is needed, so that tests and replays choose it. */
export type Clock = () => number;

export const systemClock: Clock = () => Date.now();
