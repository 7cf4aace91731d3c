import { describeWithKafka } from '@samspill/testing/jest';
import { silentLogger } from '../../logger.js';
import { describeLog } from '../../conformance/log-contract.js';
import { KafkaLog } from './kafka-log.js';

describeWithKafka('Kafka', ({ brokers }) => {
  describeLog('Kafka', {
    connect: () => Promise.resolve(new KafkaLog({ brokers, clientId: 'test', logger: silentLogger })),
  });
});
