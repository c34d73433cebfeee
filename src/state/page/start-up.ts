// The first seconds: load the pair, let both models answer at once, extract the direction while the visitor
// reads, and then let the edited column answer too. The state of an earlier visit is restored first.

import * as v from 'valibot';
import type { Device } from '../../../workers/api';
import type { LinkState } from '../../formats/link';
import { type AddressLink } from './link.svelte';
import type { Postern } from './postern';
import { ChatSchema } from '../pair/saved-chat';
import type { EditState } from '../pair/edit-settings.svelte';
import { completeEdit, EditForm } from '../pair/saved-edit';
import { deleteSaved, mergeSaved, readSaved, readSetAside, writeSaved } from '../saved';
import { fields, list, whole } from '../saved/form';
import { DIRECTIONS_KEY, DirectionsForm } from '../direction/saved-directions';
import type { CustomPair } from '../models/custom-pairs.svelte';
import type { Asking } from '../../measure/asking';
import { beginPair, TRANSCRIPTS } from '../begin-pair';

const finite = v.pipe(v.number(), v.finite());

const SavedAsking: v.GenericSchema<unknown, Asking> = v.looseObject({
  prompt: v.string(),
  seed: finite,
  temperature: v.nullable(finite),
  plain: v.exactOptional(v.boolean()),
  system: v.exactOptional(v.string()),
  chat: v.exactOptional(ChatSchema),
});

interface SavedAnswers {
  readonly adapter: string | null;
  readonly device: 'auto' | Device;
  readonly prompt: string;
  readonly seed: number;
  readonly temperature: number | null;
  readonly system: string | null;
  readonly history: readonly Asking[];
}

const AnswersForm = fields<SavedAnswers>({
  adapter: whole(v.nullable(v.string())),
  device: whole(v.picklist(['auto', 'webgpu', 'wasm'])),
  prompt: whole(v.string()),
  seed: whole(finite),
  temperature: whole(v.nullable(finite)),
  system: whole(v.nullable(v.string())),
  history: list(whole(SavedAsking)),
});

const SECOND_KEY = 'second-edit';
const SecondForm = fields<{ readonly open: boolean; readonly edit: Partial<EditState> }>({
  open: whole(v.boolean()),
  edit: EditForm,
});

/**
 * Runs until the edited column has answered. A failed step shows its error and ends the start.
 * A link in the address has precedence over the state of an earlier visit.
 */
export async function startUp(
  postern: Postern,
  address: AddressLink,
  link: LinkState | null,
): Promise<void> {
  const { pair, editSettings, edits, chat } = postern;
  await readSetAside();
  const stored = await readSaved('stage', AnswersForm);
  await postern.attention.restore(stored !== null);
  await postern.openTools.restore();
  if (link) postern.attention.openFor(link);
  if (stored) {
    chat.prompt = stored.prompt ?? chat.prompt;
    chat.seed = stored.seed ?? chat.seed;
    chat.temperature = stored.temperature ?? null;
    chat.system = stored.system ?? null;
    chat.addHistory(stored.history ?? []);
  }
  await postern.customModel.pairs.restore(stored?.adapter ?? null);
  const savedEdit = await readSaved('desk', EditForm);
  if (savedEdit) editSettings.restore(completeEdit(savedEdit, editSettings.snapshot()));
  const savedSecond = await readSaved(SECOND_KEY, SecondForm);
  // Earlier versions stored a closed one too.
  if (savedSecond?.edit && savedSecond.open === true) {
    edits.openOrClose(completeEdit(savedSecond.edit, editSettings.snapshot()));
  }
  await postern.prompting.restore();
  await postern.measurements.restore();
  await postern.lessons.restore();
  await postern.training.restore();
  await pair.open(link?.em ?? stored?.adapter ?? null, stored?.device ?? 'auto');
  // Selecting a pair clears it; this is the pair that it was chosen for.
  if (stored && pair.emEntry?.id === stored.adapter)
    [editSettings.alsoId, edits.second.alsoId] = [
      savedEdit?.alsoId ?? null,
      edits.open ? (savedSecond?.edit?.alsoId ?? null) : null,
    ];
  if (!stored) chat.seed = pair.defaults.firstSeed ?? chat.seed;
  if (link) prefillCustomModel(postern, address, link);
  if (!pair.ready) return;
  const openable = link && link.customPair === null && !address.refuses(link, postern);
  // If the link's fine-tune did not load, the link's settings are for another pair.
  const wanted = openable && pair.emEntry?.id === link.em ? link : null;
  if (wanted?.lesson) postern.lessons.show(wanted.lesson);
  await beginPair(postern, wanted);
  if (wanted) address.compare(wanted, postern);
}

