export * from './event.js';
export * from './stream.js';
export * from './uuid.js';
export * from './rejection.js';
export * from './decider.js';
export * from './projection.js';
export * from './platform-error.js';
export * from './reactor.js';
