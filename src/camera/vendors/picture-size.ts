/** Start-of-frame markers of JPEG (ITU-T T.81 table B.1): all of C0..CF but DHT (C4), JPG (C8) and DAC (CC). */
const isFrameHeader = (marker: number): boolean => marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;

/**
 * Width and height in pixels that a JPEG or PNG states in its header, without decoding it; null when it states none. Boxes that cameras
 * give as shares of the picture need it, and parsers decode no pixels.
 */
export function pictureSize(bytes: Buffer): { readonly width: number; readonly height: number } | null {
  if (bytes.length >= 24 && bytes.readUInt32BE(0) === 0x89504e47) return sized(bytes.readUInt32BE(16), bytes.readUInt32BE(20));
  if (bytes.length < 4 || bytes.readUInt16BE(0) !== 0xffd8) return null;
  let at = 2;
  while (at + 9 <= bytes.length && bytes[at] === 0xff) {
    const marker = bytes[at + 1] as number;
    // 0xff may be repeated as filling before a marker (T.81 B.1.1.2).
    if (marker === 0xff) at++;
    else if (isFrameHeader(marker)) return sized(bytes.readUInt16BE(at + 7), bytes.readUInt16BE(at + 5));
    else at += 2 + Math.max(2, bytes.readUInt16BE(at + 2));
  }
  return null;
}

const sized = (width: number, height: number): { readonly width: number; readonly height: number } | null => (width > 0 && height > 0 ? { width, height } : null);
