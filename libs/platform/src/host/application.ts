import { Module, type DynamicModule } from '@nestjs/common';
import { DiscoveryModule, DiscoveryService, NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Logger } from '@samspill/eventlog';
import type { FastifyReply, FastifyRequest } from 'fastify';

import { AccessGuard, type GuardedContext } from '../access/access.guard.js';
import { requireDeclaredRoutes } from '../access/declared-routes.js';
import type { SignIn } from '../access/sign-in.js';
import { HealthController } from '../health/health.controller.js';
import { Readiness, readinessSource, type ContextToWatch } from '../health/readiness.js';
import { answerClientError } from '../http/client-error.js';
import { addContentTypes, JSON_BODY_LIMIT_BYTES } from '../http/content.js';
import { openApiDocument, serveOpenApi, type OpenApiInfo } from '../http/openapi.js';
import { ProblemFilter } from '../http/problem.filter.js';
import { addRequestHooks } from '../http/request-hooks.js';
import { SchemaValidationPipe } from '../http/schema-validation.pipe.js';
import { NestLogger } from '../logging/nest-logger.js';
import { Lifecycle } from './lifecycle.js';

/** A record's number of 50 characters in a path, each percent-encoded UTF-8 of up to four bytes. */
const MAX_PATH_PART_LENGTH = 600;

@Module({})
class HostModule {}

export interface ApplicationOptions {
  readonly modules: readonly DynamicModule[];
  readonly contexts: readonly ContextToWatch[];
  readonly lifecycle: Lifecycle;
  /** Address that it will listen on. */
  readonly host: string;
  /** How many proxies in front say who asks, one behind the other. */
  readonly proxies?: number;
  readonly logger: Logger;
  readonly api: OpenApiInfo;
  /** Who may use what; without it everyone may use everything. */
  readonly access?: {
    readonly signIn: SignIn;
    /** By name. */
    readonly contexts: ReadonlyMap<string, GuardedContext>;
  };
}

/** The HTTP side of a process: routes of all modules, health, API docs, and one way to fail. Not listening yet. */
export async function createApplication(options: ApplicationOptions): Promise<NestFastifyApplication> {
  const { logger, lifecycle, access } = options;
  const problems = new ProblemFilter(logger);
  const adapter = new FastifyAdapter({
    bodyLimit: JSON_BODY_LIMIT_BYTES,
    // By number: whoever takes the first address that is given takes what the client wrote.
    trustProxy: (_address, hop) => hop < (options.proxies ?? 0),
    clientErrorHandler: answerClientError,
    frameworkErrors: (error: unknown, request: FastifyRequest, reply: FastifyReply) =>
      problems.answer(error, request, reply),
    // The hook of our own refuses with a problem, and lets probes through.
    return503OnClosing: false,
    routerOptions: { maxParamLength: MAX_PATH_PART_LENGTH },
  });
  const server = adapter.getInstance();
  addRequestHooks(server, {
    host: options.host,
    isLeaving: () => lifecycle.phase === 'leaving',
    isStopping: () => lifecycle.phase === 'leaving' || lifecycle.phase === 'unready',
    signIn: access?.signIn,
  });
  addContentTypes(server);
  // eslint-disable-next-line @typescript-eslint/no-unsafe-class-instance-assignment -- Nest declares these options as a class, but exports none to make one of
  const app = await NestFactory.create<NestFastifyApplication>(hostModule(options), adapter, {
    logger: new NestLogger(logger),
    abortOnError: false,
    bodyParser: false,
  });
  app.useGlobalFilters(problems);
  if (access) {
    requireDeclaredRoutes(app.get(DiscoveryService));
    app.useGlobalGuards(new AccessGuard(access.contexts, logger));
  }
  app.useGlobalPipes(new SchemaValidationPipe());
  // Pages of other sites may not change anything here; TLS, and that browsers insist on it, is the Ingress's affair.
  app.enableCsrfProtection();
  app.useSecurityHeaders({
    strictTransportSecurity: false,
    contentSecurityPolicy: { directives: { upgradeInsecureRequests: null } },
  });
  serveOpenApi(app, openApiDocument(app, options.api));
  return app;
}

function hostModule({ modules, lifecycle, contexts }: ApplicationOptions): DynamicModule {
  return {
    module: HostModule,
    imports: [DiscoveryModule, ...modules],
    controllers: [HealthController],
    providers: [
      { provide: Lifecycle, useValue: lifecycle },
      { provide: Readiness, useValue: new Readiness(lifecycle, contexts.map(readinessSource)) },
    ],
  };
}
