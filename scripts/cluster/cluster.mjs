/** What a test does with a cluster: kubectl and helm, each step with its time. */
import { spawn } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';

const POLL_MS = 1_000;

/** @returns {Promise<string>} what the command wrote; with `fails` it has to fail, and what it said is returned */
export async function run(command, args, { input, fails = false, shows = false } = {}) {
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'] });
  const [out, all] = [[], []];
  child.stdout.on('data', (chunk) => {
    out.push(chunk);
    all.push(chunk);
    if (shows) process.stdout.write(chunk);
  });
  child.stderr.on('data', (chunk) => all.push(chunk));
  child.stdin.end(input);
  const code = await new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  const said = Buffer.concat(all).toString();
  if ((code !== 0) !== fails)
    throw new Error(
      `${command} ${args.join(' ')} ${fails ? 'should have failed' : `ended with ${code}`}:\n${said}`,
    );
  return fails ? said : Buffer.concat(out).toString();
}

export async function until(what, timeoutMs, look) {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const found = await look();
    if (found) return found;
    if (Date.now() > deadline) throw new Error(`${what} did not come about within ${timeoutMs} ms`);
    await delay(POLL_MS);
  }
}

/** Steps with their times, for the summary. */
export class Steps {
  #done = [];

  async step(title, work) {
    const startedMs = Date.now();
    console.log(`── ${title}`);
    const note = await work();
    const seconds = Math.round((Date.now() - startedMs) / 1000);
    console.log(`   ${seconds} s${note ? `: ${note}` : ''}`);
    this.#done.push({ title, seconds, note: note ?? '' });
  }

  summary() {
    const rows = this.#done.map(({ title, seconds, note }) => `| ${title} | ${seconds} s | ${note} |`);
    return ['| step | took | |', '| --- | --- | --- |', ...rows].join('\n');
  }
}
