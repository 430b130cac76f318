/** What is being loaded, has been, or could not be: one signal for each question to the service. */
import { signal, type ReadonlySignal } from "@preact/signals";
import { Problem } from "./api";

export interface Loaded<T> {
  data: T | null;
  problem: Problem | null;
  busy: boolean;
}

export class Loader<T> {
  private readonly state = signal<Loaded<T>>({ data: null, problem: null, busy: false });
  private running: AbortController | null = null;

  get value(): Loaded<T> {
    return this.state.value;
  }

  get signal(): ReadonlySignal<Loaded<T>> {
    return this.state;
  }

  /** Ask; an earlier question that is still open is given up. What is there stays until then. */
  async run(question: (signal: AbortSignal) => Promise<T>): Promise<T | null> {
    this.running?.abort();
    const mine = (this.running = new AbortController());
    this.state.value = { ...this.state.peek(), problem: null, busy: true };
    try {
      const data = await question(mine.signal);
      if (this.running !== mine) return null;
      this.state.value = { data, problem: null, busy: false };
      return data;
    } catch (error) {
      if (this.running !== mine) return null;
      const problem = error instanceof Problem ? error : new Problem(0, String(error), "", "Fault");
      if (!(error instanceof Problem)) console.error(error);
      this.state.value = { ...this.state.peek(), problem, busy: false };
      return null;
    }
  }

  clear(): void {
    this.running?.abort();
    this.running = null;
    this.state.value = { data: null, problem: null, busy: false };
  }
}
