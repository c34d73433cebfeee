// A page in any browser: what a person presses and writes, found by the words that are shown. Every wait is for
// something shown, with a limit after which it says what was waited for and what stood there instead.

import type { Driver } from './drivers/driver';
import { aim, choose, enter, find, nameOf, type Target, until } from './in-page';

/** What goes along with every function that is sent into the page. The first is a helper that tsx puts in. */
const PRELUDE = `const __name = (one) => one; ${[nameOf, find, aim, enter, choose, until].map(String).join('\n')}`;

const named =
  (css: string) =>
  (name: string, within?: Target): Target => ({
    css,
    name,
    ...(within ? { within } : {}),
  });
export const button = named('button');
export const tab = named('[role=tab]');
export const field = named('textarea, input:not([type=radio], [type=checkbox], [type=file])');
export const radio = named('input[type=radio]');
export const list = named('select');
export const region = named('section');
export const group = named('[role=group]');
export const dialog = named('dialog');

export class Page {
  readonly driver: Driver;
  readonly #limitMs: number;

  /** @param limitMs for each wait: a busy machine is slow, not wrong */
  constructor(driver: Driver, limitMs: number) {
    this.driver = driver;
    this.#limitMs = limitMs;
  }

  /** Calls a function in the page. */
  async call<A extends readonly unknown[], R>(
    inPage: (...args: A) => R | Promise<R>,
    ...args: A
  ): Promise<R> {
    return (await this.driver.evaluate(expression(`(${String(inPage)})(${json(args)})`))) as R;
  }

  /**
   * Waits until a function in the page returns something that is neither null nor undefined nor false.
   * @param what is waited for, as a message says it
   * @throws Error with what stood on the page, after the limit
   */
  async until<A extends readonly unknown[], R>(
    what: string,
    inPage: (...args: A) => R,
    ...args: A
  ): Promise<NonNullable<R>> {
    const source = expression(`until(() => (${String(inPage)})(${json(args)}))`);
    return (await this.#limited(what, this.driver.evaluate(source))) as NonNullable<R>;
  }

  /** Waits until this text stands on the page. */
  async reads(pattern: RegExp): Promise<string> {
    return this.until(
      `text like ${pattern}`,
      (source) => new RegExp(source).exec(document.body.innerText)?.[0] ?? null,
      pattern.source,
    );
  }

  /** Waits until it is there to be seen. */
  async shows(target: Target): Promise<void> {
    await this.until(target.name ?? target.css, (of: Target) => find(of) !== null, target);
  }

  /** Waits until it is there and free, and clicks it as a mouse does. */
  async press(target: Target): Promise<void> {
    const what = `${target.name ?? target.css} to be pressed`;
    // What streams above may move it away under the mouse.
    for (let tries = 0; tries < 10; tries++) {
      const [x, y] = await this.until(what, (of: Target) => aim(of), target);
      await this.driver.click(x, y);
      if (await this.call(() => document.documentElement.dataset['pressed'] === 'yes')) return;
    }
    throw new Error(`A click did not reach ${what}.`);
  }

  /** Writes into a field, in the place of what stands there, key by key; then presses these keys. */
  async write(target: Target, text: string, ...keys: readonly string[]): Promise<void> {
    await this.until(
      `${target.name ?? target.css} to be written in`,
      (of: Target) => enter(of),
      target,
    );
    await this.driver.type([...text, ...keys]);
  }

  async choose(target: Target, value: string): Promise<void> {
    await this.until(
      `${value} in ${target.name ?? target.css}`,
      (of: Target, one: string) => choose(of, one),
      target,
      value,
    );
  }

  async #limited<T>(what: string, work: Promise<T>): Promise<T> {
    let limit: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<never>((_, reject) => {
      limit = setTimeout(() => reject(new Waited(what, this.#limitMs)), this.#limitMs);
    });
    try {
      return await Promise.race([work, late]);
    } finally {
      clearTimeout(limit);
    }
  }
}

/** What was waited for did not come. */
class Waited extends Error {
  constructor(what: string, limitMs: number) {
    super(`Waited ${limitMs / 1000} s for ${what}.`);
    this.name = 'Waited';
  }
}

const json = (args: readonly unknown[]): string =>
  args.map((one) => JSON.stringify(one)).join(', ');
const expression = (body: string): string => `(() => { ${PRELUDE}; return ${body}; })()`;
