import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addressWithLogin, filters, inputArguments, inputScript } from '../../src/camera/ffmpeg-command.ts';
import { faultIn, lineSplitter, readFfmpegLine, secretCover } from '../../src/camera/ffmpeg-lines.ts';
import { FRAME_SETTINGS, type RtspSource } from '../../src/camera/stream-sources.ts';

const camera = (username: string, password: string, url = 'rtsp://10.4.1.21:554/Streaming/Channels/101?x=1'): RtspSource => ({ kind: 'rtsp', camera: 'baleli-in-1', url, login: { username, password: () => password }, ...FRAME_SETTINGS });

describe('a line of ffmpeg', () => {
  it('tells time and size of a frame', () => {
    expect(readFfmpegLine('[Parsed_showinfo_3 @ 0x565408e7c700] [info] n:  12 pts: 183600 pts_time:2.04    pos:       -1 fmt:rgb24 sar:1/1 s:640x360 i:P iskey:0 type:P ')).toEqual({ kind: 'frame', header: { seconds: 2.04, width: 640, height: 360 } });
    expect(readFfmpegLine('[Parsed_showinfo_3 @ 0x5] [info] n:   0 pts: NOPTS pts_time:NOPTS   pos:       -1 fmt:rgb24 sar:1/1 s:64x36 i:P iskey:0 type:P ')).toMatchObject({ header: { seconds: null } });
  });

  it('tells an error, whichever part of ffmpeg has it', () => {
    expect(readFfmpegLine('[h264 @ 0x55] [error] error while decoding MB 12 7, bytestream -5')).toEqual({ kind: 'error', text: 'error while decoding MB 12 7, bytestream -5' });
    expect(readFfmpegLine('[error] pipe:0: Connection refused')).toEqual({ kind: 'error', text: 'pipe:0: Connection refused' });
    expect(readFfmpegLine('[fatal] Error opening output')).toMatchObject({ kind: 'error' });
  });

  it('is nothing else: words that a camera chose are no frame, and a size that no camera has is none', () => {
    for (const line of ['', '[info]     title : [Parsed_showinfo_3 @ 0x5] [info] n: 0 pts: 0 pts_time:0 s:9x9 ', '[Parsed_showinfo_3 @ 0x5] [info] n:   0 pts:      0 pts_time:0       pos:       -1 fmt:rgb24 sar:1/1 s:99999x99999 i:P ',
      '[Parsed_showinfo_3 @ 0x5] [info] config in time_base: 1/90000, frame_rate: 25/1']) expect(readFfmpegLine(line)).toEqual({ kind: 'other' });
  });

  it('is found in whatever pieces it comes, and cut when it has no end', () => {
    fc.assert(fc.property(fc.array(fc.string({ maxLength: 30 }).map((s) => s.replaceAll('\n', ' ')), { maxLength: 20 }), fc.integer({ min: 1, max: 9 }), (lines, size) => {
      const got: string[] = [], text = lines.map((l) => `${l}\n`).join(''), split = lineSplitter((line) => got.push(line));
      for (let at = 0; at < text.length; at += size) split(text.slice(at, at + size));
      expect(got).toEqual(lines);
    }));
    const got: string[] = [], split = lineSplitter((line) => got.push(line), 10);
    for (let n = 0; n < 50; n++) split('abcdefgh');
    split('\nnext\n');
    expect(got.map((l) => l.length)).toEqual([10, 4]);
  });
});

