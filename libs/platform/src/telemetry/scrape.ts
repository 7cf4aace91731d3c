import { createServer, type Server } from 'node:http';

import { PrometheusExporter } from '@opentelemetry/exporter-prometheus';
import type { MetricReader } from '@opentelemetry/sdk-metrics';
import { PlatformError } from '@samspill/kernel';

import { errorCode } from '../is-error.js';

const PATH = '/metrics';

export interface Scrape {
  readonly reader: MetricReader;
  /** Where Prometheus finds them. */
  readonly url: string;
  close(): Promise<void>;
}

/**
 * Metrics at a port of their own: the one of the API leads out to users, who have no business with them, and asks for sign-in, which
 * Prometheus has not.
 * @throws PlatformError `platform.cannot-listen`
 */
export async function openScrape({
  host,
  port,
}: {
  readonly host: string;
  readonly port: number;
}): Promise<Scrape> {
  const reader = new PrometheusExporter({ preventServerStart: true, withoutScopeInfo: true });
  const server = createServer((request, response) => {
    if (request.method === 'GET' && request.url === PATH) reader.getMetricsRequestHandler(request, response);
    else response.writeHead(404).end();
  });
  await listening(server, host, port);
  const address = server.address();
  const actual = typeof address === 'object' && address !== null ? address.port : port;
  const close = async (): Promise<void> => {
    server.closeAllConnections();
    await new Promise<void>((resolve) => server.close(() => resolve()));
  };
  return { reader, url: `http://${host}:${actual}${PATH}`, close };
}

async function listening(server: Server, host: string, port: number): Promise<void> {
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, host, resolve);
    });
  } catch (error) {
    throw new PlatformError(
      'platform.cannot-listen',
      `Metrics cannot be offered on port ${port} of ${host} (${errorCode(error)}). Set SAMSPILL_TELEMETRY_METRICS_PORT to a free port.`,
      false,
      { cause: error },
    );
  }
}
