import { UNFINISHED, type EventLog } from '@samspill/eventlog';

import { shown } from './operation.schemas.js';
import type { StatusAnswer } from './status.answers.js';

/** How a service stands, whatever of it works: a projection that has not been built yet is left out of the rows. */
export async function serviceStatus(eventLog: EventLog): Promise<StatusAnswer> {
  const liveness = await eventLog.overview.projections();
  const projectionRows: StatusAnswer['projectionRows'][number][] = [];
  for (const { name, version, liveGeneration } of liveness) {
    if (liveGeneration === undefined) continue;
    projectionRows.push({ name, version, ...(await eventLog.fingerprint(name)) });
  }
  const operations = [
    ...(await eventLog.operations.list('rebuild')),
    ...(await eventLog.operations.list('inspection')),
  ];
  return {
    ...eventLog.status(),
    projectionRows,
    liveness,
    unpublished: await eventLog.backlog(),
    operations: operations.filter(({ state }) => UNFINISHED.includes(state)).map(shown.operation),
  };
}