/** Opens a link that arrives in the address while the page is open. */
export async function openLink(
  postern: Postern,
  address: AddressLink,
  link: LinkState,
): Promise<void> {
  postern.attention.openFor(link);
  if (prefillCustomModel(postern, address, link) || address.refuses(link, postern)) return;
  const { pair, chat, directions } = postern;
  chat.stop();
  directions.cancel();
  if (link.em !== null && pair.emEntry?.id !== link.em) await pair.choose(link.em);
  if (pair.emEntry?.id !== link.em) return;
  if (link.lesson) postern.lessons.show(link.lesson);
  await beginPair(postern, link);
  address.compare(link, postern);
}

/** Fills the form with a link's custom pair; its folders are fetched when the user agrees. */
function prefillCustomModel(postern: Postern, address: AddressLink, link: LinkState): boolean {
  const { customPair } = link;
  if (!customPair) return false;
  const opened = (): void => address.compare(link, postern);
  if (customPair.kind === 'server') {
    postern.servedModel.offer(customPair, { state: link, opened });
    return true;
  }
  postern.customModel.offer({ state: { ...link, em: null, customPair }, opened });
  return true;
}

/** Selects a custom pair once it is downloaded and loaded. */
export async function loadCustomPair(postern: Postern): Promise<void> {
  postern.chat.stop();
  postern.directions.cancel();
  const { link } = postern.customModel;
  const { emEntry } = postern.pair;
  if (!(await postern.customModel.load())) {
    // The failed load has unloaded the former pair, so another is selected. Its answers must not delay the error.
    if (postern.pair.emEntry !== emEntry) void beginPair(postern);
    return;
  }
  await beginPair(postern, link?.state ?? null);
  link?.opened();
  postern.customModel.link = null;
}

/** Selects a pair on a server; nothing is asked of it but what it runs. */
export async function loadServedPair(postern: Postern): Promise<void> {
  postern.chat.stop();
  postern.directions.cancel();
  const { link } = postern.servedModel;
  const { emEntry } = postern.pair;
  if (!(await postern.servedModel.load())) {
    // The former pair was unloaded, so the bundled one is selected.
    if (postern.pair.emEntry !== emEntry) void beginPair(postern);
    return;
  }
  await beginPair(postern, link?.state ?? null);
  link?.opened();
  postern.servedModel.link = null;
}

/** Selects a pair of an earlier visit again: from the storage, where all of it is stored. */
export async function loadPairAgain(postern: Postern, pair: CustomPair): Promise<void> {
  postern.customModel.prefill(pair);
  await loadCustomPair(postern);
}

/**
 * Changes the device: the worker restarts and loads the same checkpoints. Shown answers are repeated, because
 * answers of the former device would look like answers of the new one. A first direction whose extraction
 * was interrupted is extracted again.
 */
export async function changeDevice(postern: Postern, device: 'auto' | Device): Promise<void> {
  const { pair, directions, chat } = postern;
  chat.clearAnswers();
  directions.cancel();
  if (!(await pair.useDevice(device)) || !pair.ready) return;
  const asked = chat.repeatAnswers();
  if (directions.readout || pair.isCustom) return asked;
  await Promise.all([asked, directions.extractDefaults(TRANSCRIPTS)]);
  await chat.repeatAnswers();
}

/** Stores the state that a reload should restore. Reads every field, so an effect may call it. */
export function save({ pair, directions, editSettings, edits, chat, prompting }: Postern): void {
  prompting.save();
  void writeSaved('stage', {
    adapter: pair.emEntry?.id ?? null,
    device: pair.device,
    prompt: chat.prompt,
    seed: chat.seed,
    temperature: chat.temperature,
    system: chat.system,
    history: chat.history,
  });
  void writeSaved('desk', editSettings.snapshot());
  // Closed it holds nothing that would come back: opened, it begins as a copy of the first.
  const second = edits.openSecond();
  void (second ? writeSaved(SECOND_KEY, { open: true, edit: second }) : deleteSaved(SECOND_KEY));
  void [directions.list];
  void mergeSaved(DIRECTIONS_KEY, DirectionsForm, (stored) => directions.mergedWith(stored ?? []));
}
