import type { Vendor, VendorFormat } from '../vendor-event.ts';
import { dahua } from './dahua.ts';
import { hikvision } from './hikvision.ts';
import { refusedFor } from './reading-faults.ts';

const notYet: VendorFormat = () => refusedFor('', 'this format is not read yet');

/** Who reads what each vendor sends. Pure: the same message gives the same reading, so that a kept one can be read again. */
export const FORMATS: Readonly<Record<Vendor, VendorFormat>> = { hikvision, dahua, axis: notYet, onvif: notYet, rekor: notYet, 'plate-recognizer': notYet, fiware: notYet };
