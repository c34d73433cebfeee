// Offline use: which files this browser has stored, the download of further files, and updates. The first
// visit stores what the lessons need, once the machine is idle; further files are stored on demand.
// Nothing here reloads the page unasked.

import * as v from 'valibot';
import type { OfflineFile } from '../../../workers/api';
import { OfflineClient, offlineRefusal } from '../../engine/offline-client';
import { messageOf } from '../../core/message';
import { type Action, IDLE } from '../action';
import type { ModelPair } from '../pair/model-pair.svelte';
import { LESSON_ORGANISMS } from '../../lessons/lessons';
import { askToKeepStorage } from './keep-storage';
import { bytesOf, isWanted, savedModels } from './offline-files';
import type { AdapterEntry } from '../../organism/registry';
import { readSaved, writeSaved } from '../saved';
import { fields, whole } from '../saved/form';

/** How long the machine must be idle before files are fetched in the background, ms. */
const IDLE_MS = 1500;
const KEY = 'offline';
const Saved = fields<{ readonly all: boolean }>({ all: whole(v.boolean()) });

/** Only Chromium has this event; other browsers offer installation in a menu. */
interface InstallPrompt extends Event {
  prompt(): Promise<unknown>;
}

const sleep = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));

export class Offline {
  readonly #pair: ModelPair;
  readonly #busy: () => boolean;
  readonly #client = new OfflineClient();
  #stop = new AbortController();
  #begun = false;

  /** Why this browser can't store the page; null: it can. */
  refusal = $state(offlineRefusal());
  /** All files of the page; empty until the service worker answers. */
  files = $state.raw<readonly OfflineFile[]>([]);
  action = $state.raw<Action>(IDLE);
  /** The user wants every fine-tune offline, also after an update. */
  all = $state(false);
  /** An update is ready. */
  update = $state(false);
  /** Why the update was not started, or that there is none. */
  updateNotice = $state<string | null>(null);
  install = $state.raw<InstallPrompt | null>(null);
  /** Storage used by this page, and its quota; null: unknown. */
  storage = $state.raw<{ readonly usedBytes: number; readonly quotaBytes: number } | null>(null);

