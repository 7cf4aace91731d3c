/**
 * What `npm start`, `npm test` and `npm run bench` need first: the packages, Node 24 from one of them, and the build. Runs on the
 * system's Node (20 or newer) with nothing installed yet, so it uses Node's own modules only.
 */
import { spawn } from 'node:child_process';
import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { join } from 'node:path';

export const root = join(import.meta.dirname, '..');
const MINIMUM_NODE = 20;

/** Path of the project's own Node, which every process of ours runs on. */
export const node = join(
  root,
  'node_modules',
  'node',
  'bin',
  process.platform === 'win32' ? 'node.exe' : 'node',
);

/** A failure that is explained by its message alone. */
class Explained extends Error {}

/** Installs what is missing and builds what has changed. @throws Explained */
export async function prepare({ quiet = false } = {}) {
  const say = quiet ? () => undefined : (line) => console.log(line);
  const [major] = process.versions.node.split('.').map(Number);
  if (major < MINIMUM_NODE) {
    throw new Explained(
      `Samspill needs Node ${MINIMUM_NODE} or newer to start; this is Node ${process.versions.node}.`,
    );
  }
  requireWritable(root);
  if (!installed()) {
    say('Installing what is missing (the first time this takes a minute or two) …');
    const command = existsSync(join(root, 'node_modules')) ? 'install' : 'ci';
    await run(npm().command, [...npm().args, command, '--no-audit', '--no-fund', '--loglevel=error'], {
      failure:
        'The packages could not be installed; what npm said is above. Is the package registry within reach?',
    });
  }
  say('Building …');
  await run(
    node,
    [
      join(root, 'node_modules', 'nx', 'dist', 'bin', 'nx.js'),
      'run-many',
      '-t',
      'build',
      '--outputStyle=static',
    ],
    {
      silent: true,
      failure: 'The build failed; what it said is above.',
    },
  );
}

/** Runs `main` and turns an explained failure into one sentence and a non-zero exit. */
export async function explained(main) {
  try {
    await main();
  } catch (error) {
    console.error(error instanceof Explained ? `\n${error.message}` : error);
    process.exitCode = 1;
  }
}

/** Starts the project's own Node on a script, passes signals on, and resolves with its exit code. */
export async function runNode(args, { env = {} } = {}) {
  return await new Promise((resolve, reject) => {
    const child = spawn(node, args, { cwd: root, stdio: 'inherit', env: { ...process.env, ...env } });
    // A terminal signals the whole group; a supervisor signals this process only.
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
    child.on('error', reject);
    child.on('exit', (code, signal) =>
      resolve(code ?? (signal === 'SIGINT' || signal === 'SIGTERM' ? 0 : 1)),
    );
  });
}

function requireWritable(folder) {
  try {
    accessSync(folder, constants.W_OK);
  } catch {
    throw new Explained(
      `The folder ${folder} cannot be written to; Samspill installs its packages and builds there.`,
    );
  }
}

/** npm leaves a copy of the lock file when it has finished; older than the lock file means that something has changed. */
function installed() {
  const done = join(root, 'node_modules', '.package-lock.json');
  if (!existsSync(done) || !existsSync(node)) return false;
  return statSync(done).mtimeMs >= statSync(join(root, 'package-lock.json')).mtimeMs;
}

function npm() {
  const path = process.env['npm_execpath'];
  if (path?.endsWith('.js')) return { command: process.execPath, args: [path] };
  return { command: process.platform === 'win32' ? 'npm.cmd' : 'npm', args: [] };
}

async function run(command, args, { silent = false, failure }) {
  const env = {
    ...process.env,
    NX_DAEMON: 'false',
    NX_TUI: 'false',
    PATH: `${join(root, 'node_modules', '.bin')}${process.platform === 'win32' ? ';' : ':'}${process.env.PATH}`,
  };
  const output = [];
  const code = await new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: root,
      stdio: silent ? ['ignore', 'pipe', 'pipe'] : 'inherit',
      env,
    });
    child.stdout?.on('data', (chunk) => output.push(chunk));
    child.stderr?.on('data', (chunk) => output.push(chunk));
    child.on('error', reject);
    child.on('exit', (exit) => resolve(exit ?? 1));
  });
  if (code === 0) return;
  process.stderr.write(Buffer.concat(output));
  throw new Explained(failure);
}
