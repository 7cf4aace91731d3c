import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';

import { context, diag, DiagLogLevel, metrics, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-http';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import {
  detectResources,
  resourceAttributesEnvDetector,
  resourceFromAttributes,
  type Resource,
} from '@opentelemetry/resources';
import { MeterProvider, PeriodicExportingMetricReader, type MetricReader } from '@opentelemetry/sdk-metrics';
import {
  BatchSpanProcessor,
  ParentBasedSampler,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import type { Logger } from '@samspill/eventlog';

import type { TelemetryConfiguration } from '../configuration/telemetry-settings.js';
import { measureProcess } from './process-metrics.js';
import { followOutgoingRequests } from './outgoing-requests.js';
import { openScrape } from './scrape.js';
import type { MeasuredService, Telemetry } from './telemetry.js';

/** Longest time that what is left gets to be sent when the process ends: nobody waits for a collector that is away. */
const LAST_SEND_MS = 2_000;
/** How soon spans are sent. Short, so that what a killed process did can be seen. */
const SPANS_EVERY_MS = 1_000;
const LONGEST_REASON = 300;

/** Sets OpenTelemetry's SDK up for this process. In a module of its own, so that it is loaded by those who want it only. */
export async function startSdk(
  configuration: TelemetryConfiguration,
  service: MeasuredService,
  logger: Logger,
): Promise<Telemetry> {
  tellFaults(logger);
  await using opened = new AsyncDisposableStack();
  const resource = resourceOf(service);
  const meterProvider = new MeterProvider({
    resource,
    readers: [await metricReader(configuration, opened, logger)],
  });
  opened.defer(() => bounded(meterProvider.shutdown()));
  metrics.setGlobalMeterProvider(meterProvider);
  if (configuration.otlpUrl !== undefined) {
    const tracerProvider = tracing(configuration.otlpUrl, configuration.tracePercent, resource);
    opened.defer(() => bounded(tracerProvider.shutdown()));
    trace.setGlobalTracerProvider(tracerProvider);
    context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  }
  opened.defer(followOutgoingRequests());
  opened.defer(measureProcess());
  const held = opened.move();
  return { stop: () => held.disposeAsync() };
}

function tracing(otlpUrl: string, percent: number, resource: Resource): TracerProvider {
  const exporter = new OTLPTraceExporter({ url: endpoint(otlpUrl, 'traces') });
  return new TracerProvider({
    resource,
    sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(percent / 100) }),
    spanProcessors: [new BatchSpanProcessor({ exporter, scheduledDelayMillis: SPANS_EVERY_MS })],
  });
}

async function metricReader(
  { otlpUrl, metrics: wanted }: TelemetryConfiguration,
  opened: AsyncDisposableStack,
  logger: Logger,
): Promise<MetricReader> {
  if (wanted.way === 'scraped') {
    const { reader, url, close } = await openScrape(wanted);
    opened.defer(close);
    logger.info('metrics can be scraped', { metricsUrl: url });
    return reader;
  }
  return new PeriodicExportingMetricReader({
    exporter: new OTLPMetricExporter({ url: endpoint(otlpUrl ?? '', 'metrics') }),
    exportIntervalMillis: wanted.intervalMs,
    exportTimeoutMillis: wanted.intervalMs,
  });
}

/** https://opentelemetry.io/docs/specs/otlp/#otlphttp-request */
function endpoint(base: string, signal: 'traces' | 'metrics'): string {
  return `${base.replace(/\/$/, '')}/v1/${signal}`;
}

/** Names the service; what an installation says of itself in OTEL_RESOURCE_ATTRIBUTES comes on top. */
function resourceOf({ name, version }: MeasuredService): Resource {
  const own = resourceFromAttributes({
    'service.name': name,
    'service.version': version,
    'service.instance.id': randomUUID(),
  });
  return own.merge(detectResources({ detectors: [resourceAttributesEnvDetector] }));
}

/** A collector that is away is a warning, never a failure. */
function tellFaults(logger: Logger): void {
  const warn = (message: string): void =>
    logger.warn('telemetry could not be sent', { reason: message.slice(0, LONGEST_REASON) });
  const ignore = (): void => undefined;
  const told = { error: warn, warn, info: ignore, debug: ignore, verbose: ignore };
  diag.setLogger(told, { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true });
}

async function bounded(work: Promise<void>): Promise<void> {
  await Promise.race([work.catch(() => undefined), delay(LAST_SEND_MS, undefined, { ref: false })]);
}
