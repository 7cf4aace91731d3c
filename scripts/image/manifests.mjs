/**
 * `node manifests.mjs FOLDER`: copies what npm needs to install any of the apps, and nothing else, so that a change of sources does
 * not install anew. Runs in the image's build stage.
 */
import { cpSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const [folder] = process.argv.slice(2);
const { workspaces } = JSON.parse(readFileSync('package.json', 'utf8'));
const files = [
  'package.json',
  'package-lock.json',
  '.npmrc',
  ...workspaces.flatMap((pattern) => globSync(`${pattern}/package.json`)),
  // Files that a package offers as commands have to be there when npm links them.
  ...workspaces.flatMap((pattern) => globSync(`${pattern}/bin/*`)),
];
for (const file of files) cpSync(file, join(folder, file));
