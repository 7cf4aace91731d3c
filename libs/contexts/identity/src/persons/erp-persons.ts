import type { CommandContext, EventLog } from '@samspill/eventlog';
import {
  fold,
  isCompanyId,
  isRejection,
  type CompanyId,
  type DomainEvent,
  type Recorded,
  type Rejection,
} from '@samspill/kernel';
import type {
  FoundPerson,
  PersonClues,
  PersonErased,
  PersonLifted,
  PersonRecord,
  PersonSelection,
} from '@samspill/platform';
import { loadCompany } from '../company/company-history.js';
import { employeeDecider } from '../erp-user/employee.decider.js';
import { employeeOf, erpUserDecider } from '../erp-user/erp-user.decider.js';
import {
  employeeStream,
  erpUserStream,
  isEmployeeEvent,
  isErpUserEvent,
  numberOfStream,
} from '../erp-user/erp-user-streams.js';
import { erpHistory, type ErpHistory } from './erp-history.js';
import { isNamedBy, matchesOf, reasonNames } from './person-match.js';

/** Kinds of people that a company's business system has. */
export const ERP_KINDS = ['erp-user', 'employee'] as const;
type ErpKind = (typeof ERP_KINDS)[number];

/** Streams that are read at once by a search. */
const STREAMS_AT_ONCE = 500;
const STREAM_OF = { 'erp-user': erpUserStream, employee: employeeStream } as const;

export function isErpKind(kind: string): kind is ErpKind {
  return kind === 'erp-user' || kind === 'employee';
}

/** Users and employees of companies' business systems, when somebody asks for a person. */
export class ErpPersons {
  constructor(private readonly eventLog: Pick<EventLog, 'transact'>) {}

  /** @param company as the path names it: these people are found within it, unlike users, who belong to none */
  async find(company: string, clues: PersonClues, context: CommandContext): Promise<readonly FoundPerson[]> {
    if (!isCompanyId(company)) return [];
    const found: FoundPerson[] = [];
    for (const kind of ERP_KINDS) found.push(...(await this.#findKind(company, kind, clues, context)));
    return found;
  }

  /** Forgets them, or only says whom it would forget. */
  async erase(
    company: string,
    records: readonly PersonRecord[],
    { reason, isDryRun }: Pick<PersonSelection, 'reason'> & { readonly isDryRun: boolean },
    context: CommandContext,
  ): Promise<PersonErased['records'] | Rejection> {
    return await this.eventLog.transact(context, async (unit) => {
      const loaded = await loadCompany(unit, company);
      if (isRejection(loaded)) return loaded;
      const outcomes: PersonErased['records'][number][] = [];
      for (const { kind, reference } of records) {
        if (!isErpKind(kind)) continue;
        const stream = STREAM_OF[kind](loaded.id, reference);
        const { state, fields, former } = historyOf(await unit.load(stream));
        if (isNamedBy(reason, [...fields, ...former])) return reasonNames();
        const target = { stream, key: loaded.id };
        const isBefore = state === 'forgotten';
        if (!isDryRun && !isBefore) await decideOn(unit, kind, target, { kind: 'forget', reason });
        const outcome = isBefore ? 'forgotten-before' : isDryRun ? 'would-be-forgotten' : 'forgotten';
        outcomes.push({ kind, reference, outcome });
      }
      return outcomes;
    });
  }

  /** They come in again with the next report of the gateway. */
  async lift(
    company: string,
    records: readonly PersonRecord[],
    reason: string,
    context: CommandContext,
  ): Promise<PersonLifted['records'] | Rejection> {
    return await this.eventLog.transact(context, async (unit) => {
      const loaded = await loadCompany(unit, company);
      if (isRejection(loaded)) return loaded;
      const outcomes: PersonLifted['records'][number][] = [];
      for (const { kind, reference } of records) {
        if (!isErpKind(kind)) continue;
        const stream = STREAM_OF[kind](loaded.id, reference);
        const isForgotten = historyOf(await unit.load(stream)).state === 'forgotten';
        if (isForgotten) await decideOn(unit, kind, { stream, key: loaded.id }, { kind: 'lift', reason });
        outcomes.push({ kind, reference, outcome: isForgotten ? 'lifted' : 'not-forgotten' });
      }
      return outcomes;
    });
  }

  async #findKind(
    company: CompanyId,
    kind: ErpKind,
    clues: PersonClues,
    context: CommandContext,
  ): Promise<readonly FoundPerson[]> {
    const found: FoundPerson[] = [];
    let after: string | undefined;
    do {
      const from = after;
      const { streams, histories } = await this.eventLog.transact(context, async (unit) => {
        const under = await unit.streamsUnder(`identity.${kind}/${company}`, from, STREAMS_AT_ONCE);
        return { streams: under, histories: await unit.histories(under) };
      });
      for (const [stream, events] of histories) found.push(...foundIn(kind, stream, events, clues));
      after = streams.length < STREAMS_AT_ONCE ? undefined : streams.at(-1);
    } while (after !== undefined);
    return found;
  }
}

async function decideOn(
  unit: Parameters<Parameters<EventLog['transact']>[1]>[0],
  kind: ErpKind,
  target: { readonly stream: string; readonly key: string },
  command: { readonly kind: 'forget' | 'lift'; readonly reason: string },
): Promise<void> {
  const outcome =
    kind === 'erp-user'
      ? await unit.decide(erpUserDecider, target, command)
      : await unit.decide(employeeDecider, target, command);
  if (isRejection(outcome)) throw new TypeError(`no rule refuses to ${command.kind}, but ${outcome.code}`);
}

function historyOf(events: readonly Recorded[]): ErpHistory {
  return erpHistory([...events.filter(isErpUserEvent), ...events.filter(isEmployeeEvent)]);
}

function foundIn(
  kind: ErpKind,
  stream: string,
  events: readonly Recorded[],
  clues: PersonClues,
): readonly FoundPerson[] {
  const { state, fields, former } = historyOf(events);
  if (state === 'none') return [];
  const reference = numberOfStream(stream);
  const matches = matchesOf([...fields, ...former], kind, reference, clues);
  if (matches.length === 0) return [];
  return [
    { kind, reference, state, matches, fields, former, elsewhere: [], related: relatedTo(kind, events) },
  ];
}

/** The employee that an ERP user is, and the user here: forgetting the one does not forget the others. */
function relatedTo(kind: ErpKind, events: readonly DomainEvent[]): FoundPerson['related'] {
  if (kind === 'employee') return [];
  const state = fold(erpUserDecider, events.filter(isErpUserEvent));
  if (state.kind !== 'known') return [];
  const employee = employeeOf(state);
  return [
    ...(employee === undefined
      ? []
      : [
          {
            kind: 'employee',
            reference: employee,
            how: 'the employee whom this user of the business system is',
          },
        ]),
    ...(state.user === undefined
      ? []
      : [{ kind: 'user', reference: state.user, how: 'the user here whom they have become' }]),
  ];
}
