/** Apps that have an image: the services, whose main.ts runs a context, and the operator's command line. */
import { globSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

const root = join(import.meta.dirname, '..', '..');

export const services = globSync('apps/*/src/main.ts', { cwd: root })
  .filter((main) => readFileSync(join(root, main), 'utf8').includes('await runService('))
  .map((main) => basename(dirname(dirname(main))))
  .sort();

export const images = [...services, 'operator'];
