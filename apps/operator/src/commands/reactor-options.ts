import type { Cli } from '../cli.js';
import type { OptionReader } from '../option-reader.js';
import type { ServiceClient } from '../service-client.js';

/** The service that a reactor's name begins with, as in crm.send-customer. */
export function serviceNameOf(reactor: string, cli: Cli, options: OptionReader): string {
  const service = reactor.split('.')[0] ?? '';
  const { names } = cli.services;
  if (reactor.includes('.') && names.includes(service)) return service;
  options.fault(
    `«${reactor}» is no reactor: their names begin with a service, one of ${names.join(', ')}, as in crm.send-customer.`,
  );
  return '';
}

export function reactorPath(reactor: string, verb: string): string {
  return `reactors/${encodeURIComponent(reactor)}/${verb}`;
}

/** @param service as {@link serviceNameOf} gives it, once all faults have been said */
export function serviceOf(service: string, cli: Cli): ServiceClient {
  return cli.services.one(service);
}
