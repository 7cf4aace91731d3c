/** The topics of the log: one a context, kept for ever. */
export const topics = {
  identity: 'samspill.identity',
  contacts: 'samspill.contacts',
} as const;

export type TopicName = (typeof topics)[keyof typeof topics];

/** Partitions of every topic. It never changes on a living topic: keys would move to other partitions and lose their order. */
export const PARTITIONS = 12;
