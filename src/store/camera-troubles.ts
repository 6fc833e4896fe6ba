/** What can be wrong with a camera. */
export const TROUBLE_KINDS = ['silent', 'blind', 'clock', 'reading'] as const;
export type TroubleKind = (typeof TROUBLE_KINDS)[number];
