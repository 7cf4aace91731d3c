import type { LinkSettings } from '@samspill/contracts';
import type {
  LookUpOutcome,
  OpenKey,
  Outgoing,
  Outside,
  OutsideLimits,
  SendOutcome,
} from '@samspill/eventlog';
import type { Crm, CrmCheck, Crms, CrmWish } from '../crm/crm.js';
import { NOT_CONNECTED } from '../link/link-reasons.js';
import { crmIdIn, keptReference } from './account-reference.js';
import type { CustomersInCrm } from './customers-in-crm.js';
import type { Desired } from './desired.js';
import type { Links } from '../link/links.js';
import type { ReadyCrms } from './ready-crms.js';

/** As much as any CRM takes in one request; one that takes less says so. */
const MAX_BATCH = 100;
/** Whoever mends a customer sees its orders follow within a minute, and a CRM that is back is noticed as soon. */
const LONGEST_RETRY_MS = 60_000;

export interface CrmOutsideDependencies {
  /** The switch that lets it through. */
  readonly switchedBy: 'customers' | 'orders';
  readonly links: Pick<Links, 'running' | 'settings'>;
  readonly crms: Crms;
  readonly ready: ReadyCrms;
  /** Where what goes out belongs to customers, which have to be there first. */
  readonly customers?: Pick<CustomersInCrm, 'find'>;
  /** In the place of those that suit CRMs. */
  readonly limits?: Partial<OutsideLimits>;
}

type Wished =
  | { readonly kind: 'wish'; readonly wish: CrmWish }
  /** Nothing is to be done: a setting of the link says so. */
  | { readonly kind: 'nothing' }
  | { readonly kind: 'later'; readonly code: string; readonly words: string };

/** Brings what a reactor says into the CRM of the company that it is about. */
export function crmOutside(dependencies: CrmOutsideDependencies): Outside<Desired> {
  const { switchedBy, links, crms, ready, customers } = dependencies;
  return {
    limits: {
      batchSize: MAX_BATCH,
      longestRetryMs: LONGEST_RETRY_MS,
      ...dependencies.limits,
    },

    async open() {
      const open = new Map<string, OpenKey>();
      const running = await links.running(switchedBy);
      for (const [company, crm] of await crms.among(running)) {
        const { batchSize, callTimeoutMs, settleMs } = crm.limits;
        open.set(company, { batchSize: Math.min(MAX_BATCH, batchSize), callTimeoutMs, settleMs });
      }
      return open;
    },

    async send(deliveries, signal) {
      const company = deliveries[0]?.key ?? '';
      const [crm, settings] = await Promise.all([crms.of(company), links.settings(company)]);
      if (!crm) return deliveries.map(() => notConnected);
      const check = await ready.check(crm, signal);
      if (check.kind === 'not-ready') return deliveries.map(() => notReady(check));
      const { account } = check;
      const outcomes = await through<SendOutcome>(
        await wishesOf(deliveries, account, settings, customers),
        (wishes) => crm.write(wishes, signal),
        {
          nothing: { kind: 'confirmed' },
          later: ({ code, words }) => ({ kind: 'not-sent', code, words, holdsUp: 'thing' }),
        },
      );
      if (await isElsewhere(company, crm, crms))
        return outcomes.map(() => ({ kind: 'unknown', ...elsewhere }));
      return outcomes.map((outcome) => ('reference' in outcome ? kept(outcome, account) : outcome));
    },

    async lookUp(deliveries, signal) {
      const company = deliveries[0]?.key ?? '';
      const [crm, settings] = await Promise.all([crms.of(company), links.settings(company)]);
      if (!crm) return deliveries.map(() => notAsked);
      // A CRM that lacks fields of ours, as one that was emptied does, cannot be asked by our reference either.
      const check = await ready.check(crm, signal);
      if (check.kind === 'not-ready')
        return deliveries.map(() => ({ kind: 'no-answer', code: check.code, words: check.words }));
      const { account } = check;
      const wished = deliveries.map((delivery) => wishOf(delivery, account, settings, undefined));
      const outcomes = await through<LookUpOutcome>(wished, (wishes) => crm.lookUp(wishes, signal), {
        nothing: { kind: 'there' },
        later: ({ code, words }) => ({ kind: 'no-answer', code, words }),
      });
      if (await isElsewhere(company, crm, crms))
        return outcomes.map(() => ({ kind: 'no-answer', ...elsewhere }));
      return outcomes.map((outcome) => ('reference' in outcome ? kept(outcome, account) : outcome));
    },
  };
}

