/**
 * `npm run chaos -- [--kills N] [--seed N]`: services, Kafka and Postgres are killed at random while operators ask for anything, and
 * everything is held against what was acknowledged. The same test runs with few kills in `npm test`.
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { explained, prepare, root, runNode } from './prepare.mjs';

const DEFAULT_KILLS = 50;

await explained(async () => {
  const { values } = parseArgs({ options: { kills: { type: 'string' }, seed: { type: 'string' } } });
  const kills = Number(values.kills ?? DEFAULT_KILLS);
  const seed = Number(values.seed ?? Math.floor(Math.random() * 2 ** 31));
  await prepare();
  console.log(`${kills} kills, seed ${seed} …`);
  process.exitCode = await runNode(
    [
      '--experimental-vm-modules',
      '--disable-warning=ExperimentalWarning',
      join(root, 'node_modules', 'jest', 'bin', 'jest.js'),
      'libs/eventlog/src/conformance/chaos.int-spec.ts',
      '--selectProjects',
      'integration',
    ],
    { env: { NODE_ENV: 'test', CHAOS_KILLS: String(kills), CHAOS_SEED: String(seed) } },
  );
});
