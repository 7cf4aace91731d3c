import {
  Database,
  EventLog,
  MemoryCluster,
  MemoryLog,
  PostgresEventStore,
  PostgresProjectionStore,
  silentLogger,
} from '@samspill/eventlog';
import { PARTITIONS } from '@samspill/contracts';
import type { OpenAPIObject } from '@nestjs/swagger';
import { DataSource } from 'typeorm';

import type { OpenContext } from '../context/open-context.js';
import type { ContextDefinition } from '../context/context-definition.js';
import { createApplication } from '../host/application.js';
import { Lifecycle } from '../host/lifecycle.js';
import { contextModules } from '../host/context-modules.js';
import { openApiDocument, type OpenApiInfo } from '../http/openapi.js';

/** Never connected to: what an API looks like does not depend on what is stored. */
const NOWHERE = 'postgresql://127.0.0.1:1/none';

/** The OpenAPI document of a service as it would serve it, without a database, a log or any setting. */
export async function describeApi(definition: ContextDefinition, api: OpenApiInfo): Promise<OpenAPIObject> {
  const context = unopenedContext(definition);
  const app = await createApplication({
    modules: contextModules(context),
    contexts: [context],
    lifecycle: new Lifecycle(),
    host: '127.0.0.1',
    logger: silentLogger,
    api,
  });
  return openApiDocument(app, api);
}

function unopenedContext(definition: ContextDefinition): OpenContext {
  const { manifest, entities = [] } = definition;
  const logger = silentLogger;
  const database = new Database({ url: NOWHERE, applicationName: 'none', maxConnections: 1, logger });
  const dataSource = new DataSource({ type: 'postgres', url: NOWHERE, entities: [...entities] });
  const eventLog = new EventLog({
    manifest,
    eventStore: new PostgresEventStore(database, PARTITIONS),
    projectionStore: new PostgresProjectionStore(database),
    log: new MemoryLog(new MemoryCluster()),
    logger,
    ...(definition.outsides && { outsides: definition.outsides({ database, dataSource, logger }) }),
  });
  return { definition, database, dataSource, eventLog, logger, close: () => database.close() };
}
