import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { randomFrom } from '../random-from.js';

/** Chances, from 0 to 1, of what befalls a request. */
export interface OutsideFaults {
  /** 429 with `Retry-After`, without an effect. */
  readonly busy?: number;
  /** 500, without an effect. */
  readonly failing?: number;
  /** 500 though it has had its effect. */
  readonly failingAfter?: number;
  /** The effect is had, and the connection is cut before an answer. */
  readonly cutAfter?: number;
  /** The effect is had, and an answer never comes. */
  readonly silentAfter?: number;
}

export interface OutsideOptions {
  readonly seed: number;
  readonly faults?: OutsideFaults;
  /** What `Retry-After` says; whole seconds. */
  readonly retryAfterSeconds?: number;
  /** How long an effect takes to be seen by who asks. */
  readonly visibleAfterMs?: number;
}

/** One writing of a thing that had its effect. */
export interface OutsideEffect {
  readonly reference: string;
  readonly content: string;
  readonly value: unknown;
  readonly idempotencyKey: string;
  /** Milliseconds since 1970. */
  readonly atMs: number;
}

const REFUSED = 422;
const WRONG = { message: 'Something went wrong.' };

/** What befalls a request. */
type Fate = 'well' | 'busy' | 'failing' | 'failing-after' | 'cut' | 'silent';

/**
 * Somebody else's system, over real HTTP. It neither knows idempotency keys nor notices that it is told the same again: every writing is an
 * effect, and it counts them.
 *
 *     PUT /things/<reference>  {"content": "…", "value": …}   200 {"id"} · 422 {"message"} · 429 · 500
 *     GET /things/<reference>                                200 {"content", "id"} · 404 · 429 · 500
 */
export class OutsideSystem {
  /** In the order in which they were had. */
  readonly effects: OutsideEffect[] = [];
  /** How often it was asked about a thing. */
  lookUps = 0;
  /** How often it was told about one, with an effect or without. */
  writes = 0;
  /** References that it refuses for good, and in which words. */
  readonly refuses = new Map<string, string>();
  /** References that it has no time for now: 429. */
  readonly busyWith = new Set<string>();
  /** While it is down every request is answered with 503. */
  isDown = false;
  /** What befalls requests from now on. */
  faults: OutsideFaults;
  readonly #random: () => number;
  readonly #silent = new Set<ServerResponse>();

  private constructor(
    private readonly server: Server,
    private readonly options: OutsideOptions,
  ) {
    this.faults = options.faults ?? {};
    this.#random = randomFrom(options.seed);
  }

  static async start(options: OutsideOptions): Promise<OutsideSystem> {
    const server = createServer();
    const system = new OutsideSystem(server, options);
    server.on('request', (request, response) => {
      void system.#answer(request, response);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return system;
  }

  get url(): string {
    const address = this.server.address();
    if (address === null || typeof address === 'string') throw new Error('it does not listen');
    return `http://127.0.0.1:${address.port}`;
  }

  /** What it holds of each thing now. */
  get things(): ReadonlyMap<string, OutsideEffect> {
    return new Map(this.effects.map((effect) => [effect.reference, effect]));
  }

  /** Effects that changed nothing: the thing had that content already. */
  get repeated(): readonly OutsideEffect[] {
    const last = new Map<string, string>();
    return this.effects.filter(({ reference, content }) => {
      const isRepeated = last.get(reference) === content;
      last.set(reference, content);
      return isRepeated;
    });
  }

  async stop(): Promise<void> {
    for (const response of this.#silent) response.destroy();
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const chunks: Buffer[] = [];
      for await (const chunk of request) if (chunk instanceof Buffer) chunks.push(chunk);
      const body = Buffer.concat(chunks).toString('utf8');
      const reference = decodeURIComponent((request.url ?? '').replace('/things/', ''));
      const isWrite = request.method === 'PUT';
      if (isWrite) this.writes += 1;
      else this.lookUps += 1;
      if (this.isDown) send(response, 503, { message: 'We are down for maintenance.' });
      else {
        const fate = this.busyWith.has(reference) ? 'busy' : this.#fate(isWrite);
        if (fate === 'busy') this.#sendAway(response);
        else if (fate === 'failing') send(response, 500, WRONG);
        else if (isWrite) this.#write(reference, request, body, response, fate);
        else this.#show(reference, response);
      }
    } catch {
      response.destroy(); // the caller has gone
    }
  }

  #sendAway(response: ServerResponse): void {
    response.setHeader('retry-after', String(this.options.retryAfterSeconds ?? 0));
    send(response, 429, { message: 'Too many requests.' });
  }

  #write(
    reference: string,
    request: IncomingMessage,
    body: string,
    response: ServerResponse,
    fate: Fate,
  ): void {
    const refusal = this.refuses.get(reference);
    if (refusal !== undefined) {
      send(response, REFUSED, { message: refusal });
      return;
    }
    this.#take(reference, request, JSON.parse(body) as unknown);
    if (fate === 'cut') response.destroy();
    else if (fate === 'silent') this.#silent.add(response);
    else if (fate === 'failing-after') send(response, 500, WRONG);
    else send(response, 200, { id: idOf(reference) });
  }

  #take(reference: string, request: IncomingMessage, body: unknown): void {
    const content = textOf(body, 'content');
    const value: unknown = typeof body === 'object' && body !== null ? Reflect.get(body, 'value') : undefined;
    const idempotencyKey = String(request.headers['idempotency-key'] ?? '');
    this.effects.push({ reference, content, value, idempotencyKey, atMs: Date.now() });
  }

  #show(reference: string, response: ServerResponse): void {
    const visible = this.effects.findLast(
      (effect) =>
        effect.reference === reference && effect.atMs + (this.options.visibleAfterMs ?? 0) <= Date.now(),
    );
    if (visible) send(response, 200, { content: visible.content, id: idOf(reference) });
    else send(response, 404, { message: 'There is no such thing.' });
  }

  #fate(isWrite: boolean): Fate {
    const { busy = 0, failing = 0, failingAfter = 0, cutAfter = 0, silentAfter = 0 } = this.faults;
    let chance = this.#random();
    if ((chance -= busy) < 0) return 'busy';
    if ((chance -= failing) < 0) return 'failing';
    if (!isWrite) return 'well';
    if ((chance -= failingAfter) < 0) return 'failing-after';
    if ((chance -= cutAfter) < 0) return 'cut';
    return chance - silentAfter < 0 ? 'silent' : 'well';
  }
}

/** The name that the outside gives to a thing. */
function idOf(reference: string): string {
  return `outside:${reference}`;
}

function send(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

function textOf(body: unknown, name: string): string {
  const value: unknown = typeof body === 'object' && body !== null ? Reflect.get(body, name) : undefined;
  return typeof value === 'string' ? value : '';
}
