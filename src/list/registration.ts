import type { Mark } from '../plate/mark.ts';

/** One Excise registration record. No owner's name or CNIC is kept: a checkpoint needs the vehicle, not the person. */
export interface Registration {
  readonly id: string;
  readonly mark: Mark;
  readonly key: string;
  readonly vehicleClass: string | null;
  readonly make: string | null;
  readonly model: string | null;
  readonly colour: string | null;
  readonly status: string | null;
  /** ISO date (YYYY-MM-DD) up to which token tax is paid. */
  readonly tokenPaidTo: string | null;
}
