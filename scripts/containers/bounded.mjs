/** Commands that may take long on a strange machine: each ends within a bound, with all that it has started. */
import { spawn } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';

/** What a command has to tidy up, once it is told to end. */
const GRACE_MS = 10_000;

/** After the end of a command, for the last of what it said. */
const HEARD_WITHIN_MS = 1_000;

/** Leaders of process groups. */
const running = new Set();
process.on('exit', () => {
  for (const leader of running) signal(leader, 'SIGKILL');
});

/**
 * @param shows whether what it says goes to the terminal
 * @returns {Promise<{ status: number, isLate: boolean, said: string }>} the status is 127 where the command is not there
 */
export async function within(boundMs, command, args, { env = {}, cwd, shows = false } = {}) {
  const stdio = shows ? 'inherit' : ['ignore', 'pipe', 'pipe'];
  const child = spawn(command, args, { cwd, stdio, detached: true, env: { ...process.env, ...env } });
  const said = [];
  child.stdout?.on('data', (chunk) => said.push(chunk));
  child.stderr?.on('data', (chunk) => said.push(chunk));
  const leader = child.pid;
  if (leader !== undefined) running.add(leader);
  let isLate = false;
  const timers = [];
  const end = () => {
    isLate = true;
    signal(leader, 'SIGTERM');
    timers.push(setTimeout(() => signal(leader, 'SIGKILL'), GRACE_MS));
  };
  timers.push(setTimeout(end, Math.max(boundMs, 0)));
  const heard = new Promise((resolve) => child.once('close', resolve));
  const status = await new Promise((resolve) => {
    child.once('error', () => resolve(127));
    child.once('exit', (code) => resolve(code ?? 1));
  });
  for (const timer of timers) clearTimeout(timer);
  // What it has left running would hold its output open.
  signal(leader, 'SIGKILL');
  running.delete(leader);
  await Promise.race([heard, delay(HEARD_WITHIN_MS, undefined, { ref: false })]);
  child.stdout?.destroy();
  child.stderr?.destroy();
  return { status, isLate, said: Buffer.concat(said).toString() };
}

/** To the command and all it has started. */
function signal(leader, name) {
  if (leader === undefined) return;
  try {
    process.kill(-leader, name);
  } catch {
    // All of them have ended.
  }
}
