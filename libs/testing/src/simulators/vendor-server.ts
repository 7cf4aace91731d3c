import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { FateDraw, type VendorFaults } from './vendor-faults.js';

export interface VendorRequest {
  readonly method: string;
  /** Decoded segments below the origin. */
  readonly path: readonly string[];
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage['headers'];
  /** JSON, or the members of a form. */
  readonly body: unknown;
}

export interface VendorAnswer {
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** What is particular to a vendor. */
export interface VendorApi {
  /** Looked at before anything else, faults included: limits, tokens. */
  readonly guard: (request: VendorRequest) => VendorAnswer | undefined;
  readonly answer: (request: VendorRequest) => VendorAnswer;
  readonly busy: () => VendorAnswer;
  readonly failing: () => VendorAnswer;
  /** Of every answer. */
  readonly headers: () => Readonly<Record<string, string>>;
  /** How many effects were had so far. */
  readonly effects: () => number;
}

const DOWN: VendorAnswer = { status: 503, body: { message: 'We are down for maintenance.' } };

/** A vendor's API over real HTTP, on a port of this machine's, with faults that a seed repeats. */
export class VendorServer {
  /** What befalls requests from now on. */
  faults: VendorFaults = {};
  /** While it is down every request is answered with 503. */
  isDown = false;
  requests = 0;
  readonly #draw: FateDraw;
  readonly #silent = new Set<ServerResponse>();
  #withheld: PromiseWithResolvers<undefined> | undefined;

  private constructor(
    private readonly server: Server,
    seed: number,
    private readonly api: VendorApi,
  ) {
    this.#draw = new FateDraw(seed);
  }

  /** @param port 0 takes any free one */
  static async start(seed: number, api: VendorApi, port = 0): Promise<VendorServer> {
    const server = createServer();
    const vendor = new VendorServer(server, seed, api);
    server.on('request', (request, response) => {
      void vendor.#serve(request, response);
    });
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    return vendor;
  }

  /** Its origin, without a slash at the end. */
  get url(): string {
    const address = this.server.address();
    if (address === null || typeof address === 'string') throw new Error('it does not listen');
    return `http://127.0.0.1:${address.port}`;
  }

  /** The next request that has an effect is not answered. Resolves when it has come: its sender can only know by asking. */
  async withholdNextEffect(): Promise<void> {
    this.#withheld ??= Promise.withResolvers();
    await this.#withheld.promise;
  }

  async stop(): Promise<void> {
    for (const response of this.#silent) response.destroy();
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }

  async #serve(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const request = await read(incoming);
      this.requests += 1;
      const latencyMs = this.#draw.latencyMs(this.faults);
      const fate = this.#draw.fate(this.faults);
      const guarded = this.isDown ? DOWN : this.api.guard(request);
      // Arrived, counted, and then at work for a while; the effect comes at its end.
      if (latencyMs > 0) await delay(latencyMs);
      if (guarded) this.#send(response, guarded);
      else if (fate === 'busy') this.#send(response, this.api.busy());
      else if (fate === 'failing') this.#send(response, this.api.failing());
      else {
        const before = this.api.effects();
        const answer = this.api.answer(request);
        if (this.#isWithheld(before)) this.#silent.add(response);
        else if (fate === 'cut') response.destroy();
        else if (fate === 'silent') this.#silent.add(response);
        else this.#send(response, fate === 'failing-after' ? this.api.failing() : answer);
      }
    } catch {
      response.destroy(); // the caller has gone
    }
  }

  #isWithheld(effectsBefore: number): boolean {
    const withheld = this.api.effects() > effectsBefore ? this.#withheld : undefined;
    if (!withheld) return false;
    this.#withheld = undefined;
    withheld.resolve(undefined);
    return true;
  }

  #send(response: ServerResponse, { status, body, headers }: VendorAnswer): void {
    const sent = { 'content-type': 'application/json', ...this.api.headers(), ...headers };
    response.writeHead(status, sent).end(body === undefined ? undefined : JSON.stringify(body));
  }
}

async function read(incoming: IncomingMessage): Promise<VendorRequest> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) if (chunk instanceof Buffer) chunks.push(chunk);
  const text = Buffer.concat(chunks).toString('utf8');
  const { headers, method = 'GET', url = '/' } = incoming;
  const { pathname, searchParams } = new URL(url, 'http://simulator');
  const isForm = headers['content-type']?.startsWith('application/x-www-form-urlencoded') ?? false;
  const body: unknown =
    text === '' ? undefined : isForm ? Object.fromEntries(new URLSearchParams(text)) : JSON.parse(text);
  const path = pathname.split('/').filter(Boolean).map(decodeURIComponent);
  return { method, path, query: searchParams, headers, body };
}
