import {
  GenericContainer,
  Network,
  Wait,
  type StartedNetwork,
  type StartedTestContainer,
} from 'testcontainers';

const KAFKA_IMAGE = 'apache/kafka:4.1.1';
const POSTGRES_IMAGE = 'postgres:18';
const PASSWORD = 'samspill';
const HTTP_PORT = 8080;
/** Of a container, on a machine that may be busy. */
const START_TIMEOUT_MS = 120_000;

/** A service of ours as an image, and what it is told. */
export interface ServiceImage {
  readonly image: string;
  readonly env: Readonly<Record<string, string>>;
}

/**
 * Kafka, databases and services of ours on a network of their own, each in a container. The services run as in production: on a root
 * file system that cannot be written to, without capabilities.
 */
export class ContainerStack implements AsyncDisposable {
  /** For services of the stack. */
  readonly brokers = 'kafka:9092';
  readonly #opened = new AsyncDisposableStack();

  private constructor(private readonly network: StartedNetwork) {
    this.#opened.defer(async () => {
      await network.stop();
    });
  }

  /** A network with a Kafka that has no topics. */
  static async start(): Promise<ContainerStack> {
    const stack = new ContainerStack(await new Network().start());
    try {
      await stack.#startKafka();
      return stack;
    } catch (error) {
      await stack[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** An empty database. @returns its connection string for services of the stack */
  async database(name: string): Promise<string> {
    const postgres = new GenericContainer(POSTGRES_IMAGE).withEnvironment({
      POSTGRES_USER: name,
      POSTGRES_PASSWORD: PASSWORD,
      PGDATA: '/var/lib/postgresql/data',
      LANG: 'C.UTF-8',
    });
    await this.#start(postgres.withNetworkAliases(name).withWaitStrategy(Wait.forLogMessage(/./)));
    return `postgresql://${name}:${PASSWORD}@${name}:5432/${name}`;
  }

  /** Runs a task of a service to its end. @throws Error where it fails */
  async run(service: ServiceImage, task: string): Promise<void> {
    const container = new ProductionContainer(service).withCommand([task]);
    await this.#start(container.withWaitStrategy(Wait.forOneShotStartup()));
  }

  /** Starts a service and waits until it is ready. @returns its address on this machine */
  async serve(service: ServiceImage): Promise<string> {
    const ready = Wait.forHttp('/health/ready', HTTP_PORT).forStatusCode(200);
    const container = new ProductionContainer(service).withExposedPorts(HTTP_PORT).withWaitStrategy(ready);
    const started = await this.#start(container);
    return `http://${started.getHost()}:${started.getMappedPort(HTTP_PORT)}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#opened.disposeAsync();
  }

  async #startKafka(): Promise<void> {
    const kafka = new GenericContainer(KAFKA_IMAGE).withNetworkAliases('kafka').withEnvironment({
      KAFKA_NODE_ID: '1',
      KAFKA_PROCESS_ROLES: 'broker,controller',
      KAFKA_LISTENERS: 'PLAINTEXT://:9092,CONTROLLER://:9093',
      KAFKA_ADVERTISED_LISTENERS: `PLAINTEXT://${this.brokers}`,
      KAFKA_CONTROLLER_LISTENER_NAMES: 'CONTROLLER',
      KAFKA_LISTENER_SECURITY_PROTOCOL_MAP: 'CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT',
      KAFKA_CONTROLLER_QUORUM_VOTERS: '1@localhost:9093',
      KAFKA_AUTO_CREATE_TOPICS_ENABLE: 'false',
      KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR: '1',
      KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR: '1',
      KAFKA_TRANSACTION_STATE_LOG_MIN_ISR: '1',
      KAFKA_HEAP_OPTS: '-Xmx512m',
    });
    await this.#start(kafka.withWaitStrategy(Wait.forLogMessage(/Kafka Server started/)));
  }

  async #start(container: GenericContainer): Promise<StartedTestContainer> {
    const started = await container.withNetwork(this.network).withStartupTimeout(START_TIMEOUT_MS).start();
    this.#opened.defer(async () => {
      await started.stop({ removeVolumes: true });
    });
    return started;
  }
}

class ProductionContainer extends GenericContainer {
  constructor({ image, env }: ServiceImage) {
    super(image);
    this.hostConfig.ReadonlyRootfs = true;
    this.withEnvironment({ SAMSPILL_HTTP_HOST: '0.0.0.0', SAMSPILL_SPILL_FOLDER: '/tmp', ...env })
      .withTmpFs({ '/tmp': 'rw' })
      .withDroppedCapabilities('ALL')
      .withSecurityOpt('no-new-privileges:true');
  }
}
