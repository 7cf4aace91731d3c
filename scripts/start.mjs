/** `npm start`: all services in one process on embedded defaults, with a demo company. Options: `npm start -- --help`. */
import { join } from 'node:path';
import { explained, prepare, root, runNode } from './prepare.mjs';

await explained(async () => {
  await prepare();
  process.exitCode = await runNode([
    '--disable-warning=ExperimentalWarning',
    join(root, 'apps', 'standalone', 'dist', 'main.js'),
    ...process.argv.slice(2),
  ]);
});
