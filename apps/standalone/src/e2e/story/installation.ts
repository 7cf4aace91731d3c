import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { KEYS_TOPIC, topics } from '@samspill/contracts';
import { fromRecord, KafkaLog, PostgresLog, silentLogger, type Log } from '@samspill/eventlog';
import { Browser, freePort, OtlpReceiver, SmtpReceiver, waitFor } from '@samspill/testing';
import { HttpApi, type Answer } from '../http-api.js';
import { startStandalone, temporaryFolder, urlOf } from '../standalone-process.js';
import { startTwoServices } from '../two-services.js';

const MAILBOX = '/api/identity/mailbox';
const BREAK_GLASS = 'a-credential-for-the-first-operator-of-this-test';

/** An empty system in which everybody has to sign in, and all that it says. */
export interface Installation extends AsyncDisposable {
  /** Under which people reach it. */
  readonly origin: string;
  readonly api: HttpApi;
  /** Every refusal that was answered so far. */
  readonly refusals: readonly string[];
  /** The credential that makes the first operator. */
  readonly breakGlass: string;
  /** How `samspill` finds its services. */
  readonly addresses: Readonly<Record<string, string>>;
  /** The link in the newest mail to an address whose subject holds these words. */
  linkTo(email: string, subject: string): Promise<string>;
  /** All records of the log, as text. */
  publishedRecords(): Promise<string>;
  /** Stops it, and gives all log lines and traces of its life. */
  told(): Promise<string>;
}

/** identity-registration and contacts-sync, a process each, on Kafka; mail goes out by SMTP. */
export async function openProcesses(brokers: readonly string[]): Promise<Installation> {
  await using opened = new AsyncDisposableStack();
  const collector = opened.use(await OtlpReceiver.start());
  const mails = opened.use(await SmtpReceiver.start());
  // The issuer of tokens is configuration, so the port has to be known before it is listened on.
  const port = await freePort();
  const origin = `http://127.0.0.1:${port}`;
  const services = opened.use(
    await startTwoServices(
      brokers,
      undefined,
      {
        SAMSPILL_SIGN_IN_ISSUER: `${origin}/api/identity/oidc`,
        SAMSPILL_BREAK_GLASS: BREAK_GLASS,
        SAMSPILL_TELEMETRY_OTLP_URL: collector.url,
        SAMSPILL_LOG_LEVEL: 'debug',
      },
      {
        SAMSPILL_HTTP_PORT: String(port),
        SAMSPILL_PUBLIC_ORIGIN: origin,
        SAMSPILL_SMTP_URL: mails.url,
        SAMSPILL_MAIL_FROM: 'Samspill <no-reply@example.com>',
      },
    ),
  );
  const { identity, contacts } = services;
  const refusals: string[] = [];
  const held = opened.move();
  return {
    origin,
    api: new HttpApi(
      (context) => (context === 'identity' ? identity.url : contacts.url),
      undefined,
      keepRefusals(refusals),
    ),
    refusals,
    breakGlass: BREAK_GLASS,
    addresses: { SAMSPILL_OPERATOR_URLS: `identity=${identity.url},contacts=${contacts.url}` },
    linkTo: async (email, subject) =>
      /(http\S+link=\S+)/.exec((await mails.mailTo(email, subject)).text)?.[1] ?? '',
    publishedRecords: async () => {
      await using log = closing(new KafkaLog({ brokers, clientId: 'test', logger: silentLogger }));
      return await recordsOf(log.log, [topics.identity, topics.contacts, KEYS_TOPIC]);
    },
    told: async () => {
      await Promise.all([identity.process.stop(), contacts.process.stop()]);
      return [identity.process.output(), contacts.process.output(), collector.everything].join('\n');
    },
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}

/** `npm start -- --sign-in`; mails stay on a page of the machine. */
export async function openStandalone(): Promise<Installation> {
  await using opened = new AsyncDisposableStack();
  const { path } = opened.use(await temporaryFolder());
  const folder = join(path, 'data');
  const service = opened.adopt(await startStandalone(folder, '--sign-in'), async (unused) => {
    await unused.kill('SIGTERM');
  });
  const origin = urlOf(service);
  const refusals: string[] = [];
  const held = opened.move();
  return {
    origin,
    api: new HttpApi(() => origin, undefined, keepRefusals(refusals)),
    refusals,
    breakGlass: (await readFile(join(folder, 'break-glass'), 'utf8')).trim(),
    addresses: {
      SAMSPILL_OPERATOR_URLS: ['identity', 'contacts', 'crm'].map((name) => `${name}=${origin}`).join(),
    },
    linkTo: (email, subject) => linkInMailbox(origin, email, subject),
    publishedRecords: async () => {
      const url = await logDatabase(folder);
      await using log = closing(await PostgresLog.open({ url, logger: silentLogger }));
      return await recordsOf(log.log, [...Object.values(topics), KEYS_TOPIC]);
    },
    told: async () => {
      await service.stop();
      return `${service.output()}\n${await readFile(join(folder, 'logs', 'samspill.log'), 'utf8')}`;
    },
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}

function keepRefusals(refusals: string[]): (answer: Answer) => void {
  return ({ status, text }) => {
    if (status >= 400) refusals.push(text);
  };
}

async function linkInMailbox(origin: string, email: string, subject: string): Promise<string> {
  const browser = new Browser(origin);
  const mail = await waitFor(
    async () => {
      const { text } = await browser.open(MAILBOX);
      const lines = [...text.matchAll(/<a href="([^"]+)">([^<]*)<\/a><br \/>([^,]*),/g)];
      return lines.find(([, , said = '', to]) => to === email && said.includes(subject))?.[1];
    },
    { describe: `the mail «${subject}» to ${email}` },
  );
  return /href="(http[^"]+)"/.exec((await browser.open(mail)).text)?.[1] ?? '';
}

/** Postgres says in its folder which port it has: the fourth line of postmaster.pid. */
async function logDatabase(folder: string): Promise<string> {
  const lines = (await readFile(join(folder, 'postgres', 'postmaster.pid'), 'utf8')).split('\n');
  return `postgresql://samspill:samspill@127.0.0.1:${lines[3] ?? ''}/log`;
}

function closing(log: Log): AsyncDisposable & { readonly log: Log } {
  return { log, [Symbol.asyncDispose]: () => log.close() };
}

async function recordsOf(log: Log, names: readonly string[]): Promise<string> {
  const texts: string[] = [];
  for (const topic of names) {
    const ends = await log.ends(topic);
    const ranges = ends.map(({ begin, end }, partition) => ({ topic, partition, from: begin, to: end }));
    await log.read(ranges, ({ records }) => {
      for (const record of records)
        texts.push(
          topic === KEYS_TOPIC
            ? `${record.key} ${record.value.toString('utf8')}`
            : textOf(fromRecord(record)),
        );
      return Promise.resolve();
    });
  }
  return texts.join('\n');
}

function textOf({ value, ...event }: ReturnType<typeof fromRecord>): string {
  return `${JSON.stringify(event)} ${value.toString('utf8')}`;
}
