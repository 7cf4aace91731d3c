import type { z } from 'zod';

import type { Environment, SettingFault } from './read-settings.js';
import { httpUrl, text, wholeNumber } from './setting-types.js';

const OTLP_NAME = 'SAMSPILL_TELEMETRY_OTLP_URL';
const PORT_NAME = 'SAMSPILL_TELEMETRY_METRICS_PORT';
const HOST_NAME = 'SAMSPILL_TELEMETRY_METRICS_HOST';
const PERCENT_NAME = 'SAMSPILL_TELEMETRY_TRACE_PERCENT';
const INTERVAL_NAME = 'SAMSPILL_TELEMETRY_METRICS_INTERVAL_MS';
const MAX_PORT = 65_535;
const SECOND_MS = 1_000;
const TEN_MINUTES_MS = 600_000;

/** Where traces and metrics go. With none of them no part of OpenTelemetry's SDK is loaded. */
export const telemetrySettings = {
  [OTLP_NAME]: httpUrl().optional().meta({
    description:
      'Collector that traces are sent to, and metrics unless they are scraped: OTLP over HTTP, such as http://collector:4318. Nothing is traced unless set',
  }),
  [PORT_NAME]: wholeNumber(0, MAX_PORT).optional().meta({
    description:
      'Port at which Prometheus finds metrics under /metrics; 0 takes any free one. They are not sent to the collector then',
  }),
  [HOST_NAME]: text().prefault('127.0.0.1').meta({ description: 'Address of that port' }),
  [PERCENT_NAME]: wholeNumber(0, 100).prefault('100').meta({
    description:
      'Traces that are recorded, in percent of those that begin here; what a caller has begun is recorded where the caller does. Operations are always recorded',
  }),
  [INTERVAL_NAME]: wholeNumber(SECOND_MS, TEN_MINUTES_MS)
    .prefault('15000')
    .meta({ description: 'How often metrics are sent to the collector, in milliseconds' }),
} as const;

type Settings = z.output<z.ZodObject<typeof telemetrySettings>>;

export interface TelemetryConfiguration {
  /** Base address of the collector; without it nothing is traced. */
  readonly otlpUrl?: string;
  readonly tracePercent: number;
  readonly metrics:
    | { readonly way: 'sent'; readonly intervalMs: number }
    | { readonly way: 'scraped'; readonly host: string; readonly port: number };
}

/** Undefined where nobody wants any. */
export function telemetryConfiguration(settings: Settings): TelemetryConfiguration | undefined {
  const { [OTLP_NAME]: otlpUrl, [PORT_NAME]: port } = settings;
  if (otlpUrl === undefined && port === undefined) return undefined;
  return {
    ...(otlpUrl !== undefined && { otlpUrl }),
    tracePercent: settings[PERCENT_NAME],
    metrics:
      port === undefined
        ? { way: 'sent', intervalMs: settings[INTERVAL_NAME] }
        : { way: 'scraped', host: settings[HOST_NAME], port },
  };
}

/** What would be left unused is a slip. */
export function telemetryIsWhole(given: Environment): readonly SettingFault[] {
  const needs: readonly (readonly [name: string, needed: string])[] = [
    [PERCENT_NAME, OTLP_NAME],
    [INTERVAL_NAME, OTLP_NAME],
    [HOST_NAME, PORT_NAME],
  ];
  return needs
    .filter(([name, needed]) => given[name] !== undefined && given[needed] === undefined)
    .map(([name, needed]) => ({ name, detail: `is set, although ${needed} is not` }));
}
