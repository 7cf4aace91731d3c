export {
  anyone,
  companyAdministrator,
  companyGateway,
  companyMember,
  companyRole,
  operator,
  Permissions,
  signedIn,
  someAdministrator,
  userThemself,
  type Permission,
} from './access/permission.js';
export { companiesOf, hasLevel, type Access } from './access/access.js';
export { GRANTS_VIEW, grantsProjection } from './access/grants.projection.js';
export { Grants } from './access/grants.js';
export { verdictOf } from './access/allowed.js';
export { currentAccess, currentCaller } from './access/current-access.js';
export { SignIn, type Credentials, type SignInConfiguration } from './access/sign-in.js';
export { AUDIENCE, type Caller, type SecondFactorOf } from './access/access-tokens.js';
export { TWO_FACTORS } from './access/access.guard.js';
export {
  isLoopback,
  readServiceConfiguration,
  serviceSettings,
} from './configuration/service-configuration.js';
export type {
  DatabaseConfiguration,
  HttpConfiguration,
  LogConfiguration,
  LogLevel,
  ServiceConfiguration,
  ShutdownConfiguration,
} from './configuration/service-configuration.js';
export type { MailConfiguration, ProviderConfiguration } from './configuration/provider-settings.js';
export type { KafkaSasl } from './configuration/kafka-settings.js';
export { ConfigurationError, readSettings, shownSettings } from './configuration/read-settings.js';
export type {
  Environment,
  SettingFault,
  SettingsRule,
  SettingsShape,
} from './configuration/read-settings.js';
export {
  hostsWithPorts,
  oneOf,
  postgresUrl,
  text,
  wholeNumber,
  yesOrNo,
} from './configuration/setting-types.js';
export type {
  ContextDefinition,
  ContextDependencies,
  EntityClass,
  MigrationClass,
} from './context/context-definition.js';
export { openContext, type OpenContext, type OpenContextOptions } from './context/open-context.js';
export { isDatabaseUnavailable } from './database/availability.js';
export { readEntities } from './database/company-entities.js';
export { Readiness, type Lacks } from './health/readiness.js';
export { createApplication, type ApplicationOptions } from './host/application.js';
export { endOnUncaughtError, leaveOnSignal, type LeaveOptions } from './host/leave-on-signal.js';
export { Lifecycle, type Phase } from './host/lifecycle.js';
export { listen } from './host/listen.js';
export { openLog, type OpenLogOptions } from './host/open-log.js';
export { runService, type ServiceOptions } from './host/run-service.js';
export { startHost, type Host, type HostOptions } from './host/start-host.js';
export {
  BodyLimit,
  CSV,
  JSON_BODY_LIMIT_BYTES,
  NDJSON,
  TakesCsv,
  TakesForm,
  TakesNdjson,
} from './http/content.js';
export { HttpProblem } from './http/http-problem.js';
export { DOCS_PATH, OPENAPI_PATH, type OpenApiInfo } from './http/openapi.js';
export { PROBLEM_JSON, rejectionStatus, type Problem } from './http/problem.js';
export { accepted, RejectionError } from './http/rejection-error.js';
export {
  commandContext,
  currentRequest,
  requestContext,
  runInContext,
  type RequestContext,
} from './http/request-context.js';
export { WhileAsked } from './http/while-asked.js';
export { batchAnswer, batchQuery } from './intake/batch.answers.js';
export { takeBatch, type BatchAnswer, type BatchName, type BatchTurn } from './intake/batch-turn.js';
export { sentBatch } from './intake/sent-batch.js';
export {
  lineFault,
  MAX_BATCH_BYTES,
  MAX_CHANGES,
  readNdjsonBatch,
  referenceOfSent,
  type NdjsonBatch,
} from './intake/ndjson-batch.js';
export { JsonLogger, type JsonLoggerOptions } from './logging/json-logger.js';
export { keepsNoPersons, noSuchKind } from './persons/keeps-no-persons.js';
export type { PersonRequests, PersonSelection } from './persons/person-requests.js';
export {
  MAX_RECORDS,
  type FoundPerson,
  type KeptData,
  type PersonClues,
  type PersonErased,
  type PersonFindings,
  type PersonLifted,
  type PersonMatch,
  type PersonRecord,
  type PersonValue,
} from './persons/person.answers.js';
