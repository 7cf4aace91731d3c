/** Ends the title of a suite that was skipped because there is no Kafka; the reporter looks for it. */
export const NEEDS_KAFKA = '(needs Kafka)';
