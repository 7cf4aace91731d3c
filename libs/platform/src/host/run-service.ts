import { carriesPersonalData, type Logger } from '@samspill/eventlog';
import { PlatformError } from '@samspill/kernel';

import { shownSettings } from '../configuration/read-settings.js';
import {
  readServiceConfiguration,
  serviceSettings,
  type ServiceConfiguration,
} from '../configuration/service-configuration.js';
import type { ContextDefinition } from '../context/context-definition.js';
import { currentRequest } from '../http/request-context.js';
import { JsonLogger } from '../logging/json-logger.js';
import { describeApi } from '../tasks/describe-api.js';
import { runTask } from '../tasks/run-task.js';
import { serviceTask } from '../tasks/service-task.js';
import { measureCertificates } from '../telemetry/certificate-metrics.js';
import { startTelemetry } from '../telemetry/telemetry.js';
import { traceFields } from '../telemetry/trace-fields.js';
import { endOnUncaughtError, leaveOnSignal } from './leave-on-signal.js';
import { openLog } from './open-log.js';
import { startHost } from './start-host.js';

/** What an app is: one context in a process of its own. */
export interface ServiceOptions {
  readonly context: ContextDefinition;
  /** A sentence for the API's documentation. */
  readonly description: string;
  readonly version: string;
}

/**
 * Runs a service until a signal stops it, with what the environment says (`serviceSettings`); or one task of those who deploy it,
 * where the command line names one. What keeps it from starting is one line in the log, and the process exits with 1.
 */
export async function runService(service: ServiceOptions): Promise<void> {
  const { manifest } = service.context;
  const bare = serviceLogger(manifest.source, 'info');
  endOnUncaughtError(bare);
  try {
    const task = serviceTask(process.argv.slice(2));
    if (task === 'api') {
      await printApi(service);
      return;
    }
    const configuration = readServiceConfiguration(process.env, {
      personalData: carriesPersonalData(manifest),
    });
    const logger = serviceLogger(manifest.source, configuration.logLevel);
    logger.info('starting', { task, settings: shownSettings(serviceSettings, process.env) });
    if (task === 'serve') await serve(service, configuration, logger);
    else await runTask(task, service, configuration, logger);
  } catch (error) {
    refuseToStart(bare, error);
  }
}

/** As others take it over, so nothing else is written; and nothing that was opened for it keeps the process. */
async function printApi({ context, description, version }: ServiceOptions): Promise<void> {
  const document = await describeApi(context, { title: context.manifest.source, description, version });
  process.stdout.write(`${JSON.stringify(document, undefined, 2)}\n`, () => process.exit(0));
}

async function serve(
  { context, description, version }: ServiceOptions,
  configuration: ServiceConfiguration,
  logger: Logger,
): Promise<void> {
  const { manifest } = context;
  const telemetry = await startTelemetry(configuration.telemetry, { name: manifest.source, version }, logger);
  measureCertificates(configuration.certificates);
  const log = await openLog(configuration.log, {
    clientId: manifest.source,
    manifests: [manifest],
    logger,
  });
  const host = await startHost({
    contexts: [{ definition: context, database: configuration.database }],
    log,
    http: configuration.http,
    ...(configuration.spillFolder !== undefined && { spillFolder: configuration.spillFolder }),
    ...(configuration.signIn && { signIn: configuration.signIn }),
    ...(configuration.simulators && { simulators: configuration.simulators }),
    ...(configuration.provider && { provider: configuration.provider }),
    ...(configuration.masterKeys && { masterKeys: configuration.masterKeys }),
    logger,
    api: { title: manifest.source, description, version },
  });
  const { delayMs, timeoutMs } = configuration.shutdown;
  leaveOnSignal({
    leave: async () => {
      await host.close(delayMs);
      await log.close();
      await telemetry.stop();
    },
    timeoutMs,
    logger,
  });
}

/** What we know of is a sentence for whoever starts the service; what we do not know of needs its stack. */
function refuseToStart(logger: JsonLogger, error: unknown): never {
  if (error instanceof PlatformError) logger.error(`cannot start: ${error.message}`, { code: error.code });
  else logger.error('cannot start', { error });
  process.exit(1);
}

/** Lines that belong to a request carry its correlation id, and where it is traced the place in the trace. */
function serviceLogger(service: string, level: 'debug' | 'info' | 'warn' | 'error'): JsonLogger {
  return new JsonLogger({
    level,
    write: (line) => process.stdout.write(line),
    fields: () => {
      const request = currentRequest();
      const { correlationId } = request ?? {};
      return { service, ...(correlationId !== undefined && { correlationId }), ...traceFields() };
    },
  });
}
