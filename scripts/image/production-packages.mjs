/**
 * The packages that an app needs to run, out of all that npm installed. npm leaves out what only the root needs for development, but
 * takes what any workspace on the way needs for it: the test servers, compilers.
 */
import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

/** @returns {Set<string>} folders of packages, from `root`, the app's own among them; links followed */
export function productionPackages(root, app) {
  const found = new Set();
  const open = [app];
  for (let folder = open.pop(); folder !== undefined; folder = open.pop()) {
    if (found.has(folder)) continue;
    found.add(folder);
    for (const name of needed(join(root, folder))) {
      const place = resolvePackage(root, folder, name);
      if (place !== undefined) open.push(place);
    }
  }
  return found;
}

/** Optional ones that are not there were left out by npm for this platform; optional peers count where somebody names them. */
function needed(folder) {
  const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const {
    dependencies = {},
    optionalDependencies = {},
    peerDependencies = {},
    peerDependenciesMeta = {},
  } = manifest;
  const peers = Object.keys(peerDependencies).filter((name) => peerDependenciesMeta[name]?.optional !== true);
  return [...Object.keys(dependencies), ...Object.keys(optionalDependencies), ...peers];
}

/** Where Node would find `name` from `folder`. */
function resolvePackage(root, folder, name) {
  for (let at = folder; ; at = dirname(at)) {
    const place = join(root, at, 'node_modules', name);
    if (existsSync(place)) return relative(realpathSync(root), realpathSync(place));
    if (at === '.') return undefined;
  }
}
