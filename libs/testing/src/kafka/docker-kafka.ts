import { freePort, LOOPBACK } from '@samspill/embedded-postgres';
import {
  GenericContainer,
  getContainerRuntimeClient,
  ImageName,
  type StartedTestContainer,
  Wait,
} from 'testcontainers';

import type { KafkaBroker } from './broker.js';
import { BROKER_SETTINGS, USERS_LISTENER, signInSettings } from './broker-settings.js';
import { waitForBroker } from './wait-for-broker.js';

/** Including the download of the image. */
const START_TIMEOUT_MS = 300_000;
/** Read by Testcontainers at each start. */
const WITHOUT_REAPER = 'TESTCONTAINERS_RYUK_DISABLED';
const INTERNAL_PORT = 9092;
const CONTROLLER_PORT = 9093;
const USERS_PORT = 9094;

/** Whether the image of that version is here or can be had. */
export async function hasKafkaImage(version: string): Promise<boolean> {
  try {
    const { image } = await getContainerRuntimeClient();
    const name = ImageName.fromString(imageOf(version));
    if (await image.exists(name)) return true;
    await image.pull(name);
    return true;
  } catch {
    return false;
  }
}

/** A broker in a container with a fixed port, so that it has the same address after a restart. */
export async function startDockerKafka(
  version: string,
  settings: Readonly<Record<string, string>> = {},
  users?: Readonly<Record<string, string>>,
): Promise<KafkaBroker> {
  const [port, signInPort] = await Promise.all([freePort(), freePort()]);
  const broker = `${LOOPBACK}:${port}`;
  const ports = [
    { container: INTERNAL_PORT, host: port },
    ...(users === undefined ? [] : [{ container: USERS_PORT, host: signInPort }]),
  ];
  const container = await startContainer(version, ports, {
    ...BROKER_SETTINGS,
    ...addresses(port, users === undefined ? undefined : signInPort),
    ...(users === undefined ? {} : signInSettings(users)),
    ...settings,
  });
  const { container: engine } = await getContainerRuntimeClient();
  const handle = engine.getById(container.getId());
  const kill = async (): Promise<void> => {
    const { State: state } = await handle.inspect();
    if (state.Running) await handle.kill({ signal: 'SIGKILL' });
    await handle.wait();
  };
  try {
    await waitForBroker(broker);
  } catch (error) {
    await container.stop();
    throw error;
  }
  return {
    brokers: [broker],
    signInBrokers: users === undefined ? [] : [`${LOOPBACK}:${signInPort}`],
    version,
    provider: 'docker',
    kill,
    restart: async () => {
      await kill();
      await handle.start();
      await waitForBroker(broker);
    },
    stop: async () => {
      await container.stop({ remove: true, removeVolumes: true });
    },
  };
}

/**
 * Testcontainers removes what a killed process leaves behind by a container of its own. Where that one's image cannot be
 * had but Kafka's is here (an engine without a registry), we do without.
 */
async function startContainer(
  version: string,
  ports: readonly { readonly container: number; readonly host: number }[],
  settings: Readonly<Record<string, string>>,
): Promise<StartedTestContainer> {
  const container = new GenericContainer(imageOf(version))
    .withExposedPorts(...ports)
    .withEnvironment(asVariables(settings))
    // Testcontainers' own wait looks into the container with tools that the image need not have.
    .withWaitStrategy(Wait.forLogMessage(/./))
    .withStartupTimeout(START_TIMEOUT_MS);
  try {
    return await container.start();
  } catch (error) {
    const { image } = await getContainerRuntimeClient();
    const isHere = await image.exists(ImageName.fromString(imageOf(version)));
    if (!isHere || process.env[WITHOUT_REAPER] !== undefined) throw error;
    process.env[WITHOUT_REAPER] = 'true';
    return container.start();
  }
}

function imageOf(version: string): string {
  return `apache/kafka:${version}`;
}

function addresses(port: number, signInPort: number | undefined): Readonly<Record<string, string>> {
  const signIn = (place: string) => (signInPort === undefined ? '' : `,${USERS_LISTENER}://${place}`);
  return {
    listeners: `PLAINTEXT://:${INTERNAL_PORT},CONTROLLER://:${CONTROLLER_PORT}${signIn(`:${USERS_PORT}`)}`,
    'advertised.listeners': `PLAINTEXT://${LOOPBACK}:${port}${signIn(`${LOOPBACK}:${signInPort ?? 0}`)}`,
    'controller.quorum.voters': `1@localhost:${CONTROLLER_PORT}`,
  };
}

/** The image's own convention: `log.retention.ms` is `KAFKA_LOG_RETENTION_MS`. */
function asVariables(settings: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(settings).map(([name, value]) => [
      `KAFKA_${name.replaceAll('.', '_').toUpperCase()}`,
      value,
    ]),
  );
}
