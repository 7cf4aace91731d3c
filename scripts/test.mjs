/** `npm test`: all tests; with arguments, those of Jest: `npm test -- libs/kernel`, `npm test -- --selectProjects unit`. */
import { join } from 'node:path';
import { explained, prepare, root, runNode } from './prepare.mjs';

await explained(async () => {
  await prepare();
  process.exitCode = await runNode(
    [
      '--experimental-vm-modules',
      '--disable-warning=ExperimentalWarning',
      join(root, 'node_modules', 'jest', 'bin', 'jest.js'),
      ...process.argv.slice(2),
    ],
    { env: { NODE_ENV: 'test' } },
  );
});
