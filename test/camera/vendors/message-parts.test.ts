import { describe, expect, it } from 'vitest';
import { base64Picture, pictureIn, picturesAmong, type Part } from '../../../src/camera/vendors/message-parts.ts';
import { pictureSize } from '../../../src/camera/vendors/picture-size.ts';
import { payloadPicture } from '../../support/vendor-payloads.ts';

const scene = payloadPicture('scene.jpg'), plate = payloadPicture('plate.jpg');
const png = Buffer.from('89504e470d0a1a0a0000000d49484452000002800000016808020000', 'hex');
const part = (name: string, bytes: Buffer): Part => ({ name, fileName: null, mediaType: 'application/octet-stream', bytes });

describe('the pictures of a message', () => {
  it('are known by their bytes, not by what they are called', () => {
    expect(picturesAmong([part('note', Buffer.from('text')), part('licensePlatePicture.jpg', plate), part('a', plate), part('b', scene), part('c', Buffer.alloc(0))])).toEqual({
      picture: { bytes: scene, mediaType: 'image/jpeg' }, platePicture: { bytes: plate, mediaType: 'image/jpeg' },
    });
    expect(pictureIn(png)?.mediaType).toBe('image/png');
    expect(pictureIn(Buffer.from('GIF89a'))).toBeNull();
  });

  it('may come in base64, with an address before them and broken into lines', () => {
    const text = plate.toString('base64');
    expect([text, `data:image/jpeg;base64,${text}`, text.replaceAll(/.{76}/g, '$&\r\n')].map((one) => base64Picture(one)?.bytes.equals(plate))).toEqual([true, true, true]);
    expect([null, undefined, '', 'not base64 at all', Buffer.from('<html>').toString('base64')].map(base64Picture)).toEqual([null, null, null, null, null]);
  });

  it('state their size in their first bytes', () => {
    expect(pictureSize(scene)).toEqual({ width: 640, height: 360 });
    expect(pictureSize(plate)).toEqual({ width: 138, height: 74 });
    expect(pictureSize(png)).toEqual({ width: 640, height: 360 });
  });

  it('state none where they are cut off or none', () => {
    for (let length = 0; length < 200; length++) {
      const size = pictureSize(scene.subarray(0, length));
      expect(size === null || size.width === 640).toBe(true);
    }
    expect(pictureSize(Buffer.from('ffd8ffffffffffffffffffffffffff', 'hex'))).toBeNull();
    expect(pictureSize(Buffer.from('ffd8ffe00000ffe00000ffe00000', 'hex'))).toBeNull();
  });
});
