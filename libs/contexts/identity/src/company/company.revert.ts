import { revertible, type Reverting } from '@samspill/eventlog';
import { companyDecider, type CompanyCommand } from './company.decider.js';

/** What of identity can be put back as it was: name and address of a company. */
export const identityReverting: Reverting = {
  rules: [
    revertible({
      category: 'identity.company',
      needs: 'history',
      decider: companyDecider,
      exists: ({ kind }) => kind === 'registered',
      compensate(then, now) {
        if (now.kind === 'unregistered') return { kind: 'nothing' };
        if (then.kind === 'unregistered')
          return {
            kind: 'impossible',
            reason: 'The company was not registered then, and a registration is not undone.',
          };
        const { name, address } = then.details;
        const command: CompanyCommand = { kind: 'change-details', name, address };
        return { kind: 'command', command };
      },
    }),
  ],
  leaves: [
    'Registrations stay: a company does not become unknown again.',
    'Synchronisation stays switched on or off as it is now.',
  ],
  holdsIntake: false,
};
