#!/usr/bin/env node
// npm links this file when it installs, before anything has been built.
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const main = new URL('../dist/main.js', import.meta.url);
if (existsSync(fileURLToPath(main))) await import(main.href);
else {
  console.error('samspill has not been built yet: run `npm run build` in the repository first.');
  process.exitCode = 1;
}
