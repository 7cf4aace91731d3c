import { setTimeout as delay } from 'node:timers/promises';

import { carriesPersonalData, type Log, type Logger, type MasterKeys } from '@samspill/eventlog';

import {
  isLoopback,
  type DatabaseConfiguration,
  type HttpConfiguration,
} from '../configuration/service-configuration.js';
import type { ProviderConfiguration } from '../configuration/provider-settings.js';
import type { ContextDefinition } from '../context/context-definition.js';
import { EventLogTransport } from '../context/event-log.transport.js';
import { openContext, type OpenContext } from '../context/open-context.js';
import { guardedContexts } from '../access/context-access.js';
import { SignIn, type SignInConfiguration } from '../access/sign-in.js';
import { Readiness, readinessSource } from '../health/readiness.js';
import type { OpenApiInfo } from '../http/openapi.js';
import { measureContext } from '../telemetry/context-metrics.js';
import { createApplication } from './application.js';
import { closeApplication } from './close-application.js';
import { contextModules } from './context-modules.js';
import { Lifecycle } from './lifecycle.js';
import { listen } from './listen.js';

export interface HostOptions {
  /** Each context with the database of its own. */
  readonly contexts: readonly {
    readonly definition: ContextDefinition;
    readonly database: DatabaseConfiguration;
  }[];
  readonly log: Log;
  readonly http: HttpConfiguration;
  readonly logger: Logger;
  /** What the API's documentation says of itself. */
  readonly api: OpenApiInfo;
  /** Where rebuilds put what they cannot hold in memory; a folder of the system's temporary one unless given. */
  readonly spillFolder?: string;
  /** With them personal data is sealed. */
  readonly masterKeys?: MasterKeys;
  /** Without it everyone who reaches the process may do everything. */
  readonly signIn?: SignInConfiguration;
  /** Simulators in the place of vendors' systems: origins by vendor. */
  readonly simulators?: ReadonlyMap<string, string>;
  /** Makes identity the OpenID provider. */
  readonly provider?: ProviderConfiguration;
  /** Partitions of the topics; those of the contracts unless a test says otherwise. */
  readonly partitions?: number;
}

/** Contexts that run in this process behind one port. */
export interface Host {
  /** Address of the API, e.g. `http://127.0.0.1:8080`. */
  readonly url: string;
  readonly contexts: readonly OpenContext[];
  readonly readiness: Readiness;
  /**
   * Leaves in order: not ready any more, `delayMs` later no new requests, requests and batches under way finished, connections
   * closed. The log stays open; who opened it closes it.
   */
  close(delayMs?: number): Promise<void>;
}

/**
 * Opens the contexts, serves their routes, and starts their event logs in the background: a log that is not there yet keeps
 * the process unready, not from starting.
 * @throws PlatformError with a sentence that says what is wrong and what to do; everything opened is closed then
 */
export async function startHost(options: HostOptions): Promise<Host> {
  const { http, log, logger, api } = options;
  const lifecycle = new Lifecycle();
  await using opened = new AsyncDisposableStack();
  const contexts: OpenContext[] = [];
  for (const { definition, database } of options.contexts) {
    const { masterKeys, partitions, provider, simulators, spillFolder } = options;
    const context = await openContext(definition, {
      database,
      log,
      logger,
      ...(partitions === undefined ? {} : { partitions }),
      ...(spillFolder === undefined ? {} : { spillFolder }),
      ...(masterKeys === undefined ? {} : { masterKeys }),
      ...(simulators === undefined ? {} : { simulators }),
      ...(provider === undefined ? {} : { provider }),
    });
    contexts.push(opened.adopt(context, (unused) => unused.close()));
    opened.defer(measureContext(context));
  }
  const modules = contexts.flatMap(contextModules);
  const app = opened.adopt(
    await createApplication({
      modules,
      contexts,
      lifecycle,
      host: http.host,
      ...(http.proxies !== undefined && { proxies: http.proxies }),
      logger,
      api,
      ...(options.signIn && {
        access: { signIn: new SignIn(options.signIn), contexts: guardedContexts(contexts) },
      }),
    }),
    closeApplication,
  );
  for (const { eventLog } of contexts) app.connectMicroservice({ strategy: new EventLogTransport(eventLog) });
  const url = await listen(app, http);
  await app.startAllMicroservices();
  lifecycle.phase = 'serving';
  logger.info('listening', { url, contexts: contexts.map((context) => context.definition.manifest.name) });
  if (!options.masterKeys && contexts.some(({ definition }) => carriesPersonalData(definition.manifest)))
    logger.warn('PERSONAL DATA IS NOT SEALED: set SAMSPILL_MASTER_KEYS, so that people can be forgotten.');
  for (const [vendor, origin] of options.simulators ?? [])
    logger.warn(`NOTHING GOES TO ${vendor}: SAMSPILL_SIMULATORS puts a simulator in its place.`, { origin });
  if (!options.signIn && !isLoopback(http.host)) warnOfOpenDoor(logger, http.host);
  const held = opened.move();
  const close = async (delayMs = 0): Promise<void> => {
    lifecycle.phase = 'unready';
    await delay(delayMs);
    lifecycle.phase = 'leaving';
    await held.disposeAsync();
  };
  return { url, contexts, readiness: new Readiness(lifecycle, contexts.map(readinessSource)), close };
}

function warnOfOpenDoor(logger: Logger, host: string): void {
  logger.warn(
    `LISTENING ON ${host} WITHOUT SIGN-IN: everyone who reaches this address can read and change everything. ` +
      'Set SAMSPILL_HTTP_HOST to 127.0.0.1 unless only trusted machines can reach it.',
    { host },
  );
}
