import { Arrivals } from './arrivals.js';
import { Effects, type CrmEffect } from './effects.js';
import type { VendorFaults } from './vendor-faults.js';
import { VendorServer, type VendorAnswer, type VendorApi, type VendorRequest } from './vendor-server.js';

/** What any vendor's simulator may be told. */
export interface SimulatorOptions {
  /** Draws what befalls requests; the same seed draws the same. */
  readonly seed: number;
  readonly faults?: VendorFaults;
  readonly limit?: { readonly requests: number; readonly windowMs: number };
  /** Any free one unless given. */
  readonly port?: number;
}

/** What the simulators of all vendors have: a server with faults, a count of what comes in, and what people at the CRM would notice. */
export abstract class VendorSimulator {
  readonly arrivals: Arrivals;
  protected readonly noticed = new Effects();
  #server: VendorServer | undefined;

  /** @param limit where the options say none */
  protected constructor(
    { limit: given }: SimulatorOptions,
    limit: { readonly requests: number; readonly windowMs: number },
  ) {
    const { requests, windowMs } = given ?? limit;
    this.arrivals = new Arrivals(requests, windowMs);
  }

  get server(): VendorServer {
    if (!this.#server) throw new Error('it has not started');
    return this.#server;
  }

  get effects(): readonly CrmEffect[] {
    return this.noticed.all;
  }

  /** Effects that were had although nothing was to be changed any more. */
  get repeated(): readonly CrmEffect[] {
    return this.noticed.repeated;
  }

  async stop(): Promise<void> {
    await this.server.stop();
  }

  protected async listen({ seed, faults = {}, port }: SimulatorOptions): Promise<this> {
    const api: VendorApi = {
      guard: (request) => this.guard(request),
      answer: (request) => this.answer(request),
      busy: () => this.busy(),
      failing: () => this.failing(),
      headers: () => this.headers(),
      effects: () => this.noticed.all.length,
    };
    this.#server = await VendorServer.start(seed, api, port);
    this.#server.faults = faults;
    return this;
  }

  /** As {@link VendorApi} has them. */
  protected abstract guard(request: VendorRequest): VendorAnswer | undefined;
  protected abstract answer(request: VendorRequest): VendorAnswer;
  protected abstract busy(): VendorAnswer;
  protected abstract failing(): VendorAnswer;

  protected headers(): Readonly<Record<string, string>> {
    return {};
  }
}
