import type { GatewayKey, GatewayReport } from '@samspill/contracts';
import { uuidv7, type CommandContext, type EventLog } from '@samspill/eventlog';
import { isCompanyId, isRejection, type CompanyId, type Rejection } from '@samspill/kernel';
import { loadCompany } from '../company/company-history.js';
import { companyNotFound } from '../company/company.decider.js';
import {
  gatewayDecider,
  gatewayNotFound,
  pairingRefused,
  type GatewayCommand,
  type GatewayState,
} from './gateway.decider.js';
import { gatewayStream, loadGateways } from './gateway-streams.js';
import { newPairingSecret, PAIRING_VALID_MS, readPairingCode, writePairingCode } from './pairing-code.js';

/** A gateway as callers see it. */
export interface Gateway {
  readonly id: string;
  readonly name: string;
  readonly state: 'offered' | 'connected' | 'disconnected' | 'unpaired';
  /** Of its pairing code, where it is not paired yet. */
  readonly validUntil?: string;
  readonly report?: GatewayReport;
}

export interface OfferedPairing {
  readonly gateway: string;
  /** Shown this once; only its hash is kept. */
  readonly code: string;
  readonly validUntil: string;
}

/** Gateways of companies: paired by a one-time code, connected with their versions, gone. */
export class GatewayDesk {
  constructor(private readonly eventLog: EventLog) {}

  /** Makes a code by which one gateway can be paired, once. */
  async offer(company: string, name: string, context: CommandContext): Promise<OfferedPairing | Rejection> {
    const gateway = uuidv7(context.now.getTime());
    const { secret, secretHash } = newPairingSecret();
    const validUntil = new Date(context.now.getTime() + PAIRING_VALID_MS).toISOString();
    return await this.eventLog.transact(context, async (unit) => {
      const loaded = await loadCompany(unit, company);
      if (isRejection(loaded)) return loaded;
      const command: GatewayCommand = { kind: 'offer-pairing', name, secretHash, validUntil };
      const target = { stream: gatewayStream(loaded.id, gateway), key: loaded.id };
      const outcome = await unit.decide(gatewayDecider, target, command);
      return isRejection(outcome)
        ? outcome
        : { gateway, code: writePairingCode(loaded.id, gateway, secret), validUntil };
    });
  }

  /** Pairs the gateway that holds a code. Sent again with the same key it answers the same, so that a lost answer locks nobody out. */
  async pair(
    code: string,
    key: GatewayKey,
    context: CommandContext,
  ): Promise<{ readonly company: string; readonly gateway: string } | Rejection> {
    const read = readPairingCode(code);
    if (!read) return pairingRefused();
    const { company, gateway, secretHash } = read;
    const command: GatewayCommand = { kind: 'pair', secretHash, key, now: context.now };
    const outcome = await this.#decide(company, gateway, command, {
      ...context,
      actor: `agent:${gateway}`,
    });
    return isRejection(outcome) ? outcome : { company, gateway };
  }

  /** The gateway says that it is there, and in which versions. */
  async connect(
    company: string,
    gateway: string,
    report: GatewayReport,
    context: CommandContext,
  ): Promise<Gateway | Rejection> {
    return await this.#decide(company, gateway, { kind: 'connect', report }, context);
  }

  async disconnect(company: string, gateway: string, context: CommandContext): Promise<Gateway | Rejection> {
    return await this.#decide(company, gateway, { kind: 'disconnect' }, context);
  }

  /** It may do nothing any more. */
  async unpair(company: string, gateway: string, context: CommandContext): Promise<Gateway | Rejection> {
    return await this.#decide(company, gateway, { kind: 'unpair' }, context);
  }

  async list(company: string, context: CommandContext): Promise<readonly Gateway[] | Rejection> {
    return await this.eventLog.transact(context, async (unit) => {
      const loaded = await loadCompany(unit, company);
      if (isRejection(loaded)) return loaded;
      const gateways = await loadGateways(unit, loaded.id);
      return gateways.flatMap(({ id, state }) => (state.kind === 'unknown' ? [] : [describe(id, state)]));
    });
  }

  async #decide(
    company: string,
    gateway: string,
    command: GatewayCommand,
    context: CommandContext,
  ): Promise<Gateway | Rejection> {
    if (!isCompanyId(company)) return companyNotFound();
    if (!isCompanyId(gateway)) return gatewayNotFound();
    return await this.eventLog.transact(context, async (unit) => {
      const outcome = await unit.decide(gatewayDecider, targetOf(company, gateway), command);
      if (isRejection(outcome)) return outcome;
      return outcome.state.kind === 'unknown' ? gatewayNotFound() : describe(gateway, outcome.state);
    });
  }
}

function targetOf(company: CompanyId, gateway: string): { readonly stream: string; readonly key: string } {
  return { stream: gatewayStream(company, gateway), key: company };
}

function describe(id: string, state: Exclude<GatewayState, { kind: 'unknown' }>): Gateway {
  const { name } = state;
  if (state.kind === 'offered') return { id, name, state: 'offered', validUntil: state.validUntil };
  if (state.kind === 'unpaired') return { id, name, state: 'unpaired' };
  const { isConnected, report } = state;
  return { id, name, state: isConnected ? 'connected' : 'disconnected', ...(report && { report }) };
}
