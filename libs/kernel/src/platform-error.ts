/** An operational failure: something this process needs is not there or not as it must be. */
export class PlatformError extends Error {
  override readonly name: string = 'PlatformError';

  /**
   * @param code stable, e.g. `eventlog.store-behind-log`
   * @param retryable whether the same call may succeed later without anybody doing anything
   */
  constructor(
    readonly code: string,
    message: string,
    readonly retryable: boolean,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
