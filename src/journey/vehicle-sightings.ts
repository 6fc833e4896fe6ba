import type { Mark } from '../plate/mark.ts';
import type { Sighting } from './journey.ts';
import { profileOf, vehiclesOf, type Vehicle } from './vehicles.ts';

/** The sightings of one vehicle, in any order, under the fullest mark that is known of it. */
export interface VehicleSightings { readonly mark: Mark; readonly sightings: readonly Sighting[] }

/**
 * Sightings of one key by vehicle. Those that could be of several of them are left out: nothing may be said of a vehicle from another's
 * passes. `profiles`: all marks that were ever read under the key, where these sightings are not all; they tell twins apart that were not
 * both seen now, and keep the name of a vehicle the same from day to day.
 */
export function byVehicle(sightings: readonly Sighting[], profiles: readonly string[] = []): VehicleSightings[] {
  const vehicles = vehiclesOf([...profiles, ...sightings.map((s) => profileOf(s.mark))]), groups = new Map<Vehicle, Sighting[]>();
  for (const sighting of sightings) {
    const vehicle = vehicles.get(profileOf(sighting.mark));
    if (vehicle === undefined || vehicle.ambiguous) continue;
    const group = groups.get(vehicle);
    if (group === undefined) groups.set(vehicle, [sighting]);
    else group.push(sighting);
  }
  return [...groups].map(([{ mark }, seen]) => ({ mark, sightings: seen }));
}
