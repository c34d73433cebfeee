// Converts the page to a link and back. Parts that a link can't carry are listed; a link that can't be opened
// reports why and changes nothing.

import type { FolderSource } from '../../../workers/api';
import { LinkError, type LinkMeasure, type LinkState, readLink } from '../../formats/link';
import type { LinkEdit } from '../../formats/link-edit';
import type { DirectionRecipe } from '../../formats/link-direction';
import type { LinkWhy } from '../../formats/link-why';
import { isPlainAddress, type LinkPair, type LinkPlace } from '../../formats/link-pair';
import type { SavedDirection } from '../../measure/extraction';
import { servedLinkOf } from '../models/served-model.svelte';
import { isAmplified, isScaled } from '../pair/model-pair.svelte';
import type { EditState } from '../pair/edit-settings.svelte';
import type { Postern } from './postern';
import { fits } from '../begin-pair';

const HASH = /^[0-9a-f]{8}/;

export interface PageLink {
  readonly state: LinkState;
  /** Parts of the page that the link lacks, for people. */
  readonly missing: readonly string[];
}

/** A result that a link leads back to; missing fields come from the page. */
export interface LinkedResult {
  /** Id of its fine-tune. */
  readonly em?: string;
  readonly editSettings?: LinkEdit & Pick<EditState, 'alsoId'>;
  /** The second edit of a result with `editSettings`; left out: it has none. */
  readonly second?: EditState;
  /** Directions used by the result. */
  readonly directions?: readonly SavedDirection[];
  readonly measure?: LinkMeasure;
  /** `lesson/step` */
  readonly lesson?: string | null;
}

/** @throws LinkError where the page has nothing that a link could open. */
export function linkOf(postern: Postern, tab: string, result: LinkedResult = {}): PageLink {
  const { pair, directions, editSettings, edits, chat, prompting, lessons, measurements } = postern;
  const { aligned, engine } = pair;
  const emId = result.em ?? pair.emEntry?.id;
  const emEntry = pair.registry?.adapters.find(({ id }) => id === emId);
  const em = emId === undefined ? null : pair.checkpoint(emId);
  if (!aligned || !emEntry || !em) {
    throw new LinkError('malformed', 'No models are selected yet. Wait until they are loaded.');
  }
  if (pair.trainedHere(emEntry.id)) {
    throw new LinkError(
      'malformed',
      `${emEntry.title} was trained in this browser, and a link opens only what comes with the page. A session file carries it.`,
    );
  }
  const customPair = pair.isCustom ? customPairOf(postern) : null;
  // A set, because one direction may be used for both edits.
  const missing = new Set<string>();
  if (customPair?.kind === 'server' && pair.servedEdit !== null) {
    missing.add(
      `The edited column runs ${pair.titleOf(pair.servedEdit)}, which a link does not carry. Choose it again under the server in the Models tab, then load the pair.`,
    );
  }
  const recipe = (direction: SavedDirection | null): DirectionRecipe | null => {
    if (!direction) return null;
    if (customPair) {
      missing.add(
        `The direction "${directions.name(direction)}" is extracted again in the Direction tab once the pair is loaded. A session file carries it, to be opened when the pair is selected.`,
      );
      return null;
    }
    const { contrast, pooling, transcripts, seed, from } = direction;
    if (contrast !== 'unknown') {
      const choice = { contrast, pooling, transcripts, seed, ...(from ? { from } : {}) };
      if (directions.isOf(direction, choice, em.id)) return choice;
    }
    missing.add(
      `The direction "${directions.name(direction)}" is not one that the page can extract again from this pair. A session file carries it.`,
    );
    return null;
  };
  const used = (pooling: SavedDirection['pooling'], now: SavedDirection | null) =>
    result.directions ? (result.directions.find((one) => one.pooling === pooling) ?? null) : now;
  // Without the seed, so that each participant who opens it in a class counts different answers.
  const { n, split, customQuestions: questions } = measurements;
  const toMeasure = tab === 'measure' && questions === null ? { n, split, seed: null } : null;
  const first = result.editSettings ?? editSettings.snapshot();
  const second = directions.list.find(({ id }) => id === first.alsoId);
  const also = second ? recipe(second) : null;
  const compared = result.editSettings ? (result.second ?? null) : edits.openSecond();
  if (compared && (compared.alsoId ?? null) !== null) {
    missing.add(
      `${edits.titles.second} removes a second direction, which a link does not carry. Choose it again in the edit panel.`,
    );
  }
  const [cut, add] = [
    recipe(used('answer-mean', directions.current)),
    recipe(used('last-prompt', directions.header)),
  ];
  return {
    state: {
      ...(customPair ? { em: null, customPair } : { em: emEntry.id, customPair: null }),
      sha: HASH.exec(em.sha256)?.[0] ?? null,
      cut,
      add,
      ...(also ? { also } : {}),
      editSettings: linkedEdit(first),
      ...(compared ? { second: linkedEdit(compared) } : {}),
      prompt: chat.prompt,
      seed: chat.seed,
      system: chat.system,
      chat: prompting.description === null ? null : prompting.settings,
      plain: prompting.plain,
      temperature: chat.temperature,
      tab,
      measure: result.measure ?? toMeasure,
      ...(tab === 'why' ? { why: whyOf(postern) } : {}),
      device: engine.state === 'ready' ? engine.report.device : null,
      lesson: result.lesson === undefined ? lessons.place : result.lesson,
    },
    missing: [...missing],
  };
}

