import { spawnSync } from 'node:child_process';

/** Where this machine's npm is told to ask, if that is not the public registry. */
export function npmRegistry(cwd) {
  const { stdout } = spawnSync('npm', ['config', 'get', 'registry'], { cwd });
  const address = stdout?.toString().trim();
  return address && address !== 'https://registry.npmjs.org/' ? address : undefined;
}
