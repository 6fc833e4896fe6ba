import type { Vendor, VendorFormat } from '../vendor-event.ts';
import { axis } from './axis.ts';
import { dahua } from './dahua.ts';
import { fiware } from './fiware.ts';
import { hikvision } from './hikvision.ts';
import { onvif } from './onvif.ts';
import { plateRecognizer } from './plate-recognizer.ts';
import { rekor } from './rekor.ts';

/** Who reads what each vendor sends. Pure: the same message gives the same reading, so that a kept one can be read again. */
export const FORMATS: Readonly<Record<Vendor, VendorFormat>> = { hikvision, dahua, axis, onvif, rekor, 'plate-recognizer': plateRecognizer, fiware };
