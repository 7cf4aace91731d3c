/**
 * A question that many ask at once and that is answered once for several of them. Nobody gets an answer that was begun before they
 * asked: whoever asks while one is under way shares the next. Else a reader who has just written would be told of the time before.
 */
export class FreshAnswers<T> {
  #current: Promise<T> | undefined;
  #next: Promise<T> | undefined;

  constructor(private readonly question: () => Promise<T>) {}

  /** @throws what the question throws, to all who share that answer and to nobody else */
  async ask(): Promise<T> {
    if (this.#next) return await this.#next;
    if (!this.#current) return await this.#begin();
    this.#next = this.#afterCurrent(this.#current);
    return await this.#next;
  }

  /** Resolves when nothing is under way. */
  async idle(): Promise<void> {
    for (;;) {
      const underWay = this.#next ?? this.#current;
      if (!underWay) return;
      await underWay.catch(() => undefined);
    }
  }

  async #afterCurrent(current: Promise<T>): Promise<T> {
    await current.catch(() => undefined);
    this.#next = undefined;
    return await this.#begin();
  }

  #begin(): Promise<T> {
    const answer = this.question().finally(() => {
      if (this.#current === answer) this.#current = undefined;
    });
    this.#current = answer;
    return answer;
  }
}
