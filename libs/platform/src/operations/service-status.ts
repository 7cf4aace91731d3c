import { UNFINISHED, type EventLog, type ProjectionStatus } from '@samspill/eventlog';
import { reasonOf } from '@samspill/kernel';

import { shown } from './operation.schemas.js';
import { shownReactor } from './shown-reactor.js';
import type { StatusAnswer } from './status.answers.js';

/** A log that does not answer in this time is away; nobody waits longer to hear how the rest stands. */
const LOG_WITHIN_MS = 5_000;

/**
 * How a service stands, whatever of it works: a projection that has not been built yet is left out of the rows.
 * @param verified whether all rows are counted and hashed, which reads each of them
 */
export async function serviceStatus(eventLog: EventLog, verified: boolean): Promise<StatusAnswer> {
  const { liveness, logTrouble } = await livenessOf(eventLog);
  const projectionRows: StatusAnswer['projectionRows'][number][] = [];
  for (const { name, version, liveGeneration } of verified ? liveness : []) {
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
    ...(logTrouble !== undefined && { logTrouble }),
    unpublished: await eventLog.backlog(),
    reactors: (await eventLog.reactors.statuses()).map(shownReactor),
    operations: operations.filter(({ state }) => UNFINISHED.includes(state)).map(shown.operation),
  };
}

/** How projections stand to the log; where that is away, why that is not known. */
async function livenessOf(
  eventLog: EventLog,
): Promise<{ readonly liveness: readonly ProjectionStatus[]; readonly logTrouble?: string }> {
  const answered = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    answered.reject(new Error(`The log has not answered within ${LOG_WITHIN_MS / 1_000} seconds.`));
  }, LOG_WITHIN_MS);
  try {
    const liveness = await Promise.race([eventLog.overview.projections(), answered.promise]);
    return { liveness };
  } catch (error) {
    return { liveness: [], logTrouble: reasonOf(error) };
  } finally {
    clearTimeout(timer);
  }
}
