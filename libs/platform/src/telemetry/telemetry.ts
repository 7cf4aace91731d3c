import type { Logger } from '@samspill/eventlog';

import type { TelemetryConfiguration } from '../configuration/telemetry-settings.js';

/** Who is measured. */
export interface MeasuredService {
  readonly name: string;
  readonly version: string;
}

/** Traces and metrics of this process on their way out. */
export interface Telemetry {
  /** Sends what has been gathered, within bounds, and ends. */
  stop(): Promise<void>;
}

const NONE: Telemetry = { stop: () => Promise.resolve() };

/**
 * Has traces and metrics taken where the configuration wants them. Call it before anything is opened: what is made before stays
 * unmeasured. Without a configuration OpenTelemetry's SDK is not even loaded, and all spans and metrics are its API's empty ones.
 */
export async function startTelemetry(
  configuration: TelemetryConfiguration | undefined,
  service: MeasuredService,
  logger: Logger,
): Promise<Telemetry> {
  if (configuration === undefined) return NONE;
  const { startSdk } = await import('./sdk.js');
  return await startSdk(configuration, service, logger);
}
