import type { LinkSettings } from '@samspill/contracts';
import type { KeyStatus } from '@samspill/eventlog';
import { heals, NOT_CONNECTED, READY, whatToDo } from './link-reasons.js';

/** What is transferred, as people know it. */
export const TRANSFERS = ['customers', 'persons', 'orders'] as const;
export type Transfer = (typeof TRANSFERS)[number];

/** Why a link does not run, and what somebody has to do about it. */
export interface LinkProblem {
  readonly code: string;
  /** The other side's; empty where it has said nothing. */
  readonly words: string;
  readonly whatToDo: string;
  /** RFC 3339. */
  readonly since?: string;
  /** When it is tried next. */
  readonly until?: string;
}

export type LinkStanding =
  /** `reason`: why it could not be started. */
  | { readonly state: 'stopped'; readonly reason?: LinkProblem }
  | { readonly state: 'running' }
  /** Heals by itself, or waits for somebody who looks after the service. */
  | { readonly state: 'waiting'; readonly reason: LinkProblem }
  /** Somebody has to do something. */
  | { readonly state: 'failing'; readonly reason: LinkProblem };

/** A link as it was told to be. */
export interface KnownLink {
  readonly isOn: boolean;
  readonly settings: LinkSettings;
  readonly diagnosis: string | undefined;
  readonly diagnosedAt: string | undefined;
}

/** How a link stands, from what it was told, whether the company is connected, and how its deliveries go (L1, L3, L11). */
export function standingOf(
  link: KnownLink,
  isConnected: boolean,
  transfers: Readonly<Record<Transfer, KeyStatus>>,
): LinkStanding {
  if (!link.isOn) return stopped(link);
  if (!isConnected) return { state: 'failing', reason: problem(NOT_CONNECTED, '') };
  const { customers, orders } = link.settings;
  const switchedOn = TRANSFERS.filter((transfer) => (transfer === 'orders' ? orders : customers));
  const statuses = switchedOn.map((transfer) => transfers[transfer]);
  const waits = statuses
    .flatMap(({ wait }) => wait ?? [])
    .toSorted((one, other) => Number(heals(one.code)) - Number(heals(other.code)));
  const [wait] = waits;
  if (wait) {
    const { code, words, since, until } = wait;
    const reason = { ...problem(code, words), since, until };
    return { state: heals(code) ? 'waiting' : 'failing', reason };
  }
  for (const { standing } of statuses) {
    if (standing.state === 'held')
      return { state: 'waiting', reason: serviceProblem('reactor.held', standing.reason) };
    if (standing.state === 'failing')
      return { state: 'waiting', reason: serviceProblem('reactor.failing', standing.reason) };
  }
  return { state: 'running' };
}

function stopped({ diagnosis = READY, diagnosedAt }: KnownLink): LinkStanding {
  if (diagnosis === READY) return { state: 'stopped' };
  return {
    state: 'stopped',
    reason: { ...problem(diagnosis, ''), ...(diagnosedAt !== undefined && { since: diagnosedAt }) },
  };
}

function problem(code: string, words: string): LinkProblem {
  return { code, words, whatToDo: whatToDo(code) };
}

/** Something about this service, not about the CRM. */
function serviceProblem(code: string, words: string): LinkProblem {
  return {
    code,
    words,
    whatToDo: 'Nothing in the CRM: those who look after the service see it, and let it go on.',
  };
}
