import type { EventCatalogue } from '@samspill/contracts';
import type { EventStore } from '../event-store.js';
import type { Logger } from '../logger.js';
import type { LogManifest } from '../manifest.js';
import type { ProjectionStore } from '../projection-store.js';
import type { IntakeHolds } from './intake-hold.js';
import type { RevertDependencies } from './revert-dependencies.js';
import { RevertRunner } from './revert-runner.js';
import { Reverts } from './reverts.js';

interface OpenRevertsOptions {
  readonly manifest: LogManifest;
  readonly catalogue: EventCatalogue;
  readonly eventStore: EventStore;
  readonly projectionStore: ProjectionStore;
  readonly holds: IntakeHolds;
  readonly transact: RevertDependencies['transact'];
  readonly audit: RevertDependencies['audit'];
  readonly logger: Logger;
}

/** Reverts of a service, and who works on them; nobody where its manifest says that nothing can be put back. */
export function openReverts({
  manifest,
  catalogue,
  eventStore,
  projectionStore,
  ...more
}: OpenRevertsOptions): { readonly reverts: Reverts; readonly runner: RevertRunner | undefined } {
  const { reverting, source } = manifest;
  if (!reverting) return { reverts: new Reverts(undefined, undefined), runner: undefined };
  const forgetting = [...catalogue.definitions()].filter(({ forgets }) => forgets).map(({ type }) => type);
  const dependencies: RevertDependencies = {
    ...more,
    reverting,
    reverts: projectionStore.reverts,
    eventStore,
    forgetting,
    self: `service:${source}`,
  };
  const runner = new RevertRunner(dependencies, (operation, work) =>
    projectionStore.exclusively(operation, work),
  );
  return { reverts: new Reverts(dependencies, runner), runner };
}
