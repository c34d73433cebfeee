// The form of a pair on a server: where it is, what it runs, and which of its LoRAs is the fine-tune. Nothing is asked
// before a press of a button; the key is in memory only, and goes when the address changes.

import * as v from 'valibot';
import type { FolderSource, ServerCard, ServerKind, ServerSource } from '../../../workers/api';
import type { LinkState } from '../../formats/link';
import { isPlainAddress, type LinkPlace, type ServedLink } from '../../formats/link-pair';
import { serverAddressProblem, serverPlace } from '../../formats/server-address';
import { LOOK_UP_REQUESTS } from '../../engine/server-requests';
import type { Registry } from '../../organism/registry';
import { type Action, IDLE } from '../action';
import type { ModelPair } from '../pair/model-pair.svelte';
import { readSaved, writeSaved } from '../saved';
import { fields, whole } from '../saved/form';
import { Task } from '../task.svelte';
import {
  EMPTY_SOURCE,
  folderSourceOf,
  type ModelSource,
  ModelSourceSchema,
  type PickedFolder,
  sourceOfLink,
} from './custom-model-pair';
import { type ServedChoice, servedRegistry } from './served-pair';

interface StoredForm {
  readonly kind: ServerKind;
  readonly url: string;
  readonly folder: ModelSource;
  readonly lora: string;
}
const SavedForm = fields<StoredForm>({
  kind: whole(v.picklist(['llama', 'vllm'])),
  url: whole(v.pipe(v.string(), v.check(isPlainAddress))),
  folder: whole(ModelSourceSchema),
  lora: whole(v.string()),
});

/** A link that names a pair on a server. */
interface LinkedServer {
  readonly state: LinkState;
  /** Called once the pair is selected with all settings of the link. */
  readonly opened: () => void;
}

/** Where a Hub is, and the token for it: those of the other form. */
interface HubAccess {
  readonly endpoint: string;
  readonly token: string;
}

