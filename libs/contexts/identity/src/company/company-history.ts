import type { Unit } from '@samspill/eventlog';
import {
  decideOn,
  fold,
  isCompanyId,
  isRejection,
  type CompanyId,
  type Recorded,
  type Rejection,
} from '@samspill/kernel';
import { companyStream, isCompanyEvent } from './company-stream.js';
import {
  companyDecider,
  companyNotFound,
  type CompanyCommand,
  type CompanyStreamEvent,
  type RegisteredCompany,
} from './company.decider.js';

/** A registered company as its stream says: what was written is seen by the next call. */
export interface LoadedCompany {
  readonly id: CompanyId;
  readonly history: readonly Recorded<CompanyStreamEvent>[];
  readonly state: RegisteredCompany;
}

/** A company after a command. */
export interface DecidedCompany extends LoadedCompany {
  readonly isChanged: boolean;
}

/** @param id as it was sent; one that is no id is the id of no company */
export async function loadCompany(unit: Unit, id: string): Promise<LoadedCompany | Rejection> {
  if (!isCompanyId(id)) return companyNotFound();
  const history = await historyOf(unit, id);
  const state = fold(companyDecider, history);
  return state.kind === 'registered' ? { id, history, state } : companyNotFound();
}

/** Loads a company, decides, and appends what was decided. */
export async function decideOnCompany(
  unit: Unit,
  id: CompanyId,
  command: CompanyCommand,
): Promise<DecidedCompany | Rejection> {
  const history = await historyOf(unit, id);
  const events = decideOn(companyDecider, history, command);
  if (isRejection(events)) return events;
  unit.append({ stream: companyStream(id), key: id }, history.length, events);
  const state = fold(companyDecider, [...history, ...events]);
  if (state.kind === 'unregistered') return companyNotFound();
  return { id, history, state, isChanged: events.length > 0 };
}

async function historyOf(unit: Unit, id: CompanyId): Promise<readonly Recorded<CompanyStreamEvent>[]> {
  const events = await unit.load(companyStream(id));
  return events.filter(isCompanyEvent);
}
