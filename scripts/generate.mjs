/**
 * `npm run generate`: writes what follows from the code and is checked in; `-- --check` only says what is not current, and fails then.
 * Needs the build.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';

import { asyncApiFile } from './generate/asyncapi.mjs';
import { catalogueFile } from './generate/catalogue.mjs';
import { chartReadmeFile } from './generate/chart-readme.mjs';
import { configurationFile } from './generate/configuration.mjs';
import { deployFiles } from './generate/deploy.mjs';
import { kafkaAclsFile } from './generate/kafka-acls.mjs';
import { openApiFiles } from './generate/openapi.mjs';

const root = join(import.meta.dirname, '..');
const { values } = parseArgs({ options: { check: { type: 'boolean', default: false } } });

const files = [
  await configurationFile(),
  await catalogueFile(),
  await asyncApiFile(),
  await kafkaAclsFile(),
  ...openApiFiles(),
  chartReadmeFile(root),
  ...(await deployFiles(root)),
];
const stale = files.filter(({ path, content }) => current(path) !== content);
if (values.check) {
  for (const { path } of stale) console.error(`${path} is not current: npm run generate`);
  process.exitCode = stale.length === 0 ? 0 : 1;
} else {
  for (const { path, content } of stale) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content);
  }
  console.log(
    stale.length === 0 ? 'Everything is current.' : `Written: ${stale.map(({ path }) => path).join(', ')}`,
  );
}

function current(path) {
  const file = join(root, path);
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
}
