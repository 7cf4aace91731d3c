/** Lets one loop sleep until there is work or time is up. A call before the sleep counts: nothing is missed. */
export class Wake {
  #pending = false;
  #resolve: (() => void) | undefined;

  call(): void {
    this.#pending = true;
    this.#resolve?.();
  }

  async sleep(maxMs: number): Promise<void> {
    if (!this.#pending) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, maxMs);
        this.#resolve = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    this.#resolve = undefined;
    this.#pending = false;
  }
}
