import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { configFolder } from './config-folder.js';
import { KeptSignIns, type SignIn } from './kept-sign-ins.js';

const CHANGES = 20;

function signIn(name: string): SignIn {
  return {
    issuer: `https://${name}.example`,
    services: [`https://${name}.example`],
    accessToken: 'a',
    accessTokenEndsAt: '2026-03-01T12:00:00.000Z',
    refreshToken: 'r',
  };
}

describe('tokens of whoever uses a machine', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'samspill-sign-ins-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('are in a file of theirs alone, and shown to the services that they were got for', async () => {
    const kept = new KeptSignIns(join(folder, 'config', 'samspill'));
    expect(await kept.of('https://a.example')).toBeUndefined();
    await kept.change(() => ({ signIns: [signIn('a')], result: undefined }));
    expect((await stat(kept.file)).mode & 0o777).toBe(0o600);
    expect((await stat(join(folder, 'config', 'samspill'))).mode & 0o777).toBe(0o700);
    expect(await kept.of('https://a.example')).toEqual(signIn('a'));
    expect(await kept.of('https://b.example')).toBeUndefined();
  });

  it('are changed by one at a time, and not by a change that fails', async () => {
    const processes = Array.from({ length: CHANGES }, () => new KeptSignIns(join(folder, 'many')));
    await Promise.all(
      processes.map((kept, place) =>
        kept.change(async (signIns) => {
          await new Promise((resolve) => setImmediate(resolve));
          return { signIns: [...signIns, signIn(`s${place}`)], result: undefined };
        }),
      ),
    );
    const kept = new KeptSignIns(join(folder, 'many'));
    await expect(kept.change(() => Promise.reject(new Error('no')))).rejects.toThrow('no');
    const all = await kept.change((signIns) => ({ signIns, result: signIns }));
    expect(all).toHaveLength(CHANGES);
  });

  it('that cannot be read are named with the file', async () => {
    const kept = new KeptSignIns(folder);
    await writeFile(kept.file, 'nonsense');
    await expect(kept.of('x')).rejects.toThrow(/sign-ins\.json.*samspill login/);
  });

  it('are where programs keep what is theirs', () => {
    expect(configFolder({ XDG_CONFIG_HOME: '/c' }, 'linux')).toBe('/c/samspill');
    expect(configFolder({ XDG_CONFIG_HOME: 'c', HOME: '/h' }, 'linux')).toMatch(/\/\.config\/samspill$/);
    expect(configFolder({ APPDATA: '/a' }, 'win32')).toBe('/a/samspill');
  });
});
