/** What a key may do. Each route of the API declares one; a route without one does not start (default deny). */
export const PERMISSIONS = [
  'passes:read', 'passes:write', 'frames:write', 'marks:lookup', 'marks:movement', 'journeys:read', 'hits:read', 'hits:decide', 'hits:covert', 'cameras:read',
  'lists:read', 'lists:write', 'entries:add', 'register:write', 'webhooks:manage', 'reports:read', 'alarms:read', 'metrics:read', 'audit:read',
] as const;
export type Permission = (typeof PERMISSIONS)[number];

/** Sets of permissions by the work that a person or system does; each sees what that work needs and no more (design: default deny). */
export const ROLES = {
  checkpoint: ['marks:lookup', 'hits:read', 'hits:decide', 'entries:add', 'cameras:read'],
  analyst: ['passes:read', 'marks:lookup', 'marks:movement', 'journeys:read', 'hits:read', 'reports:read', 'lists:read', 'cameras:read'],
  excise: ['marks:lookup', 'register:write', 'cameras:read'],
  lists: ['lists:read', 'lists:write', 'entries:add', 'marks:lookup', 'reports:read', 'alarms:read'],
  investigator: ['passes:read', 'marks:lookup', 'marks:movement', 'journeys:read', 'hits:read', 'hits:decide', 'hits:covert', 'lists:read', 'lists:write', 'entries:add', 'webhooks:manage', 'reports:read', 'cameras:read'],
  camera: ['passes:write', 'frames:write', 'cameras:read'],
  operator: ['cameras:read', 'webhooks:manage', 'alarms:read', 'metrics:read'],
  auditor: ['audit:read'],
  trial: PERMISSIONS,
} as const satisfies Record<string, readonly Permission[]>;
export type Role = keyof typeof ROLES;

/** Why somebody looks. Coded, because free text neither prevents nor shows misuse; the case reference stands beside it. */
export const PURPOSES = ['stolen', 'wanted', 'missing', 'traffic', 'tax', 'event', 'maintenance', 'audit', 'trial'] as const;
export type Purpose = (typeof PURPOSES)[number];
