import type { Command } from 'commander';
import type { OperationAnswer } from '@samspill/platform/answers';
import { isCompanyId } from '@samspill/kernel';
import { EXIT, Stop } from './exit-codes.js';

type Scope = OperationAnswer['task']['scope'];

/** What is to be rebuilt or inspected; without a service, in every one that can. */
export interface Target {
  readonly service: string | undefined;
  readonly scope: Scope;
}

const RFC_3339 = /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:[Zz]|[+-]\d\d:\d\d)$/;
const PLACE = /^(?<topic>[A-Za-z0-9._-]+):(?<partition>\d{1,9}):(?<before>\d{1,19})$/;

export type AsOf = Extract<OperationAnswer['task'], { kind: 'inspection' }>['asOf'];

/**
 * Reads a command's options and gathers every fault, so that all of them are said at once: {@link done} ends the command if there are
 * any. What is read before is only of use after it.
 */
export class OptionReader {
  readonly #values: Readonly<Record<string, unknown>>;
  readonly #faults: string[] = [];

  constructor(private readonly command: Command) {
    this.#values = command.optsWithGlobals();
    for (const extra of command.args.slice(command.registeredArguments.length)) {
      if (command.registeredArguments.at(-1)?.variadic && !extra.startsWith('-')) continue;
      this.#faults.push(
        extra.startsWith('-') ? `There is no option ${extra}.` : `«${extra}» is one word too many.`,
      );
    }
  }

  text(name: string): string | undefined {
    const value = this.#values[name];
    return typeof value === 'string' ? value.trim() : undefined;
  }

  texts(name: string): readonly string[] {
    const value = this.#values[name];
    return Array.isArray(value) ? value.map(String) : [];
  }

  isSet(name: string): boolean {
    return this.#values[name] === true;
  }

  /** @param why what the option is for, as the end of a sentence */
  required(name: string, why: string): string {
    const value = this.text(name);
    if (value === undefined || value === '') this.fault(`--${dashed(name)} is required: ${why}.`);
    return value ?? '';
  }

  /** An RFC 3339 time, as it was given. */
  time(name: string): string | undefined {
    const value = this.text(name);
    if (value === undefined || isTime(value)) return value;
    this.fault(
      `--${dashed(name)} takes an RFC 3339 time with its offset (2026-03-01T12:00:00Z), not «${value}».`,
    );
    return undefined;
  }

  wholeNumber(name: string, min: number): number | undefined {
    const value = this.text(name);
    if (value === undefined) return undefined;
    const number = /^\d{1,15}$/.test(value) ? Number(value) : NaN;
    if (number >= min) return number;
    this.fault(`--${dashed(name)} takes a whole number from ${min} on, not «${value}».`);
    return undefined;
  }

  oneOf<Choice extends string>(name: string, choices: readonly Choice[]): Choice | undefined {
    const value = this.text(name);
    if (value === undefined) return undefined;
    const found = choices.find((choice) => choice === value);
    if (found === undefined) this.fault(`--${dashed(name)} takes ${choices.join(' or ')}, not «${value}».`);
    return found;
  }

  /** `--projection`, `--service` or `--company`, the last one also with `--service`. */
  target(services: readonly string[]): Target {
    return this.#target(services, this.text('service'));
  }

  /** As {@link target}, or several services: `--service` again and again, or `--all-services`. */
  targets(services: readonly string[]): readonly Target[] {
    const chosen = this.services(services);
    const isOneThing = this.text('projection') !== undefined || this.text('company') !== undefined;
    if (chosen.length < 2 && !this.isSet('allServices')) return [this.#target(services, chosen[0])];
    if (isOneThing) this.fault('Several services do not go together with --projection or --company.');
    return chosen.map((service) => ({ service, scope: { kind: 'service' } }));
  }

  /** `--service`, given as often as there are services, or `--all-services`; none where neither was given. */
  services(services: readonly string[]): readonly string[] {
    const named = [...new Set(this.texts('service').map((name) => name.trim()))];
    if (!this.isSet('allServices')) {
      if (named.length > 1)
        for (const name of named) if (!services.includes(name)) this.fault(noService(name, services));
      return named;
    }
    if (named.length > 0) this.fault('--all-services and --service do not go together.');
    return services;
  }

  #target(services: readonly string[], service: string | undefined): Target {
    const [projection, company] = [this.text('projection'), this.text('company')];
    if (service !== undefined && !services.includes(service)) this.fault(noService(service, services));
    if (company !== undefined) {
      if (!isCompanyId(company))
        this.fault(`--company takes a company's id, a UUID in lower case, not «${company}».`);
      if (projection !== undefined) this.fault('--company and --projection do not go together.');
      return { service, scope: { kind: 'company', company } };
    }
    if (projection !== undefined) {
      if (service !== undefined) this.fault('--projection and --service do not go together.');
      return { service: this.serviceOf(projection, services), scope: { kind: 'projection', projection } };
    }
    if (service === undefined)
      this.fault('Say what: --projection <name>, --service <name> or --company <id>.');
    return { service, scope: { kind: 'service' } };
  }

  /** The service that a projection's name begins with. */
  serviceOf(projection: string, services: readonly string[]): string | undefined {
    const service = projection.split('.')[0];
    if (service !== undefined && services.includes(service) && projection.includes('.')) return service;
    this.fault(
      `«${projection}» is no projection: their names begin with a service, one of ${services.join(', ')}, as in contacts.directory.`,
    );
    return undefined;
  }

  /** A time, or places in partitions: `samspill.contacts:3:1042,samspill.identity:0:17`. */
  asOf(name: string): AsOf {
    const value = this.required(
      name,
      'a time such as 2026-03-01T12:00:00Z, or offsets such as samspill.contacts:3:1042',
    );
    if (isTime(value)) return { kind: 'time', time: value };
    const places = value.split(',').map((text) => PLACE.exec(text.trim())?.groups);
    const offsets = places.flatMap((place) => {
      const { topic, partition, before } = place ?? {};
      if (topic === undefined || partition === undefined || before === undefined) return [];
      return [{ topic, partition: Number(partition), before }];
    });
    if (value !== '' && offsets.length !== places.length)
      this.fault(
        `--${dashed(name)} takes an RFC 3339 time with its offset (2026-03-01T12:00:00Z) or topic:partition:offset with commas between, not «${value}».`,
      );
    return { kind: 'offsets', offsets };
  }

  fault(sentence: string): void {
    this.#faults.push(sentence);
  }

  /** @throws Stop with every fault */
  done(): void {
    if (this.#faults.length === 0) return;
    const path: string[] = [];
    for (let at: Command | null = this.command; at; at = at.parent) path.unshift(at.name());
    throw new Stop(EXIT.usage, [...this.#faults, `See ${path.join(' ')} --help.`].join('\n'));
  }
}

function noService(name: string, services: readonly string[]): string {
  return `There is no service ${name}; there are ${services.join(', ')}.`;
}

function isTime(text: string): boolean {
  return RFC_3339.test(text) && !Number.isNaN(Date.parse(text));
}

function dashed(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
