import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { authorizationFor } from '../../src/camera/digest-login.ts';

const login = { username: 'Mufasa', password: () => 'Circle of Life' };
const asked = { method: 'GET', uri: '/dir/index.html', count: 1, cnonce: 'f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ' };
const RFC = 'realm="http-auth@example.org", qop="auth, auth-int", nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"';
const field = (header: string | null, name: string): string | undefined => new RegExp(`${name}="?([^",]*)`).exec(header ?? '')?.[1];

describe('the login at a camera', () => {
  it('answers as the example of RFC 7616 does, by the stronger of two algorithms', () => {
    const md5 = authorizationFor([`Digest ${RFC}, algorithm=MD5`], login, asked, false), both = authorizationFor([`Digest ${RFC}, algorithm=MD5`, `Digest ${RFC}, algorithm=SHA-256`], login, asked, false);
    expect(field(md5, 'response')).toBe('8ca523f5e9506fed4657c9700eebdbec');
    expect(field(both, 'response')).toBe('753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1');
    expect(both).toMatch(/algorithm=SHA-256.*qop=auth, nc=00000001/);
  });

  it('answers cameras of before RFC 2617, which name no quality of protection', () => {
    const hash = (text: string): string => createHash('md5').update(text).digest('hex');
    const header = authorizationFor(['Digest realm="IP Camera(C1)", nonce="abc", stale="FALSE"'], { username: 'admin', password: () => 'pw' }, { method: 'GET', uri: '/x', count: 1 }, false);
    expect(field(header, 'response')).toBe(hash(`${hash('admin:IP Camera(C1):pw')}:abc:${hash('GET:/x')}`));
    expect(header).not.toMatch(/qop|cnonce/);
  });

  it('never gives the password itself away over a line that anybody can read', () => {
    expect(authorizationFor(['Basic realm="camera"'], login, asked, false)).toBeNull();
    expect(authorizationFor(['Basic realm="camera"'], login, asked, true)).toBe(`Basic ${Buffer.from('Mufasa:Circle of Life').toString('base64')}`);
    expect(authorizationFor([`Basic realm="camera", Digest ${RFC}`], login, asked, true)).toMatch(/^Digest /);
  });

  it('gives up on what it does not know', () => {
    for (const challenge of ['', 'Negotiate', 'Digest realm="x", nonce="y", algorithm=SHA-512-256', 'Digest realm="x", nonce="y", algorithm=constructor', 'Digest realm="no nonce"']) expect(authorizationFor([challenge], login, asked, false)).toBeNull();
  });
});