export class ServedModel {
  readonly #pair: ModelPair;
  readonly #hub: HubAccess;
  readonly task = new Task('server', (runId) => this.#pair.client.cancel(runId));

  kind = $state<ServerKind>('llama');
  url = $state('');
  /** In memory only. */
  key = $state('');
  /** Another address was written, or came with a link, after a key had been given. */
  keyRemoved = $state(false);
  folder = $state<ModelSource>({ ...EMPTY_SOURCE });
  picked = $state.raw<PickedFolder | null>(null);
  /** Names as the server lists them; '': the model itself, or none. */
  lora = $state('');
  /** What the edited column runs: 'panel' leaves it to the edit panel. */
  edited = $state<'panel' | 'lora'>('panel');
  editedLora = $state('');
  /** Address of another server with the same model, which was started with a vector; '': the same. */
  editedUrl = $state('');
  found = $state.raw<ServerCard | null>(null);
  /** The link that filled the form, until it is loaded or changed. */
  link = $state.raw<LinkedServer | null>(null);
  /** The selected pair of this form. */
  #shown = $state.raw<Registry | null>(null);

  readonly folderSource = $derived.by((): FolderSource | null =>
    folderSourceOf(this.folder, this.picked, this.#hub.endpoint, this.#hub.token),
  );
  readonly complete = $derived(this.url.trim() !== '' && this.folderSource !== null);
  /** For the button: `localhost:8080`; '' for what is no address yet. */
  readonly host = $derived(hostOf(this.url));
  readonly lookUpRequests = $derived(LOOK_UP_REQUESTS[this.kind]);
  /** Requests that selecting the pair makes: each of its models is looked up, so that none answers for another. */
  readonly loadRequests = $derived(2 * this.lookUpRequests);
  /** Continues the label of a button that also reads the small files of the model; '' where they come from here. */
  readonly filesFrom = $derived.by((): string => {
    const source = this.folderSource;
    if (source?.kind !== 'hub' && source?.kind !== 'address') return '';
    const address = source.kind === 'hub' ? source.endpoint : source.url;
    if (!URL.canParse(address) || new URL(address).origin === location.origin) return '';
    return `; small files from ${new URL(address).host}`;
  });
  /** Why the second address is none; null: it is one, or none is wanted. */
  readonly editedUrlProblem = $derived.by((): string | null =>
    this.edited === 'panel' || this.editedUrl.trim() === ''
      ? null
      : serverAddressProblem(this.editedUrl, location.href),
  );
  /** Why the server that was found can't be compared as the form says; null: it can. */
  readonly refusal = $derived.by((): string | null => {
    const { found, lora } = this;
    if (found && lora !== '' && !found.server.loras.includes(lora)) {
      return `${found.server.name} has no LoRA ${lora}. Start it with that LoRA and look it up again, or choose another fine-tune.`;
    }
    return this.editedUrlProblem;
  });
  readonly isSelected = $derived.by(
    () => this.#shown !== null && this.#pair.registry === this.#shown,
  );

  constructor(pair: ModelPair, hub: HubAccess) {
    this.#pair = pair;
    this.#hub = hub;
  }

  get action(): Action {
    return this.task.action;
  }

  /** Restores the form of an earlier visit. */
  async restore(): Promise<void> {
    const saved = await readSaved('server', SavedForm);
    if (!saved || this.url !== '') return;
    this.kind = saved.kind ?? this.kind;
    this.url = saved.url ?? this.url;
    this.folder = saved.folder ?? this.folder;
    this.lora = saved.lora ?? this.lora;
  }

  /** Fills the form with the pair of a link, without any request. */
  offer(pair: ServedLink, link: LinkedServer): void {
    this.setUrl(pair.url);
    // The address is the choice of the person who made the link.
    if (this.key !== '') {
      this.key = '';
      this.keyRemoved = true;
    }
    this.kind = pair.engine;
    this.folder = sourceOfLink(pair.base);
    this.lora = pair.lora;
    this.edited = 'panel';
    this.changed();
    this.link = link;
  }

  /** A key is only for the server that it was given for. */
  setUrl(url: string): void {
    if (serverPlace(url) !== serverPlace(this.url) && this.key !== '') {
      this.key = '';
      this.keyRemoved = true;
    }
    this.url = url;
  }

  /** Call it when the form changes: what was found no longer matches it. */
  changed(): void {
    this.task.cancel();
    this.found = null;
    this.link = null;
    this.#shown = null;
  }

  #server(): ServerSource {
    const { kind, url, key } = this;
    return {
      kind,
      url: url.trim(),
      loras: [],
      ...(key.trim() === '' ? {} : { key: key.trim() }),
    };
  }

  /** Asks the server what it runs. */
  async look(): Promise<void> {
    const base = this.folderSource;
    if (!base || !this.complete) return;
    this.found = null;
    const { client } = this.#pair;
    const found = await this.task.run('Asking the server what it runs', async (ticket) => {
      const source = { id: 'look-up', base, server: this.#server() };
      return ticket.take(
        await client.inspectServer(source, ticket.runId, ({ note }) => {
          const label = `Asking the server what it runs${note ? `. ${note}` : ''}`;
          ticket.progress(0, 0, { label });
        }),
      );
    });
    if (!found) return;
    this.task.action = IDLE;
    const loras = [...new Set(found.server.loras)];
    this.found = { ...found, server: { ...found.server, loras } };
    // A link means one LoRA and no other: `refusal` says where it is missing.
    const isMeant = this.link !== null && this.lora !== '';
    if (!loras.includes(this.lora) && !isMeant) this.lora = loras[0] ?? '';
    if (!loras.includes(this.editedLora)) {
      this.editedLora = loras.find((name) => name !== this.lora) ?? '';
    }
    this.#save();
  }

  #save(): void {
    const { kind, url, folder, lora } = this;
    void writeSaved('server', { kind, url: url.trim(), folder: { ...folder }, lora });
  }

  /** Selects the pair, after a load that already runs. True on success. */
  async load(): Promise<boolean> {
    const base = this.folderSource;
    if (!base || !this.found || this.lora === '') return false;
    if (this.refusal !== null) {
      this.task.action = { state: 'failed', message: this.refusal };
      return false;
    }
    this.#save();
    const { found, lora, edited, editedLora, editedUrl } = this;
    const choice: ServedChoice = {
      ...{ base, server: this.#server(), card: found.server, lora },
      edited: edited === 'panel' ? null : { lora: editedLora, url: editedUrl.trim() },
    };
    const registry = servedRegistry(choice);
    const entry = registry.adapters.find(({ id }) => id === registry.defaults.em)!;
    await this.#pair.show(registry, entry);
    const { loading } = this.#pair;
    if (this.#pair.registry !== registry) {
      if (loading.state === 'failed') {
        // The former pair is still selected: this form says what failed, and offers to try again.
        this.task.action = loading;
        this.#pair.task.action = IDLE;
      }
      return false;
    }
    this.#shown = registry;
    return true;
  }
}

function hostOf(url: string): string {
  try {
    return new URL(url.trim()).host;
  } catch {
    return '';
  }
}

/** The selected pair as a link names it: the engine and its address, never the key; null: it is on no server. */
export function servedLinkOf(
  registry: Registry,
  emId: string,
  placeOf: (folder: FolderSource | undefined) => LinkPlace,
): ServedLink | null {
  const source = registry.sources?.get(emId);
  if (!source?.server) return null;
  const { kind: engine, url, loras } = source.server;
  return { kind: 'server', engine, url, base: placeOf(source.base), lora: loras[0]?.name ?? '' };
}

/** The source of the bundled model's small files, for a server that runs it. */
export const bundledFolder = (registry: Registry): ModelSource => ({
  ...EMPTY_SOURCE,
  from: 'address',
  url: new URL(registry.base.path, registry.folderUrl).href,
});
