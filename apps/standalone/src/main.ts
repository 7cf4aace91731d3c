import { join } from 'node:path';
import { EmbeddedPostgresError, reachableDataDir } from '@samspill/embedded-postgres';
import { PlatformError } from '@samspill/kernel';
import { demoRecords } from '@samspill/testing/demo';
import { DataFolder } from './data-folder.js';
import { linkToCrm, refillCrm } from './demo/crm-demo.js';
import { doMainJob, searchWord } from './demo/main-job.js';
import { startEmbeddedHost, type EmbeddedHost } from './embedded-host.js';
import { HELP, readOptions } from './options.js';
import { pollUntil } from './poll.js';
import { duration, say } from './say.js';
import { saySignIn, sayWhereToLook } from './where-to-look.js';

const ROOT = join(import.meta.dirname, '..', '..', '..');

async function main(): Promise<void> {
  const options = readOptions(process.argv.slice(2));
  if (options.help) {
    say(HELP);
    return;
  }
  const startedMs = performance.now();
  const folder = await DataFolder.open(
    options.dataDir ?? (await defaultDataDir(options.signIn)),
    options.fresh,
  );
  say('Starting Samspill …');
  const host = await startEmbeddedHost(folder, options);
  stopOnSignal(host);
  await pollUntil('the services to be ready', async () => {
    const response = await fetch(`${host.url}/health/ready`).catch(() => undefined);
    return response?.ok === true ? true : undefined;
  });
  say(
    `  ✓ identity-registration, contacts-sync and crm-link run in this process on ${host.postgres}, data in ${folder.path}  (${duration(performance.now() - startedMs)})`,
  );
  if (options.demo && !folder.demo) {
    say();
    say('The main job, on a demo company, through the public API:');
    const demo = await doMainJob(host.url);
    await linkToCrm(host.url, demo.company, { token: host.crmToken });
    await folder.rememberDemo(demo);
  } else if (folder.demo) {
    say('  ✓ Your data of last time is here.');
    if (!options.signIn) await refillCrm(host.url, folder.demo.company);
  }
  say();
  if (options.signIn) {
    saySignIn(host.url, folder);
    return;
  }
  sayWhereToLook(
    host.url,
    searchWord([...demoRecords({ seed: 7, customers: 1, suppliers: 0, contactPersonsPerParent: 1 })]),
    folder.demo,
    folder.logFile,
  );
}

/** Beside the sources; under a home that only root may enter, where Postgres's own user can reach it. */
async function defaultDataDir(signIn: boolean): Promise<string> {
  const name = signIn ? 'signed-in' : 'data';
  return await reachableDataDir(join(ROOT, '.samspill', name), `/var/lib/samspill/${name}`);
}

/** One signal stops in order; a second one at once. */
function stopOnSignal(host: EmbeddedHost): void {
  let stopping = false;
  const stop = (): void => {
    if (stopping) process.exit(1);
    stopping = true;
    say();
    say('Stopping …');
    void host.close().then(() => {
      say('Stopped. Your data is kept.');
      process.exit(0);
    });
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  void host.failed.then((reason) => {
    console.error(`\n${reason}`);
    process.exit(1);
  });
}

/** What we know of is a sentence; anything else is a fault of ours and shows its stack. */
main().catch((error: unknown) => {
  const known = error instanceof PlatformError || error instanceof EmbeddedPostgresError;
  console.error(known ? `\n${error.message}` : error);
  process.exit(1);
});
