import type { SendOutcome } from '@samspill/eventlog';
import { busyRecord, refused, sendOutcomeOf } from '../vendor/failed-call.js';
import type { HubSpotApi, HubSpotInput, HubSpotType } from './hubspot-api.js';
import { REFERENCE } from './hubspot-fields.js';

/** By trace id. */
export type Outcomes = Map<string, SendOutcome>;

/** Statuses about what was sent rather than about the account. */
const ABOUT_INPUTS = new Set([400, 404, 409, 422]);
const CONFLICT = 'CONFLICT';

/**
 * Writes records and says of each what became of it. HubSpot refuses a whole batch for one record in it in some cases (400, 409): then
 * halves of it are tried, down to the one that it will not take, so that a bad record holds up no other.
 */
export async function writeBatches(
  api: HubSpotApi,
  type: HubSpotType,
  action: 'create' | 'update' | 'upsert',
  inputs: readonly HubSpotInput[],
  signal: AbortSignal,
): Promise<Outcomes> {
  if (inputs.length === 0) return new Map();
  const got = await api.write(type, action, inputs, signal);
  if (got.ok) {
    const { written, refused: faults } = got.value;
    return new Map(
      inputs.map(({ traceId }) => [traceId, outcomeOf(written.get(traceId)?.id, faults.get(traceId))]),
    );
  }
  const { failed } = got;
  const isAboutInputs = failed.kind === 'refused' && ABOUT_INPUTS.has(failed.status);
  if (isAboutInputs && inputs.length > 1) {
    const half = Math.ceil(inputs.length / 2);
    const first = await writeBatches(api, type, action, inputs.slice(0, half), signal);
    const second = await writeBatches(api, type, action, inputs.slice(half), signal);
    return new Map([...first, ...second]);
  }
  const outcome = sendOutcomeOf(failed);
  const isConflict = failed.kind === 'refused' && failed.status === 409 && outcome.kind === 'refused';
  return new Map(inputs.map(({ traceId }) => [traceId, isConflict ? conflictOf(outcome.words) : outcome]));
}

function outcomeOf(
  id: string | undefined,
  fault: { readonly category: string; readonly message: string } | undefined,
): SendOutcome {
  if (id !== undefined) return { kind: 'confirmed', reference: id };
  if (!fault)
    return { kind: 'unknown', code: 'crm.failing', words: 'HubSpot said nothing about this record.' };
  return fault.category === CONFLICT ? conflictOf(fault.message) : refused(fault.message);
}

/** Our reference was given to another record a moment ago: it is found next time. Any other field stays as it is, as an e-mail address does. */
function conflictOf(words: string): SendOutcome {
  return words.includes(REFERENCE) ? busyRecord(words) : refused(words);
}
