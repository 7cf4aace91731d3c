import { crmContext } from '@samspill/context-crm';
import { runService } from '@samspill/platform';

await runService({
  context: crmContext,
  description: 'Customers and orders in the company’s CRM, each exactly once: the link, its state, orders.',
  version: '0.1.0',
});
