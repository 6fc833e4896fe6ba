import type { Mark } from '../plate/mark.ts';
import type { SeriesTable } from '../plate/series.ts';
import { shown, type RowCheck } from './row.ts';

/** A code (PB) or a name (Punjab) of a known jurisdiction; null where the column is empty. */
export function statedJurisdiction(check: RowCheck, column: string, series: SeriesTable): string | null {
  const value = check.value(column),
    wanted = value.toUpperCase();
  if (value === '') return null;
  const found = [...series.jurisdictions.values()].find((j) => j.code === wanted || j.name.toUpperCase() === wanted || j.words.includes(wanted));
  if (found !== undefined) return found.code;
  return check.refuse(
    column,
    'JURISDICTION_UNKNOWN',
    `There is no jurisdiction ${shown(value)}; use one of ${[...series.jurisdictions.keys()].join(', ')}, or leave it empty.`,
  );
}

export function refuseContradiction(check: RowCheck, column: string, read: string | null, stated: string | null): void {
  if (read === null || stated === null || read === stated) return;
  check.refuse(column, 'JURISDICTION_CONTRADICTS', `The mark says jurisdiction ${read} and the column says ${stated}; correct one of them.`);
}

/** What a record states is known, also where no published series of that jurisdiction has this form, or one of another class does. */
export function asStated(read: Mark, jurisdiction: string | null, vehicleClass: string | null): Mark {
  const motorcycle = vehicleClass === null ? read.class === 'motorcycle' : isMotorcycle(vehicleClass);
  if (!motorcycle && read.class !== 'motorcycle' && (jurisdiction === null || jurisdiction === read.jurisdiction)) return read;
  return {
    ...read,
    jurisdiction: jurisdiction ?? read.jurisdiction,
    class: motorcycle ? 'motorcycle' : read.class === 'motorcycle' ? null : read.class,
  };
}

function isMotorcycle(vehicleClass: string): boolean {
  return /motor\s*-?(cycle|bike)|^mcy?$|^bike$/i.test(vehicleClass);
}
