/** `npm run bench -- NAME`: prepares like `npm start`, then runs a benchmark. Without a name: which there are. */
import { join } from 'node:path';
import { explained, prepare, root, runNode } from './prepare.mjs';

await explained(async () => {
  await prepare();
  process.exitCode = await runNode([
    '--disable-warning=ExperimentalWarning',
    join(root, 'apps', 'bench', 'dist', 'main.js'),
    ...process.argv.slice(2),
  ]);
});
