import { contactsContext } from '@samspill/context-contacts';
import { runService } from '@samspill/platform';

await runService({
  context: contactsContext,
  description:
    'Customers, suppliers and contact persons as the ERP has them: intake, directory, sync report.',
  version: '0.1.0',
});
