// The page's side of the service worker: registers it, asks it, and hears of a newer version. It never
// makes a version take over by itself.

import type { OfflineReply, OfflineRequest } from '../../workers/api';

/** Why this page cannot be kept for offline use; null: nothing speaks against it. */
export function offlineRefusal(): string | null {
  if (import.meta.env.DEV) return 'The development server keeps nothing for offline use.';
  if (!isSecureContext) {
    return 'The page came over plain http from another computer. Browsers keep pages, and offer WebGPU, only over https or from this very computer (localhost). The person who serves it can start it with --https.';
  }
  if (!('serviceWorker' in navigator)) {
    return 'This browser gives the page no service worker: the window is private, or it was switched off.';
  }
  return null;
}

export class OfflineClient {
  #registration: ServiceWorkerRegistration | null = null;

  /** Resolves once the worker answers this page. @throws what the browser says against it */
  async open(onUpdate: () => void): Promise<void> {
    const script = new URL('service.worker.js', document.baseURI);
    const registration = await navigator.serviceWorker.register(script, { updateViaCache: 'none' });
    this.#registration = registration;
    const look = (): void => {
      if (this.updateWaits) onUpdate();
    };
    registration.addEventListener('updatefound', () => {
      registration.installing?.addEventListener('statechange', look);
    });
    look();
    await firstInstalled(registration);
  }

  /** Whether a newer version is there and waits to be taken over. */
  get updateWaits(): boolean {
    const { active, waiting } = this.#registration ?? {};
    return Boolean(active && waiting);
  }

  /** Asks the server for a newer version. @returns whether there is one. @throws where it cannot be reached */
  async look(): Promise<boolean> {
    const registration = await this.#registration?.update();
    return Boolean(registration?.installing ?? registration?.waiting);
  }

  ask(request: OfflineRequest): Promise<OfflineReply> {
    return askOf(this.#registration?.active, request);
  }

  /** Asks the version that waits to take over. When it has, the page is to be loaded again. */
  async takeOver(): Promise<OfflineReply> {
    const changed = new Promise<void>((resolve) => {
      navigator.serviceWorker.addEventListener('controllerchange', () => resolve(), { once: true });
    });
    const reply = await askOf(this.#registration?.waiting, { kind: 'take-over' });
    if (reply.kind === 'taken-over') await changed;
    return reply;
  }
}

/** @throws Error where the first version cannot be installed, e.g. because the connection broke */
async function firstInstalled(registration: ServiceWorkerRegistration): Promise<void> {
  const worker = registration.active ?? registration.waiting ?? registration.installing;
  if (registration.active || !worker) return;
  await new Promise<void>((resolve, reject) => {
    const look = (): void => {
      if (worker.state === 'activated') resolve();
      if (worker.state === 'redundant') reject(new Error('not all of the page could be fetched'));
    };
    worker.addEventListener('statechange', look);
    look();
  });
}

function askOf(
  worker: ServiceWorker | null | undefined,
  request: OfflineRequest,
): Promise<OfflineReply> {
  if (!worker) return Promise.resolve({ kind: 'failed', message: 'There is no service worker.' });
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = ({ data }: MessageEvent<OfflineReply>) => {
      resolve(data);
      port1.close();
    };
    worker.postMessage(request, [port2]);
  });
}
