/** What a key may do. Each route of the API declares one; a route without one does not start (default deny). */
export const PERMISSIONS = [
  'passes:read', 'passes:write', 'frames:write', 'marks:lookup', 'marks:bulk', 'marks:movement', 'journeys:read', 'hits:read', 'hits:decide', 'hits:covert', 'cameras:read',
  'lists:read', 'lists:write', 'entries:add', 'register:write', 'webhooks:manage', 'reports:read', 'alarms:read', 'metrics:read', 'audit:read',
  'passes:correct', 'holds:manage', 'retention:read', 'export', 'searches:save', 'findings:decide',
] as const;
export type Permission = (typeof PERMISSIONS)[number];

/** Sets of permissions by the work that a person or system does; each sees what that work needs and no more (design: default deny). */
export const ROLES = {
  checkpoint: ['marks:lookup', 'hits:read', 'hits:decide', 'entries:add', 'cameras:read', 'searches:save'],
  analyst: ['passes:read', 'passes:correct', 'marks:lookup', 'marks:bulk', 'marks:movement', 'journeys:read', 'findings:decide', 'hits:read', 'reports:read', 'lists:read', 'cameras:read', 'export', 'searches:save'],
  excise: ['marks:lookup', 'marks:bulk', 'register:write', 'cameras:read', 'searches:save'],
  lists: ['lists:read', 'lists:write', 'entries:add', 'marks:lookup', 'reports:read', 'alarms:read', 'searches:save'],
  investigator: ['passes:read', 'passes:correct', 'holds:manage', 'retention:read', 'marks:lookup', 'marks:bulk', 'marks:movement', 'journeys:read', 'findings:decide', 'hits:read', 'hits:decide', 'hits:covert', 'lists:read', 'lists:write', 'entries:add', 'webhooks:manage', 'reports:read', 'cameras:read', 'export', 'searches:save'],
  camera: ['passes:write', 'frames:write', 'cameras:read'],
  operator: ['cameras:read', 'webhooks:manage', 'alarms:read', 'metrics:read', 'retention:read'],
  auditor: ['audit:read', 'retention:read', 'searches:save'],
  trial: PERMISSIONS,
} as const satisfies Record<string, readonly Permission[]>;
export type Role = keyof typeof ROLES;

/** Why somebody looks. Coded, because free text neither prevents nor shows misuse; the case reference stands beside it. */
export const PURPOSES = ['stolen', 'wanted', 'missing', 'traffic', 'tax', 'event', 'maintenance', 'audit', 'trial'] as const;
export type Purpose = (typeof PURPOSES)[number];
