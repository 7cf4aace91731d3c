export { describeWithKafka, describeWithOwnKafka } from './describe-with-kafka.js';
