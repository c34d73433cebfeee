// Whether the page is open in another tab of this browser; both tabs write to the same storage.

import { createSubscriber } from 'svelte/reactivity';

type TabMessage = { readonly from: string; readonly kind: 'hello' | 'here' | 'bye' };

export class OtherTabs {
  readonly #me = String(Math.random());
  readonly #others = new Set<string>();
  readonly #subscribe: () => void;

  constructor(name = 'postern') {
    this.#subscribe = createSubscriber((update) => {
      const channel = new BroadcastChannel(name);
      const say = (kind: TabMessage['kind']): void => channel.postMessage({ from: this.#me, kind });
      channel.onmessage = ({ data }: MessageEvent<TabMessage>) => {
        if (data.kind === 'bye') this.#others.delete(data.from);
        else this.#others.add(data.from);
        if (data.kind === 'hello') say('here');
        update();
      };
      const leave = (): void => say('bye');
      // `pageshow` also fires when the page returns from the back/forward cache.
      const announce = (): void => say('hello');
      addEventListener('pagehide', leave);
      addEventListener('pageshow', announce);
      announce();
      return () => {
        removeEventListener('pagehide', leave);
        removeEventListener('pageshow', announce);
        leave();
        channel.close();
      };
    });
  }

  /** Reactive. */
  get open(): boolean {
    this.#subscribe();
    return this.#others.size > 0;
  }
}
