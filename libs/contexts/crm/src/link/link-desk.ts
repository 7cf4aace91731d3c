import type { LinkEvent, LinkSettings } from '@samspill/contracts';
import type { CommandContext, EventLog } from '@samspill/eventlog';
import { isRejection, reject, type CompanyId, type Rejection } from '@samspill/kernel';
import type { RegisteredCompanies } from '../company/registered-companies.js';
import type { Crms } from '../crm/crm.js';
import { linkDecider, linkStream, type LinkCommand, type LinkState } from './link.decider.js';
import { NOT_CONNECTED, READY, whatToDo, type LinkReason } from './link-reasons.js';

/** A person waits for the answer. */
const CHECK_TIMEOUT_MS = 15_000;
/** How long a command's answer waits until it can be seen. */
const SHOWN_TIMEOUT_MS = 10_000;

/** What a look at a company's CRM has shown. */
export interface Found {
  readonly code: LinkReason;
  /** The CRM's own. */
  readonly words: string;
}

/** Commands to the link between a company and its CRM. */
export class LinkDesk {
  constructor(
    private readonly eventLog: EventLog,
    private readonly companies: RegisteredCompanies,
    private readonly crms: Crms,
  ) {}

  /** Starts the link, once the CRM was looked at; refused with what has to be done first (L1, L3). */
  async start(text: string, context: CommandContext): Promise<CompanyId | Rejection> {
    const company = await this.companies.find(text);
    if (isRejection(company)) return company;
    const found = await this.#look(company);
    const state = await this.#decide(company, { kind: 'start', found: found.code }, context);
    if (isRejection(state)) return state;
    return state.isOn ? company : notStarted(found);
  }

  /** What is under way is finished; nothing more goes out. */
  async stop(text: string, context: CommandContext): Promise<CompanyId | Rejection> {
    return await this.#command(text, { kind: 'stop' }, context);
  }

  async changeSettings(
    text: string,
    settings: Partial<LinkSettings>,
    context: CommandContext,
  ): Promise<CompanyId | Rejection> {
    return await this.#command(text, { kind: 'change-settings', settings }, context);
  }

  /** Looks at the CRM, and remembers what that has shown. */
  async check(text: string, context: CommandContext): Promise<Found | Rejection> {
    const company = await this.companies.find(text);
    if (isRejection(company)) return company;
    const found = await this.#look(company);
    const state = await this.#decide(company, { kind: 'diagnose', found: found.code }, context);
    return isRejection(state) ? state : found;
  }

  async moveWatermark(
    company: CompanyId,
    moved: Extract<LinkEvent, { type: 'crm.link.watermark-moved' }>['data'],
    context: CommandContext,
  ): Promise<void> {
    await this.#decide(company, { kind: 'move-watermark', moved }, context);
  }

  async #command(
    text: string,
    command: LinkCommand,
    context: CommandContext,
  ): Promise<CompanyId | Rejection> {
    const company = await this.companies.find(text);
    if (isRejection(company)) return company;
    const state = await this.#decide(company, command, context);
    return isRejection(state) ? state : company;
  }

  async #decide(
    company: CompanyId,
    command: LinkCommand,
    context: CommandContext,
  ): Promise<LinkState | Rejection> {
    const target = { stream: linkStream(company), key: company };
    const outcome = await this.eventLog.transact(context, (unit) =>
      unit.decide(linkDecider, target, command),
    );
    if (isRejection(outcome)) return outcome;
    await this.eventLog.settled(company, ['crm.link'], SHOWN_TIMEOUT_MS);
    return outcome.state;
  }

  async #look(company: CompanyId): Promise<Found> {
    const crm = await this.crms.of(company);
    if (!crm) return { code: NOT_CONNECTED, words: '' };
    try {
      const check = await crm.check(AbortSignal.timeout(CHECK_TIMEOUT_MS));
      return check.kind === 'ready' ? { code: READY, words: '' } : check;
    } catch (error) {
      return { code: 'crm.unreachable', words: error instanceof Error ? error.message : String(error) };
    }
  }
}

function notStarted({ code, words }: Found): Rejection {
  return reject(code, words === '' ? whatToDo(code) : `${whatToDo(code)} In the CRM’s own words: ${words}`);
}