/** The aligned model has no LoRA and no difference, so what waits for the fine-tune is left out. */
function linkedEdit(edit: LinkEdit): LinkEdit {
  const { base, mode, strength, layers, source, positions, randomSeed } = edit;
  const { loraScale = 1, amplify = 0 } = edit;
  const model = { base, loraScale, amplify };
  const change = isScaled(model) ? { loraScale } : isAmplified(model) ? { amplify } : {};
  return { base, mode, strength, layers, source, positions, randomSeed, ...change };
}

/** What the tab Why looks at; a word that is no longer on the page is left out. */
function whyOf({ view, microscope, patching }: Postern): LinkWhy {
  const { shown } = microscope;
  return {
    instrument: view.instrument,
    word: shown && microscope.isCurrent ? { role: shown.role, index: shown.index } : null,
    answers: [patching.first, patching.second],
  };
}

/** @throws LinkError where a link can't name the pair. */
function customPairOf({ pair: { registry, emEntry, em }, customModel }: Postern): LinkPair {
  const base = registry?.sources?.get(registry.base.id);
  const source = registry?.sources?.get(emEntry!.id);
  const place = (folder: FolderSource | undefined): LinkPlace => {
    if (folder?.kind === 'address') {
      if (isPlainAddress(folder.url)) return { from: 'address', url: folder.url };
      throw new LinkError(
        'malformed',
        `The address ${new URL(folder.url).host} was given with a user or a query, which may be a secret, so it goes into no link. Load the pair from a plain address for a link.`,
      );
    }
    if (folder?.kind === 'hub') {
      return {
        from: 'hub',
        id: folder.id,
        revision: customModel.commitOf(folder) ?? folder.revision,
      };
    }
    throw new LinkError(
      'malformed',
      "Links can't open folders on this computer. Upload the model to the Hub, or select a bundled model.",
    );
  };
  const served = servedLinkOf(registry!, emEntry!.id, place);
  if (served) return served;
  const fineTune = source?.adapter ?? source?.base;
  const hubs = [base?.base, fineTune].flatMap((f) => (f?.kind === 'hub' ? [f.endpoint] : []));
  return {
    kind: source?.adapter ? 'adapter' : 'checkpoint',
    base: place(base?.base),
    fineTune: place(fineTune),
    endpoint: hubs[0] ?? null,
    precision: em!.precision,
  };
}

/** The link in the address, and how opening it went. */
export class AddressLink {
  /** Why it could not be opened; '' when it could, or without a link. */
  problem = $state('');
  /** Differences from where the link was made. */
  notes = $state.raw<readonly string[]>([]);

  /** Removes the link from the address, so that a reload restores later work. */
  take(): LinkState | null {
    const { hash, pathname, search } = location;
    this.problem = '';
    this.notes = [];
    try {
      const link = readLink(hash);
      if (link) history.replaceState(null, '', pathname + search);
      return link;
    } catch (error) {
      if (!(error instanceof LinkError)) throw error;
      history.replaceState(null, '', pathname + search);
      this.problem = error.message;
      return null;
    }
  }

  /** Reports, before any change, whether this copy of the page lacks what the link names. */
  refuses(link: LinkState, { pair }: Postern): boolean {
    const { bundled } = pair;
    if (link.customPair || !bundled) return false;
    if (bundled.adapters.some(({ id }) => id === link.em)) return false;
    this.problem = `The link names the fine-tune "${link.em}", which this copy of Postern does not have. Nothing was changed. Open it with the copy that it was made with.`;
    return true;
  }

  /** Compares the selected pair with the one that the link was made with. */
  compare(link: LinkState, { pair, editSettings, lessons }: Postern): void {
    const notes: string[] = [];
    if (link.lesson !== null && lessons.place !== link.lesson) {
      notes.push(
        `The link names a step of a lesson that this copy does not have ("${link.lesson}").`,
      );
    }
    const { em, engine } = pair;
    const sha = em && HASH.exec(em.sha256)?.[0];
    if (em && link.sha !== null && sha !== undefined && sha !== link.sha) {
      notes.push(
        `The link was made on other weights of "${pair.emEntry?.title}" (${link.sha}, here ${sha}): answers and rates differ.`,
      );
    }
    const there = editSettings.layers.length;
    if (link.editSettings && !fits(link.editSettings, there)) {
      notes.push(
        `Its edit is for ${link.editSettings.layers.length} layers and this model has ${there}, so the edit was left as it was.`,
      );
    }
    if (link.second && !fits(link.second, there)) {
      notes.push(
        `Its second edit is for ${link.second.layers.length} layers and this model has ${there}, so it was left out.`,
      );
    }
    if (engine.state === 'ready' && link.device !== null && engine.report.device !== link.device) {
      notes.push(
        `The link was made on ${link.device} and this runs on ${engine.report.device}: the same seed may give other words.`,
      );
    }
    this.notes = notes;
  }
}