  readonly #build = $derived.by(() => {
    const { engine } = this.#pair;
    return engine.state === 'ready' ? engine.report.build : null;
  });
  /** Files needed for every fine-tune; null until the registry and the device are known. */
  readonly everything = $derived.by(() => this.#wanted(null));
  readonly lessons = $derived.by(() => this.#wanted(this.#needed()));
  readonly missing = $derived(this.everything?.filter(({ kept }) => !kept) ?? []);
  readonly missingBytes = $derived(bytesOf(this.missing));
  readonly lessonsSaved = $derived(this.lessons?.every(({ kept }) => kept) ?? false);
  readonly modelsSaved = $derived.by(() => savedModels(this.files, this.#adapters()));
  readonly organisms = $derived.by(() => this.#adapters().length);

  /** @param busy whether work runs that background downloads should not slow down and a reload must not end */
  constructor(pair: ModelPair, busy: () => boolean) {
    this.#pair = pair;
    this.#busy = busy;
    addEventListener('beforeinstallprompt', (event) => {
      event.preventDefault();
      this.install = event as InstallPrompt;
    });
  }

  /** Waits for the first answers, then registers the service worker and stores what the lessons need. */
  async begin(): Promise<void> {
    if (this.#begun || this.refusal !== null) return;
    this.#begun = true;
    await this.#whenIdle(this.#stop.signal);
    try {
      await this.#client.open(() => (this.update = true));
      this.all = (await readSaved(KEY, Saved))?.all ?? false;
      await this.#look();
    } catch (error) {
      const why = messageOf(error);
      this.refusal = `The browser could not keep the page (${why}). Behind a certificate that it does not trust it keeps nothing; everything else works. The next visit tries again.`;
      return;
    }
    await this.keepNeeded();
  }

  /** Stores what lessons and loaded fine-tunes need, when idle; with data saving on, only the button does this. */
  async keepNeeded(): Promise<void> {
    if (this.files.length === 0 || this.action.state === 'running' || savesData()) return;
    await this.#keep(() => this.#needed(), true);
  }

  async keepAll(): Promise<void> {
    this.cancel();
    this.all = true;
    void writeSaved(KEY, { all: true });
    // Asks for persistence, so that the browser does not delete the files to free space.
    askToKeepStorage();
    await this.#keep(() => null, false);
  }

  cancel(): void {
    this.#stop.abort();
    this.#stop = new AbortController();
    if (this.action.state !== 'running') return;
    this.action = IDLE;
    this.all = false;
    void writeSaved(KEY, { all: false });
  }

  async askInstall(): Promise<void> {
    await this.install?.prompt();
    this.install = null;
  }

  /** Checks the server for an update. */
  async lookForUpdate(): Promise<void> {
    try {
      const found = await this.#client.look();
      this.updateNotice = found ? null : 'This is the newest version.';
    } catch {
      this.updateNotice = 'The server could not be reached.';
    }
  }

  /** Reloads into the update, unless work would be lost. */
  async reload(): Promise<void> {
    if (this.#busy()) {
      this.updateNotice = 'Something still runs. Wait until it has ended, or cancel it.';
      return;
    }
    const reply = await this.#client.takeOver();
    if (reply.kind === 'taken-over') location.reload();
    else {
      this.updateNotice =
        reply.kind === 'other-tabs'
          ? 'Postern is open in another tab, which still needs the old version. Close that tab first.'
          : 'The newer version could not be begun with. Close every tab of Postern, then open it again.';
    }
  }

  #adapters(): readonly AdapterEntry[] {
    return this.#pair.bundled?.adapters ?? [];
  }

  #needed(): readonly string[] | null {
    if (this.all) return null;
    return [...LESSON_ORGANISMS, ...this.#pair.loaded.map(({ id }) => id)];
  }

  #wanted(organisms: readonly string[] | null): readonly OfflineFile[] | null {
    const { bundled: registry } = this.#pair;
    const build = this.#build;
    if (!registry || !build || this.files.length === 0) return null;
    return this.files.filter(({ url }) => isWanted(url, { build, registry, organisms }));
  }

  /** Stores one file after another. @param patient waits while other work runs */
  async #keep(organisms: () => readonly string[] | null, patient: boolean): Promise<void> {
    const { signal } = this.#stop;
    const todo = this.#wanted(organisms())?.filter(({ kept }) => !kept) ?? [];
    if (todo.length === 0) return;
    const total = Math.round(bytesOf(todo) / 1000);
    const startedMs = performance.now();
    const label = patient ? 'Keeping what the lessons need' : 'Keeping all organisms';
    const say = (done: number): void => {
      this.action = { state: 'running', label, done, total, startedMs };
    };
    say(0);
    let done = 0;
    for (const { url, bytes } of todo) {
      if (patient && this.#busy()) await this.#whenIdle(signal);
      const reply = signal.aborted ? null : await this.#client.ask({ kind: 'keep', url });
      if (signal.aborted || reply === null) break;
      if (reply.kind !== 'kept') {
        const why = reply.kind === 'full' ? FULL : reply.kind === 'failed' ? reply.message : '';
        const message = `Not everything is kept for offline use. ${why}`;
        this.action = { state: 'failed', message };
        break;
      }
      done += bytes / 1000;
      say(Math.round(done));
    }
    await this.#look();
    if (!signal.aborted && this.action.state === 'running') this.action = IDLE;
    // A fine-tune may have been loaded in the meantime.
    const more = this.#wanted(organisms())?.some(
      (file) => !file.kept && todo.every(({ url }) => url !== file.url),
    );
    if (more && patient && !signal.aborted && this.action.state === 'idle') await this.keepNeeded();
  }

  async #look(): Promise<void> {
    const reply = await this.#client.ask({ kind: 'list' });
    if (reply.kind === 'list') this.files = reply.files;
    const estimate = await navigator.storage?.estimate?.().catch(() => null);
    this.storage = estimate
      ? { usedBytes: estimate.usage ?? 0, quotaBytes: estimate.quota ?? 0 }
      : null;
  }

  /** Resolves when nothing has run for `QUIET_MS`. */
  async #whenIdle(signal: AbortSignal): Promise<void> {
    let since = performance.now();
    while (performance.now() - since < IDLE_MS && !signal.aborted) {
      await sleep(IDLE_MS / 5);
      if (this.#busy()) since = performance.now();
    }
  }
}

const FULL =
  'The storage of this browser is full. Free some (clear the data of sites you do not need), then try again.';

/** Whether the browser's data saving is on. Chromium only. */
function savesData(): boolean {
  const { connection } = navigator as { readonly connection?: { readonly saveData?: boolean } };
  return connection?.saveData ?? false;
}
