/** What operators and administrators are answered, as schemas: for clients, which need nothing else of a service. */
export * from './audit.answers.js';
export * from './keys.answers.js';
export * from './log-verification.answers.js';
export * from './operation.answers.js';
export * from './parked.answers.js';
export * from './revert.answers.js';
export * from './republish.answers.js';
export * from './reactor.answers.js';
export * from './status.answers.js';
export * from './topics.answers.js';
export * from '../persons/person.answers.js';
