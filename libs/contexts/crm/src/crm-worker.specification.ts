import { PostgresLog, silentLogger } from '@samspill/eventlog';
import { z } from 'zod';
import { crmContextWith } from './crm.module.js';
import { HostedCrm, QUICK } from './crm-service.specification.js';
import { crmAt, vendorAddress } from './vendor/vendor-address.specification.js';

/**
 * The crm service as a process of its own, for tests that kill it. Its one argument says where everything is; when it listens, it
 * writes `listening` and its address.
 */
export const workerSettings = z.object({
  databaseUrl: z.string(),
  logUrl: z.string(),
  /** The CRM of every company. */
  vendor: vendorAddress,
});
export type WorkerSettings = z.infer<typeof workerSettings>;

const [, , argument] = process.argv;
if (argument !== undefined) await run(workerSettings.parse(JSON.parse(argument)));

async function run({ databaseUrl, logUrl, vendor }: WorkerSettings): Promise<void> {
  const crm = crmAt(vendor);
  const crms = {
    of: () => Promise.resolve(crm),
    among: (companies: readonly string[]) => Promise.resolve(new Map(companies.map((one) => [one, crm]))),
  };
  const definition = crmContextWith(() => ({ crms, store: undefined, limits: QUICK }));
  const log = await PostgresLog.open({ url: logUrl, logger: silentLogger });
  const service = new HostedCrm({ definition, databaseUrl, log });
  await service.start();
  process.stdout.write(`listening ${service.url}\n`);
}
