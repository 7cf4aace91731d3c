import { createHash, randomBytes } from 'node:crypto';
import { identityContext } from '@samspill/context-identity';
import { KEYS_TOPIC, topics } from '@samspill/contracts';
import type { EmbeddedPostgres } from '@samspill/embedded-postgres';
import { MasterKeys, PostgresLog } from '@samspill/eventlog';
import { startHost } from '@samspill/platform';
import { Browser, freePort, waitFor } from '@samspill/testing';
import { quiet } from '../quiet.js';
import { perSecond } from '../table.js';

const USERS = 8;
const PARTITIONS = 3;
const RANDOM_BYTES = 32;
const PASSWORD = 'hestehov blomstrer tidlig om våren';
const IDENTITY = '/api/identity';
const CLIENT = 'samspill-console';
const BACK = '/signed-in';

/**
 * Whole sign-ins a second over HTTP at one process of identity: authorization request, page, password (argon2id), code, token, each in a
 * browser of its own.
 */
export async function measureSignIns(
  opened: AsyncDisposableStack,
  postgres: EmbeddedPostgres,
  count: number,
): Promise<number> {
  const origin = await openIdentity(opened, postgres);
  const emails = Array.from({ length: USERS }, (_, number) => `user${number}@example.com`);
  for (const email of emails) await makeReady(origin, email);
  // The first one of each accepts the terms.
  for (const email of emails) await signIn(origin, email);
  let left = count;
  const next = async (email: string): Promise<void> => {
    while (left > 0) {
      left -= 1;
      await signIn(origin, email);
    }
  };
  return await perSecond(count, async () => {
    await Promise.all(emails.map(next));
  });
}

async function openIdentity(opened: AsyncDisposableStack, postgres: EmbeddedPostgres): Promise<string> {
  for (const name of ['identity', 'log']) await postgres.ensureDatabase(name);
  const log = opened.adopt(await PostgresLog.open({ url: postgres.url('log'), logger: quiet }), (unused) =>
    unused.close(),
  );
  await log.create([topics.identity], PARTITIONS);
  await log.create([KEYS_TOPIC], PARTITIONS, 'compacted');
  const port = await freePort();
  const host = opened.adopt(
    await startHost({
      contexts: [
        {
          definition: identityContext,
          database: { url: postgres.url('identity'), poolSize: 10, waitMs: 10_000 },
        },
      ],
      log,
      http: { host: '127.0.0.1', port },
      provider: { publicOrigin: `http://127.0.0.1:${port}`, mail: { kind: 'mailbox' } },
      masterKeys: new MasterKeys([{ id: 'bench', key: randomBytes(RANDOM_BYTES) }]),
      logger: quiet,
      api: { title: 'bench', description: 'bench', version: '1' },
      partitions: PARTITIONS,
    }),
    (unused) => unused.close(),
  );
  await waitFor(async () => (await fetch(`${host.url}/health/ready`)).ok, {
    describe: 'identity to be ready',
  });
  return host.url;
}

/** Registers somebody, who follows the mail and sets a password. */
async function makeReady(origin: string, email: string): Promise<void> {
  await fetch(`${origin}${IDENTITY}/v1/users`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ firstName: 'Bench', lastName: 'Bench', email, language: 'en' }),
  });
  const browser = new Browser(origin);
  const mail = await waitFor(
    async () => {
      const { text } = await browser.open(`${IDENTITY}/mailbox`);
      const links = [...text.matchAll(/<a href="([^"]+)">[^<]*<\/a><br \/>([^,]*),/g)];
      return links.find(([, , to]) => to === email)?.[1];
    },
    { describe: `a mail to ${email}` },
  );
  const link = /href="(http[^"]+)"/.exec((await browser.open(mail)).text)?.[1] ?? '';
  const choosing = await browser.send(await browser.open(link), {});
  await browser.send(choosing, { password: PASSWORD });
}

async function signIn(origin: string, email: string): Promise<void> {
  const verifier = randomBytes(RANDOM_BYTES).toString('base64url');
  const query = new URLSearchParams({
    client_id: CLIENT,
    response_type: 'code',
    scope: 'openid',
    redirect_uri: origin + BACK,
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
  });
  const browser = new Browser(origin);
  const asked = await browser.open(`${IDENTITY}/oidc/auth?${query.toString()}`);
  let page = await browser.send(asked, { email, password: PASSWORD }, BACK);
  if (page.url.pathname !== BACK) page = await browser.send(page, { terms: 'yes' }, BACK);
  const answer = await fetch(`${origin}${IDENTITY}/oidc/token`, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'authorization_code',
      client_id: CLIENT,
      code: page.url.searchParams.get('code') ?? '',
      redirect_uri: origin + BACK,
      code_verifier: verifier,
    }),
  });
  if (!answer.ok)
    throw new Error(`the sign-in of ${email} ended in ${page.url.href}: ${await answer.text()}`);
  await answer.text();
}
