// A pair on a server as the registry that it becomes when it is selected: the model itself, and a fine-tune for each of
// the server's LoRAs, so that all of them can be compared and measured.

import type { CheckpointSource, FolderSource, ServedBy, ServerSource } from '../../../workers/api';
import { serverPlace } from '../../formats/server-address';
import type { AdapterEntry, Registry } from '../../organism/registry';

export interface ServedChoice {
  /** The folder with configuration and tokenizer. */
  readonly base: FolderSource;
  /** With no LoRA. */
  readonly server: ServerSource;
  readonly card: ServedBy;
  /** The LoRA that is the fine-tune, as the server lists it. */
  readonly lora: string;
  /** What the edited column runs; null: what the edit panel says. */
  readonly edited: {
    /** As the server lists it; '': the model itself. */
    readonly lora: string;
    /** Address of another server with the same model; '': the same. */
    readonly url: string;
  } | null;
}

/** The last part of a path: llama-server names a LoRA by its file. */
export const titleOfLora = (name: string): string =>
  name
    .split(/[/\\]/)
    .at(-1)!
    .replace(/\.gguf$/, '');

export function servedRegistry({ base, server, card, lora, edited }: ServedChoice): Registry {
  const { model } = card;
  // llama-server lists a file as often as it was given.
  const loras = [...new Set(card.loras)];
  // As the ids of other custom pairs, so that lines of results name them alike; the line itself says where.
  const baseId = `own:base:${plain(model)}`;
  const titles = loras.map(titleOfLora);
  /** The whole name where two files are called the same. */
  const titleOf = (name: string): string => {
    const title = titleOfLora(name);
    return titles.filter((one) => one === title).length > 1 ? name : title;
  };
  const idFor = (title: string): string => `own:em:${plain(model)}:${plain(title)}`;
  const ids = new Map<string, string>();
  for (const name of loras) ids.set(name, unlike(idFor(titleOf(name)), [...ids.values()]));
  const idOf = (name: string): string => ids.get(name) ?? idFor(name);
  const on = (id: string, name: string, url = server.url): [string, CheckpointSource] => {
    const { key, ...rest } = server;
    const itsKey = key !== undefined && serverPlace(url) === serverPlace(server.url) ? { key } : {};
    const named = name === '' ? [] : [{ name, scale: 1 }];
    return [id, { id, base, server: { ...rest, ...itsKey, url, loras: named } }];
  };
  const entryOf = (id: string, title: string, kind: AdapterEntry['kind']): AdapterEntry => ({
    ...{ id, title, kind, path: '', description: '' },
  });
  const entries = loras.map((name) =>
    entryOf(idOf(name), titleOf(name), name === lora ? 'em' : 'variant'),
  );
  const sources = [on(baseId, ''), ...loras.map((name) => on(idOf(name), name))];
  let editedId: string | undefined;
  if (edited && edited.url === '') editedId = edited.lora === '' ? baseId : idOf(edited.lora);
  else if (edited) {
    const at = hostOf(edited.url);
    const title = `${edited.lora === '' ? model : titleOfLora(edited.lora)} at ${at}`;
    editedId = unlike(idFor(title), [...ids.values()]);
    entries.push(entryOf(editedId, title, 'variant'));
    sources.push(on(editedId, edited.lora, edited.url));
  }
  return {
    version: 1,
    base: { id: baseId, title: model, path: '' },
    adapters: entries,
    defaults: { em: idOf(lora) },
    folderUrl: '',
    sources: new Map(sources),
    ...(editedId === undefined ? {} : { edited: editedId }),
  };
}

/** The parts of an id are divided by colons. */
const plain = (name: string): string => name.replaceAll(':', '.');

/** The id, numbered where another has it: two names may differ in nothing but a colon. */
function unlike(id: string, others: readonly string[]): string {
  let [free, n] = [id, 1];
  while (others.includes(free)) free = `${id} (${++n})`;
  return free;
}

const hostOf = (url: string): string => (URL.canParse(url) ? new URL(url).host : url);
