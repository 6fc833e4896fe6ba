import readExif from 'exif-reader';
import sharp from 'sharp';

/**
 * Epoch milliseconds of the picture's EXIF DateTimeOriginal, with its own offset or else `utcOffsetMinutes`; null when there is none
 * or it cannot be read. EXIF times are local; `exif-reader` gives them as if they were UTC.
 */
export async function exifCaptureTime(bytes: Uint8Array, utcOffsetMinutes: number): Promise<number | null> {
  try {
    const { exif } = await sharp(bytes).metadata();
    const photo = exif && readExif(exif).Photo;
    const local = photo?.DateTimeOriginal?.getTime();
    if (local === undefined || Number.isNaN(local)) return null;
    return local - offsetMinutesOf(photo?.OffsetTimeOriginal, utcOffsetMinutes) * 60_000;
  } catch {
    return null; // A picture that cannot be read is reported where it is decoded.
  }
}

function offsetMinutesOf(offset: string | undefined, otherwise: number): number {
  const match = /^([+-])(\d{2}):(\d{2})/.exec(offset ?? '');
  return match ? (match[1] === '-' ? -1 : 1) * (Number(match[2]) * 60 + Number(match[3])) : otherwise;
}
