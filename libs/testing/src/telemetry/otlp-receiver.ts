import { createServer, type IncomingMessage } from 'node:http';
import { gunzipSync } from 'node:zlib';

/** A span as a service sent it. */
export interface ReceivedSpan {
  /** `service.name` and `service.instance.id` of the process. */
  readonly service: string;
  readonly instance: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly links: readonly { readonly traceId: string; readonly spanId: string }[];
}

/** An OpenTelemetry collector for tests: takes OTLP over HTTP as JSON and keeps all of it. */
export class OtlpReceiver implements AsyncDisposable {
  readonly #spans: ReceivedSpan[] = [];
  readonly #bodies: string[] = [];

  private constructor(
    /** What services are given as the collector's address. */
    readonly url: string,
    private readonly close: () => Promise<void>,
  ) {}

  static async start(): Promise<OtlpReceiver> {
    const server = createServer((request, response) => {
      bodyOf(request).then(
        (text) => {
          receiver.#take(request.url ?? '', text);
          response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
        },
        () => response.writeHead(400).end(),
      );
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const receiver: OtlpReceiver = new OtlpReceiver(`http://127.0.0.1:${port}`, async () => {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    });
    return receiver;
  }

  get spans(): readonly ReceivedSpan[] {
    return this.#spans;
  }

  /** Spans of a trace, in the order in which they came. */
  trace(traceId: string): readonly ReceivedSpan[] {
    return this.#spans.filter((span) => span.traceId === traceId);
  }

  /** All that was ever received, as text: to look for what must not be in it. */
  get everything(): string {
    return this.#bodies.join('\n');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #take(path: string, text: string): void {
    this.#bodies.push(text);
    if (path !== '/v1/traces') return;
    const { resourceSpans } = JSON.parse(text) as TracesRequest;
    for (const { resource, scopeSpans } of resourceSpans) {
      const own = valuesOf(resource.attributes);
      for (const { spans } of scopeSpans) {
        for (const { attributes, links = [], ...span } of spans)
          this.#spans.push({
            ...span,
            service: String(own['service.name']),
            instance: String(own['service.instance.id']),
            attributes: valuesOf(attributes),
            links,
          });
      }
    }
  }
}

/** https://github.com/open-telemetry/opentelemetry-proto, as far as it is looked at here. */
interface TracesRequest {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly Attribute[] };
    readonly scopeSpans: readonly { readonly spans: readonly SentSpan[] }[];
  }[];
}

interface SentSpan extends Pick<ReceivedSpan, 'traceId' | 'spanId' | 'parentSpanId' | 'name'> {
  readonly attributes: readonly Attribute[];
  readonly links?: ReceivedSpan['links'];
}

interface Attribute {
  readonly key: string;
  readonly value: Readonly<Record<string, unknown>>;
}

function valuesOf(attributes: readonly Attribute[]): Readonly<Record<string, unknown>> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]));
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(Buffer.from(chunk as Uint8Array));
  const bytes = Buffer.concat(chunks);
  return (request.headers['content-encoding'] === 'gzip' ? gunzipSync(bytes) : bytes).toString();
}