describe('a login', () => {
  it('stands in no argument, only in the script on stdin', () => {
    const source = camera('admin', 'Quetta#2026');
    expect(inputArguments(source, false).join(' ')).not.toMatch(/admin|Quetta|10\.4/);
    expect(inputScript(source)).toContain('file \'rtsp://admin:Quetta%232026@10.4.1.21:554/Streaming/Channels/101?x=1\'');
  });

  it('reaches the camera whatever signs are in it, and ends no quoted word', () => {
    fc.assert(fc.property(fc.string({ minLength: 1, unit: 'grapheme-ascii' }), fc.string({ minLength: 1, unit: 'grapheme-ascii' }), (username, password) => {
      const line = inputScript(camera(username, password)).split('\n')[1] as string;
      const address = /^file '([^']*)'$/.exec(line)?.[1] as string, url = new URL(address);
      expect([decodeURIComponent(url.username), decodeURIComponent(url.password), url.host]).toEqual([username, password, '10.4.1.21:554']);
    }));
  });

  it('is taken out of everything that ffmpeg says, in every spelling', () => {
    const signs = fc.string({ minLength: 4, maxLength: 20, unit: fc.constantFrom(...'abcXYZ019@:/%#?!\'()*&= ') });
    fc.assert(fc.property(signs.map((s) => `S3cret${s}`), (password) => {
      const source = camera('admin', password), cover = secretCover(source);
      for (const spelt of [addressWithLogin(source), password, encodeURIComponent(password), `rtsp://admin:${password.replaceAll(/[/\s]/g, '')}@10.4.1.21/x`]) {
        expect(cover(`[concat] Impossible to open '${spelt}': 401`)).not.toContain('S3cret');
      }
    }));
  });

  it('that is taken out leaves what a person needs', () => {
    const source = camera('admin', 'pass');
    expect(secretCover(source)(`Impossible to open '${addressWithLogin(source)}'`)).toBe('Impossible to open \'rtsp rtsp://10.4.1.21:554/Streaming/Channels/101\'');
  });
});

describe('what is asked of ffmpeg', () => {
  it('is one thread, TCP and a limit of time, and no file or other host that a playlist might name', () => {
    expect(inputArguments(camera('a', 'b'), false).join(' ')).toContain('-threads 1 -protocol_whitelist pipe,rtsp,rtp,udp,tcp -f');
    expect(inputScript(camera('a', 'b'))).toMatch(/option rtsp_transport tcp\n[\s\S]*option timeout 10000000\n/);
    const film = inputArguments({ kind: 'video', camera: 'a', path: '/srv/-i http:x.mp4', startsAt: null, pace: 'real', ...FRAME_SETTINGS }, false);
    expect(film).toEqual(expect.arrayContaining(['-protocol_whitelist', 'file', '-re', 'file:/srv/-i http:x.mp4']));
  });

  it('is decoding by the graphics card only where there is one, and of key frames alone when told so', () => {
    expect(inputArguments(camera('a', 'b'), true)).toEqual(expect.arrayContaining(['-hwaccel', 'auto']));
    expect(inputArguments(camera('a', 'b'), false)).not.toContain('-hwaccel');
    expect(inputArguments({ ...camera('a', 'b'), keyFramesOnly: true }, false)).toEqual(expect.arrayContaining(['-skip_frame', 'nokey']));
  });

  it('is the frame rate of the settings, a sign of life every 2 s, and a smaller picture when wanted', () => {
    expect(filters({ ...FRAME_SETTINGS, fps: 5 })).toBe(String.raw`select='isnan(prev_selected_t)+gte(abs(t-prev_selected_t)\,0.1900)',mpdecimate=max=9,scale=out_color_matrix=bt601:out_range=tv,format=yuv420p,showinfo=checksum=0`);
    expect(filters({ ...FRAME_SETTINGS, fps: 0.2 })).toContain('mpdecimate=max=1');
    expect(filters({ ...FRAME_SETTINGS, scale: 0.5 })).toContain('scale=trunc(iw*0.5/2)*2:trunc(ih*0.5/2)*2:flags=area:out_color_matrix=bt601:out_range=tv,format');
    expect(filters({ ...FRAME_SETTINGS, keyFramesOnly: true })).not.toContain('mpdecimate');
  });
});

describe('a fault', () => {
  it.each([
    ['method DESCRIBE failed: 401 Unauthorized', 'the camera refuses the login'], ['Connection to tcp://10.4.1.21:554?timeout=0 failed: Connection refused', 'the camera refuses the connection'],
    ['method DESCRIBE failed: 404 Stream Not Found', 'the camera has no such stream'], ['pipe:0: Connection timed out', 'the camera does not answer'], ['moov atom not found', 'what comes is not a video that can be read'],
  ])('"%s" is told as: %s', (line, fault) => expect(faultIn(['Input #0', line])).toBe(fault));

  it('is not found in the address of the stream', () => expect(faultIn(['Impossible to open \'rtsp rtsp://10.4.1.21/Streaming/Channels/401\'', 'pipe:0: Connection refused'])).toBe('the camera refuses the connection'));

  it('that nobody knows is not made up', () => expect(faultIn(['something odd'])).toBeNull());
});
