import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { z } from 'zod';

/** One request, and how the vendor's documentation says that it is answered. */
const exchange = z.object({
  /** Page of the documentation. */
  source: z.url(),
  request: z.object({ method: z.string(), path: z.string(), body: z.unknown().optional() }),
  answer: z.object({
    status: z.int(),
    headers: z.record(z.string(), z.string()).default({}),
    body: z.unknown().optional(),
  }),
});
export type Exchange = z.infer<typeof exchange>;
const recording = z.array(z.object({ what: z.string(), exchanges: z.array(exchange) }));

/** Exchanges by what they bring about. @param folder in which the file lies */
export function readRecording(folder: string, file: string): ReadonlyMap<string, readonly Exchange[]> {
  const scenes = recording.parse(JSON.parse(readFileSync(`${folder}/${file}`, 'utf8')));
  return new Map(scenes.map(({ what, exchanges }) => [what, exchanges]));
}

/** A vendor that gives the answers of a recording in their order, whatever it is asked, and keeps what it was asked. */
export class ReplayedVendor implements AsyncDisposable {
  readonly received: Exchange['request'][] = [];
  #left: readonly Exchange[] = [];

  private constructor(private readonly server: Server) {}

  static async start(): Promise<ReplayedVendor> {
    const server = createServer();
    const vendor = new ReplayedVendor(server);
    server.on('request', (request, response) => {
      void read(request).then((received) => {
        vendor.received.push(received);
        const [next, ...left] = vendor.#left;
        vendor.#left = left;
        const { status, headers, body } = next?.answer ?? { status: 418, headers: {}, body: undefined };
        response
          .writeHead(status, { 'content-type': 'application/json', ...headers })
          .end(body === undefined ? undefined : JSON.stringify(body));
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return vendor;
  }

  get url(): string {
    const address = this.server.address();
    if (address === null || typeof address === 'string') throw new Error('it does not listen');
    return `http://127.0.0.1:${address.port}`;
  }

  replay(exchanges: readonly Exchange[]): void {
    this.#left = exchanges;
    this.received.length = 0;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }
}

async function read(incoming: IncomingMessage): Promise<Exchange['request']> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) if (chunk instanceof Buffer) chunks.push(chunk);
  const text = Buffer.concat(chunks).toString('utf8');
  const { method = '', url: path = '' } = incoming;
  return { method, path, ...(text !== '' && { body: JSON.parse(text) as unknown }) };
}
