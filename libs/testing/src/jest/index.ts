export { describeWithChromium } from './describe-with-chromium.js';
export { describeWithKafka, describeWithOwnKafka } from './describe-with-kafka.js';
