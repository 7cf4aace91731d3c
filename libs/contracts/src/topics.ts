/** The topics of the log: one a context, kept for ever. */
export const topics = {
  identity: 'samspill.identity',
  contacts: 'samspill.contacts',
  crm: 'samspill.crm',
} as const;

export type TopicName = (typeof topics)[keyof typeof topics];

/**
 * The keys that personal data on the log is sealed with, of all contexts: a compacted topic, of which the last record of each key counts.
 */
export const KEYS_TOPIC = 'samspill.keys';

/** Partitions of every topic. It never changes on a living topic: keys would move to other partitions and lose their order. */
export const PARTITIONS = 12;