const nowhere = { code: NOT_CONNECTED, words: 'The company is not connected to a CRM.' };
const notConnected: SendOutcome = { kind: 'not-sent', ...nowhere, holdsUp: 'key' };
const notAsked: LookUpOutcome = { kind: 'no-answer', ...nowhere };

const elsewhere = {
  code: 'crm.connected-anew',
  words: 'The company was connected anew meanwhile: the CRM that it is connected to now is asked.',
};

/** What the former CRM has answered says nothing about the one that the company is connected to now. */
async function isElsewhere(company: string, asked: Crm, crms: Crms): Promise<boolean> {
  return (await crms.of(company)) !== asked;
}

function kept<Outcome extends { readonly reference?: string }>(outcome: Outcome, account: string): Outcome {
  const { reference } = outcome;
  return reference === undefined ? outcome : { ...outcome, reference: keptReference(account, reference) };
}

function notReady({ code, words, retryAfterMs }: Extract<CrmCheck, { kind: 'not-ready' }>): SendOutcome {
  const wait = retryAfterMs !== undefined && { retryAfterMs };
  return { kind: 'not-sent', code, words, holdsUp: 'key', ...wait };
}

async function wishesOf(
  deliveries: readonly Outgoing<Desired>[],
  account: string,
  settings: LinkSettings,
  customers: CrmOutsideDependencies['customers'],
): Promise<readonly Wished[]> {
  const owners = deliveries.flatMap(({ payload }) =>
    payload.state === 'there' && payload.record.kind !== 'customer' ? [payload.record.customer] : [],
  );
  // With customers switched off they are the CRM's affair: it is asked for them by our reference.
  const found = settings.customers ? await customers?.find([...new Set(owners)]) : undefined;
  return deliveries.map((delivery) => wishOf(delivery, account, settings, found));
}

function wishOf(
  { thing, content, idempotencyKey, reference, payload }: Outgoing<Desired>,
  account: string,
  { onDeletion, onErasure }: LinkSettings,
  customers: Awaited<ReturnType<CustomersInCrm['find']>> | undefined,
): Wished {
  const known = crmIdIn(account, reference);
  const ours = { reference: thing, content, idempotencyKey, ...(known !== undefined && { crmId: known }) };
  if (payload.state === 'there') {
    const { record } = payload;
    if (record.kind === 'customer' || !customers)
      return { kind: 'wish', wish: { ...ours, wish: 'put', record } };
    const owner = customers.get(record.customer);
    if (owner?.kind !== 'there') return { kind: 'later', ...(owner ?? unknownCustomer) };
    const crmId = crmIdIn(account, owner.reference);
    return {
      kind: 'wish',
      wish: { ...ours, wish: 'put', record, ...(crmId !== undefined && { customerCrmId: crmId }) },
    };
  }
  const wish = payload.state === 'erased' ? onErasure : onDeletion;
  return wish === 'keep'
    ? { kind: 'nothing' }
    : { kind: 'wish', wish: { ...ours, wish, kind: payload.kind } };
}

const unknownCustomer = {
  code: 'crm.customer-unknown',
  words: 'The ERP has not sent the customer that it belongs to.',
};

/** Asks the CRM about what there is a wish for, and puts the answers back in their places. */
async function through<Outcome>(
  wished: readonly Wished[],
  ask: (wishes: readonly CrmWish[]) => Promise<readonly Outcome[]>,
  otherwise: {
    readonly nothing: Outcome;
    readonly later: (one: Extract<Wished, { kind: 'later' }>) => Outcome;
  },
): Promise<readonly Outcome[]> {
  const wishes = wished.flatMap((one) => (one.kind === 'wish' ? [one.wish] : []));
  const answers = wishes.length > 0 ? [...(await ask(wishes))] : [];
  if (answers.length !== wishes.length)
    throw new TypeError(`the CRM was asked ${wishes.length} things and answered ${answers.length}`);
  const outcomes: Outcome[] = [];
  for (const one of wished) {
    const answer = one.kind === 'wish' ? answers.shift() : undefined;
    if (answer) outcomes.push(answer);
    else if (one.kind === 'later') outcomes.push(otherwise.later(one));
    else outcomes.push(otherwise.nothing);
  }
  return outcomes;
}
