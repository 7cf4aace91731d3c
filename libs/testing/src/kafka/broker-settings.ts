/**
 * Settings of a test's broker: as in production where a client can tell (no topics made by clients, records kept for
 * ever), small and quick where it cannot.
 */
export const BROKER_SETTINGS: Readonly<Record<string, string>> = {
  'process.roles': 'broker,controller',
  'node.id': '1',
  'controller.listener.names': 'CONTROLLER',
  'listener.security.protocol.map': 'CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT',
  'auto.create.topics.enable': 'false',
  'log.retention.ms': '-1',
  // One node.
  'offsets.topic.replication.factor': '1',
  'transaction.state.log.replication.factor': '1',
  'transaction.state.log.min.isr': '1',
  // 50 by default, all of which are created with the first group and loaded after a restart.
  'offsets.topic.num.partitions': '4',
  'transaction.state.log.num.partitions': '4',
  // Three seconds by default, for groups whose members arrive one by one.
  'group.initial.rebalance.delay.ms': '0',
  // So that a test need not wait six seconds for a killed consumer to be missed.
  'group.min.session.timeout.ms': '1000',
  // After kill -9 the controller waits this long for the old incarnation before it lets the new one in; 9 s by default.
  'broker.session.timeout.ms': '3000',
  'broker.heartbeat.interval.ms': '500',
  // 128 MB by default, of a heap that is not much larger.
  'log.cleaner.dedupe.buffer.size': '16777216',
};

/** Name of the listener at which users sign in. */
export const USERS_LISTENER = 'USERS';

/**
 * Settings of a broker that knows users, besides its listeners: signed in they may do what access control lists let them, and whoever comes by the
 * other listeners may do everything.
 * @param users passwords by name
 */
export function signInSettings(users: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const known = Object.entries(users).map(([name, password]) => `user_${name}="${password}"`);
  return {
    'listener.security.protocol.map': `CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,${USERS_LISTENER}:SASL_PLAINTEXT`,
    'inter.broker.listener.name': 'PLAINTEXT',
    'sasl.enabled.mechanisms': 'PLAIN',
    [`listener.name.${USERS_LISTENER.toLowerCase()}.plain.sasl.jaas.config`]: `org.apache.kafka.common.security.plain.PlainLoginModule required ${known.join(' ')};`,
    'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
    'super.users': 'User:ANONYMOUS',
  };
}
