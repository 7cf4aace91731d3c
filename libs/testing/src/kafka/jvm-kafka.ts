import { execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { endWithParent, freePort, LOOPBACK } from '@samspill/embedded-postgres';

import type { KafkaBroker } from './broker.js';
import { BROKER_SETTINGS, USERS_LISTENER, signInSettings } from './broker-settings.js';
import { kafkaJars } from './kafka-jars.js';
import { waitForBroker } from './wait-for-broker.js';

const run = promisify(execFile);
const OLDEST_JAVA = 17;
const DEFAULT_HEAP_MIB = 512;
const CLUSTER_ID_BYTES = 16;
const SHOWN_CHARACTERS = 4_000;

export interface JvmKafkaOptions {
  readonly version: string;
  readonly heapMiB?: number;
  readonly settings?: Readonly<Record<string, string>>;
  readonly users?: Readonly<Record<string, string>>;
}

/** Why no broker can run on this machine's JVM, or undefined when one can. The jars may still have to be fetched. */
export async function whyNoJvmKafka(): Promise<string | undefined> {
  try {
    const { stderr } = await run(java(), ['-version']);
    const major = Number(/version "(\d+)/.exec(stderr)?.[1]);
    return major >= OLDEST_JAVA ? undefined : `Java ${major} is older than ${OLDEST_JAVA}`;
  } catch {
    return 'there is no Java';
  }
}

/**
 * A broker on the local JVM, on free ports of loopback, its data in a temporary folder.
 * @throws Error when its jars cannot be had or it does not start, with its last lines
 */
export async function startJvmKafka({
  version,
  heapMiB = DEFAULT_HEAP_MIB,
  settings = {},
  users,
}: JvmKafkaOptions): Promise<KafkaBroker> {
  const classPath = join(await kafkaJars(version), '*');
  const folder = await mkdtemp(join(tmpdir(), 'samspill-kafka-'));
  const [port, controllerPort, signInPort] = await Promise.all([freePort(), freePort(), freePort()]);
  const broker = `${LOOPBACK}:${port}`;
  const config = join(folder, 'server.properties');
  const start = (): Promise<RunningBroker> => startProcess({ classPath, folder, config, broker, heapMiB });
  const listeners = addresses(port, controllerPort, users === undefined ? undefined : signInPort);
  const signIn = users === undefined ? {} : signInSettings(users);
  await writeFile(
    config,
    properties({ ...listeners, ...signIn, 'log.dirs': join(folder, 'data'), ...settings }),
  );
  await run(java(), [
    '-XX:TieredStopAtLevel=1',
    ...QUIET,
    '-cp',
    classPath,
    'kafka.tools.StorageTool',
    'format',
    '-t',
    clusterId(),
    '-c',
    config,
  ]);
  let running = await start();
  return {
    brokers: [broker],
    signInBrokers: users === undefined ? [] : [`${LOOPBACK}:${signInPort}`],
    version,
    provider: 'jvm',
    kill: () => running.kill(),
    restart: async () => {
      await running.kill();
      running = await start();
    },
    stop: async () => {
      // Its data goes as well: nothing is won by a tidy end.
      await running.kill();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

const QUIET = ['-Dorg.slf4j.simpleLogger.defaultLogLevel=warn'];

interface RunningBroker {
  kill(): Promise<void>;
}

interface BrokerProcess {
  readonly classPath: string;
  readonly folder: string;
  readonly config: string;
  readonly broker: string;
  readonly heapMiB: number;
}

async function startProcess({
  classPath,
  folder,
  config,
  broker,
  heapMiB,
}: BrokerProcess): Promise<RunningBroker> {
  // A file, not a pipe: a broker with much to say must not wait for a busy test.
  const log = await open(join(folder, 'broker.log'), 'a');
  const child = spawn(java(), [`-Xmx${heapMiB}m`, ...QUIET, '-cp', classPath, 'kafka.Kafka', config], {
    stdio: ['ignore', log.fd, log.fd],
    detached: true,
  });
  await log.close();
  const { pid } = child;
  if (pid === undefined) throw new Error('The JVM could not be started.');
  let alive = true;
  const release = endWithParent({ pid, signal: 'KILL', thenRemove: folder });
  const ended = new Promise<void>((resolve) => {
    child.once('exit', () => {
      alive = false;
      release();
      resolve();
    });
  });
  const kill = async (): Promise<void> => {
    if (alive) child.kill('SIGKILL');
    await ended;
  };
  try {
    await waitForBroker(broker, () => !alive);
  } catch (error) {
    await kill();
    const said = await readFile(join(folder, 'broker.log'), 'utf8');
    throw new Error(`${String(error)}\n${said.slice(-SHOWN_CHARACTERS)}`, { cause: error });
  }
  return { kill };
}

/** The JVM that brokers and tools run on. */
export function java(): string {
  const home = process.env['JAVA_HOME'];
  return home === undefined || home === '' ? 'java' : join(home, 'bin', 'java');
}

function addresses(
  port: number,
  controllerPort: number,
  signInPort: number | undefined,
): Readonly<Record<string, string>> {
  const signIn = signInPort === undefined ? '' : `,${USERS_LISTENER}://${LOOPBACK}:${signInPort}`;
  return {
    listeners: `PLAINTEXT://${LOOPBACK}:${port},CONTROLLER://${LOOPBACK}:${controllerPort}${signIn}`,
    'advertised.listeners': `PLAINTEXT://${LOOPBACK}:${port}${signIn}`,
    'controller.quorum.voters': `1@${LOOPBACK}:${controllerPort}`,
  };
}

function properties(own: Readonly<Record<string, string>>): string {
  return Object.entries({ ...BROKER_SETTINGS, ...own })
    .map(([name, value]) => `${name}=${value}\n`)
    .join('');
}

/** Kafka writes an id as 16 bytes in base64url, and its tools take a leading `-` for an option. */
function clusterId(): string {
  const bytes = randomBytes(CLUSTER_ID_BYTES);
  bytes[0] = (bytes[0] ?? 0) & 0x7f;
  return bytes.toString('base64url');
}
