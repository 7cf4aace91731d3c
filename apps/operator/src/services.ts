import { topicsAnswer } from '@samspill/platform/answers';
import { EXIT, Stop } from './exit-codes.js';
import { inReadingOrder } from './service-order.js';
import type { ServiceAddresses } from './service-addresses.js';
import { Refused, ServiceClient } from './service-client.js';
import type { Credentials } from './sign-in/credentials.js';

/** What came of asking one service. */
export type Asked<T> =
  | { readonly kind: 'answer'; readonly service: ServiceClient; readonly value: T }
  | { readonly kind: 'failure'; readonly service: ServiceClient; readonly failure: Stop };

/** The services that a command may concern. */
export class Services {
  readonly #all: readonly ServiceClient[];

  constructor(
    private readonly addresses: ServiceAddresses,
    credentials: Credentials,
  ) {
    this.#all = addresses.services.map((address) => new ServiceClient(address, credentials));
  }

  /** Addresses that are asked, each once. */
  get urls(): readonly string[] {
    return [...new Set(this.addresses.services.map(({ url }) => url))];
  }

  get names(): readonly string[] {
    return this.#all.map(({ service }) => service);
  }

  /** @throws Stop naming those that there are */
  one(name: string): ServiceClient {
    const found = this.#all.find(({ service }) => service === name);
    if (found) return found;
    throw new Stop(EXIT.usage, `There is no service ${name}; there are ${this.names.join(', ')}.`);
  }

  /**
   * Asks every service, or the one that is named, or some of them. Those that do not run behind the one address are left out.
   * @throws Stop where none is there
   */
  async ask<T>(
    name: string | undefined,
    question: (service: ServiceClient) => Promise<T>,
    among = this.names,
  ): Promise<readonly Asked<T>[]> {
    const chosen =
      name === undefined ? this.#all.filter(({ service }) => among.includes(service)) : [this.one(name)];
    const asked = await Promise.all(
      chosen.map(async (service): Promise<Asked<T>> => {
        try {
          return { kind: 'answer', service, value: await question(service) };
        } catch (error) {
          if (error instanceof Stop) return { kind: 'failure', service, failure: error };
          throw error;
        }
      }),
    );
    const there = asked.filter((one) => !this.addresses.isOneOrigin || !isNotThere(one));
    const [first] = asked;
    if (there.length === 0 && first?.kind === 'failure') throw first.failure;
    return there;
  }

  /**
   * Like {@link ask}, for what is only of use when all have answered.
   * @throws Stop the first failure
   */
  async askAll<T>(
    name: string | undefined,
    question: (service: ServiceClient) => Promise<T>,
    among = this.names,
  ): Promise<readonly { readonly service: ServiceClient; readonly value: T }[]> {
    return (await this.ask(name, question, among)).map((asked) => {
      if (asked.kind === 'failure') throw asked.failure;
      return asked;
    });
  }

  /**
   * The services that are there, or the one that is named.
   * @throws Stop where none is there, or one of them does not answer
   */
  async present(name: string | undefined): Promise<readonly ServiceClient[]> {
    const there = await this.askAll(name, (one) => one.call('GET', 'topics', topicsAnswer));
    return there.map(({ service }) => service);
  }

  /**
   * Services that are there, of those that are named: whoever writes a topic before those that read it.
   * @throws as {@link present}
   */
  async inOrder(names: readonly string[]): Promise<readonly ServiceClient[]> {
    const there = await this.askAll(undefined, (one) => one.call('GET', 'topics', topicsAnswer), names);
    const services = there.map(({ service, value }) => ({
      service: service.service,
      client: service,
      topics: value.value.topics,
    }));
    return inReadingOrder(services).map(({ client }) => client);
  }

  /**
   * The service that knows something by an id.
   * @param missing says that it is known nowhere
   * @throws Stop where it is known nowhere, or a service that might know it does not answer
   */
  async knowing<T>(
    question: (service: ServiceClient) => Promise<T>,
    missing: string,
  ): Promise<{ readonly service: ServiceClient; readonly value: T }> {
    const asked = await this.ask(undefined, question);
    const found = asked.find((one) => one.kind === 'answer');
    if (found) return found;
    const failed = asked.find((one) => one.kind === 'failure' && !isUnknown(one.failure));
    if (failed?.kind === 'failure') throw failed.failure;
    throw new Stop(EXIT.refused, missing);
  }
}

export function isUnknown(failure: Stop): boolean {
  return failure instanceof Refused && failure.status === 404;
}

/** No route of this service is served there. */
function isNotThere(asked: Asked<unknown>): boolean {
  return (
    asked.kind === 'failure' && asked.failure instanceof Refused && asked.failure.code === 'request.not-found'
  );
}
