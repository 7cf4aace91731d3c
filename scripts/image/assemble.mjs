/**
 * `node assemble.mjs APP`: makes the folder that the image of an app consists of, out of what npm installed for it (here) and what was
 * built (`apps-built`, `libs-built`). Runs in the image's own build, on Node's modules alone.
 */
import {
  cpSync,
  existsSync,
  globSync,
  lstatSync,
  lutimesSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';

import { productionPackages } from './production-packages.mjs';

/** For compilers and debuggers, which an image that runs has no use for. */
const NOT_NEEDED = ['**/*.map', '**/*.d.ts', '**/*.d.mts', '**/*.d.cts', '**/*.tsbuildinfo'];

const [app] = process.argv.slice(2);
const epochS = Number(process.env.SOURCE_DATE_EPOCH ?? 0);

const packages = productionPackages('.', `apps/${app}`);
const { packages: locked } = JSON.parse(readFileSync('node_modules/.package-lock.json', 'utf8'));
const isOwn = (folder) => !folder.includes('node_modules');
for (const folder of installedPackages())
  if (!packages.has(folder)) rmSync(folder, { recursive: true, force: true });
for (const folder of [...packages].filter(isOwn)) {
  cpSync(join(folder.replace(/^(apps|libs)/, '$1-built'), 'dist'), join(folder, 'dist'), { recursive: true });
}
writeFileSync('sbom.cdx.json', sbom());
for (const name of [
  'apps-built',
  'libs-built',
  'package-lock.json',
  '.npmrc',
  'node_modules/.package-lock.json',
])
  rmSync(name, { recursive: true });
for (const link of globSync('{node_modules/@samspill,{.,apps/*,libs/**}/node_modules/.bin}/*'))
  if (!existsSync(link)) rmSync(link);
for (const file of globSync(NOT_NEEDED.map((pattern) => `{node_modules,apps,libs}/${pattern}`))) rmSync(file);
for (const test of globSync('{apps,libs}/**/dist/**/*.{spec,int-spec,e2e-spec}.js')) rmSync(test);
symlinkSync(`apps/${app}/dist/main.js`, 'main.js');
for (const path of allPaths('.')) lutimesSync(path, epochS, epochS);

/** What npm put into the image, as CycloneDX 1.6 (`npm sbom` wants every workspace to be there). */
function sbom() {
  const components = Object.entries(locked)
    .filter(([path]) => packages.has(path) && !isOwn(path))
    .map(([path, { version, license, integrity }]) => {
      const name = path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
      const purl = `pkg:npm/${name.replace('@', '%40')}@${version}`;
      return {
        type: 'library',
        'bom-ref': `${purl}#${path}`,
        name,
        version,
        purl,
        ...(license !== undefined && { licenses: [{ license: { name: license } }] }),
        ...(integrity !== undefined && { hashes: [hash(integrity)] }),
      };
    });
  const metadata = {
    timestamp: new Date(epochS * 1000).toISOString(),
    component: { type: 'application', name: `samspill/${app}`, version: process.env.VERSION ?? '0.0.0' },
  };
  return JSON.stringify(
    { bomFormat: 'CycloneDX', specVersion: '1.6', version: 1, metadata, components },
    undefined,
    1,
  );
}

/** Folders of all packages that npm knows of here. */
function installedPackages() {
  return Object.entries(locked)
    .filter(([, { link }]) => link !== true)
    .map(([path]) => path)
    .sort()
    .reverse();
}

/** Of npm's `sha512-<base64>`. */
function hash(integrity) {
  const [algorithm, digest] = integrity.split(' ')[0].split(/-(.*)/s);
  return { alg: algorithm.replace('sha', 'SHA-'), content: Buffer.from(digest, 'base64').toString('hex') };
}

function* allPaths(folder) {
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    if (lstatSync(path).isDirectory()) yield* allPaths(path);
    yield path;
  }
  yield folder;
}
