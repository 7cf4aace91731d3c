/**
 * `node assemble.mjs APP FOLDER`: puts into that folder what the image of an app consists of, out of what is installed and built here:
 * the app with the packages of ours that it needs, and of others' packages the very files that the tests ran with. Runs in the image's
 * own build, on Node's modules alone.
 */
import {
  cpSync,
  existsSync,
  globSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';

import { productionPackages } from './production-packages.mjs';

/** For compilers and debuggers, which an image that runs has no use for. */
const NOT_NEEDED = ['**/*.map', '**/*.d.ts', '**/*.d.mts', '**/*.d.cts', '**/*.tsbuildinfo'];

const [app, target] = process.argv.slice(2);
const epochS = Number(process.env.SOURCE_DATE_EPOCH ?? 0);

const packages = productionPackages('.', `apps/${app}`);
const { packages: locked } = JSON.parse(readFileSync('node_modules/.package-lock.json', 'utf8'));
const isOwn = (folder) => !folder.includes('node_modules');
for (const folder of packages) {
  const parts = isOwn(folder) ? ['package.json', 'bin', 'dist'] : readdirSync(folder);
  for (const part of parts) {
    const from = join(folder, part);
    // Packages inside a package are on the list by themselves, if they are needed.
    if (part === 'node_modules' || !existsSync(from)) continue;
    cpSync(from, join(target, from), { recursive: true, verbatimSymlinks: true });
  }
}
// Commands lead through the links to our own packages.
const links = ['node_modules/@samspill/*', '{.,apps/*,libs/**}/node_modules/.bin/*'];
for (const link of links.flatMap((pattern) => globSync(pattern))) {
  if (!existsSync(resolve(target, dirname(link), readlinkSync(link)))) continue;
  mkdirSync(join(target, dirname(link)), { recursive: true });
  symlinkSync(readlinkSync(link), join(target, link));
}
writeFileSync(join(target, 'sbom.cdx.json'), sbom());
const unneeded = [
  ...NOT_NEEDED.map((pattern) => `{node_modules,apps,libs}/${pattern}`),
  '{apps,libs}/**/dist/**/*.{spec,int-spec,e2e-spec}.js',
];
for (const file of globSync(unneeded, { cwd: target })) rmSync(join(target, file));
symlinkSync(`apps/${app}/dist/main.js`, join(target, 'main.js'));
for (const path of allPaths(target)) lutimesSync(path, epochS, epochS);

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
