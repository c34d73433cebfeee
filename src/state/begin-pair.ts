// What happens when another pair is selected: the state of the former pair is cleared, both models answer, and
// the directions are extracted. With a link, the page takes the link's settings.

import type { Panels } from './panels';
import { engineRefusal } from '../measure/edit-refusal';
import type { LinkState } from '../formats/link';
import type { LinkEdit } from '../formats/link-edit';
import type { DirectionRecipe } from '../formats/link-direction';
import { DirectionForm, DIRECTIONS_KEY, DirectionsForm } from './direction/saved-directions';
import { readSaved, takeBack } from './saved';

/** Transcripts that each model reads for the first directions. */
export const TRANSCRIPTS = 64;

const NO_SECOND =
  'The link removes a second direction as well, which could not be extracted, so the edit removes only the first. ' +
  'Open the link again, or choose a second direction in the edit panel.';

/** Clears the state of another pair: the edit settings fit the selected one, no direction or answer is left. */
export function clearAnswers({ pair, directions, editSettings, edits, chat }: Panels): void {
  const { nLayers } = pair.aligned!.config;
  const { layer, strength } = pair.defaults.steering ?? {};
  editSettings.fit(nLayers, layer ?? Math.floor(nLayers / 2), strength);
  edits.fitSecond();
  const cannot = pair.em?.server?.cannot;
  for (const one of [editSettings, edits.second]) {
    if (pair.scaleRefusal !== null) one.loraScale = 1;
    if (pair.amplifyRefusal !== null) one.amplify = 0;
    if (cannot && engineRefusal(cannot, one.settings) !== null) one.setMode('off');
    one.alsoId = null;
  }
  directions.clearUse();
  clearOffer(directions);
  chat.clear();
}

/** Declines what a link offers to extract. */
export function clearOffer(directions: Panels['directions']): void {
  directions.offered = [];
  directions.offeredSecond = null;
  directions.secondProblem = '';
}

/** Asks, extracts and shades after a pair is selected; with a link, what the link asks and extracts. */
export async function beginPair(postern: Panels, link: LinkState | null = null): Promise<void> {
  const { pair, directions, editSettings, edits, chat } = postern;
  // The selection of another pair has cleared it already; a link says itself whether there is one.
  const [alsoId, secondAlso] = [editSettings.alsoId, edits.second.alsoId];
  clearAnswers(postern);
  if (!link) [editSettings.alsoId, edits.second.alsoId] = [alsoId, secondAlso];
  const sha256 = pair.em?.sha256;
  const saved = (await readSaved(DIRECTIONS_KEY, DirectionsForm)) ?? [];
  const back = await takeBack(DIRECTIONS_KEY, DirectionForm, ({ id }) =>
    saved.every((one) => one.id !== id),
  );
  for (const direction of [...saved, ...back]) directions.restore(direction);
  if (link) setFrom(link, postern);
  const recipes = link ? [link.cut, link.add].filter((recipe) => recipe !== null) : [];
  const [short, long] = [recipes.filter(isShort), recipes.filter((recipe) => !isShort(recipe))];
  directions.offered = long;
  const also = link?.also ?? null;
  if (also && !isShort(also)) directions.offeredSecond = also;
  const named = short.length > 0;
  const restored = !named && directions.useSaved(TRANSCRIPTS);
  // A server waits for a press of Ask, which says how often it is asked.
  const asked = pair.em?.server ? Promise.resolve() : chat.ask();
  // With a custom pair an extraction may take minutes, so the user starts it.
  const extracted = named
    ? await useRecipes(short, postern)
    : !restored && !pair.isCustom && (await directions.extractDefaults(TRANSCRIPTS));
  const second = also !== null && isShort(also) && (await useSecond(also, sha256, postern));
  await asked;
  if (extracted || second) await chat.repeatAnswers();
  await lookAgain(link, postern);
}

/**
 * Selects another fine-tune and runs everything that follows from it.
 * @param onTurn called when earlier loads have ended
 */
export async function changePair(
  postern: Panels,
  adapterId: string,
  onTurn: () => void = () => {},
): Promise<void> {
  postern.chat.stop();
  postern.directions.cancel();
  await postern.pair.choose(adapterId, onTurn);
  if (postern.pair.emEntry?.id === adapterId) await beginPair(postern);
}

/** Applies the settings of a link to the page, before anything is asked. The link's pair must be selected. */
export function setFrom(link: LinkState, panels: Panels): void {
  const { editSettings, edits, chat, prompting, measurements, view, patching } = panels;
  chat.prompt = link.prompt;
  chat.seed = link.seed;
  chat.temperature = link.temperature;
  chat.system = link.system;
  prompting.plain = link.plain;
  if (link.chat) prompting.set(link.chat);
  if (link.editSettings && fits(link.editSettings, editSettings.layers.length))
    editSettings.restore(link.editSettings);
  if (link.second && fits(link.second, editSettings.layers.length)) edits.compare(link.second);
  else edits.close();
  if (link.why) {
    view.instrument = link.why.instrument;
    [patching.first, patching.second] = link.why.answers;
  }
  if (link.measure) {
    measurements.n = link.measure.n;
    measurements.split = link.measure.split;
    measurements.customQuestions = null;
    measurements.seed = link.measure.seed ?? measurements.seed;
    measurements.questionSeed = link.measure.questionSeed ?? null;
  }
}

/** Looks at the token that a link names, once it is written. */
async function lookAgain(link: LinkState | null, { microscope }: Panels): Promise<void> {
  const word = link?.why?.word;
  if (word) await microscope.look(word.role, word.index);
}

export const fits = (editSettings: LinkEdit, nLayers: number): boolean =>
  editSettings.layers.length === nLayers;

/** The most transcripts that a link may extract from without asking: the maximum of the Direction tab. */
const MOST_TRANSCRIPTS = 256;
const isShort = ({ transcripts }: DirectionRecipe): boolean => transcripts <= MOST_TRANSCRIPTS;

/** Extracts the directions that a link offered, after the user has agreed. */
export async function acceptOffered(panels: Panels): Promise<void> {
  const { directions, chat, pair } = panels;
  const { offered, offeredSecond } = directions;
  const sha256 = pair.em?.sha256;
  clearOffer(directions);
  const extracted = await useRecipes(offered, panels);
  const second = offeredSecond !== null && (await useSecond(offeredSecond, sha256, panels));
  if (extracted || second) await chat.repeatAnswers();
}

/**
 * Removes the second direction that a link names, extracted unless saved. One that could not be had is reported. False
 * where it is not removed, or where another pair or second direction was chosen meanwhile.
 * @param sha256 of the fine-tune that the link was opened on
 */
async function useSecond(
  recipe: DirectionRecipe,
  sha256: string | undefined,
  { pair, directions, editSettings }: Panels,
): Promise<boolean> {
  const em = pair.emEntry?.id;
  if (em === undefined || pair.em?.sha256 !== sha256) return false;
  const { alsoId } = editSettings;
  const second = directions.find(recipe, em) ?? (await directions.extract(recipe, em, false));
  if (pair.em?.sha256 !== sha256 || editSettings.alsoId !== alsoId) return false;
  if (second) editSettings.alsoId = second.id;
  else directions.secondProblem = NO_SECOND;
  return second !== null;
}

/** Extracts the directions that a link names, unless they are saved already. False when none resulted. */
async function useRecipes(
  recipes: readonly DirectionRecipe[],
  { pair, directions }: Panels,
): Promise<boolean> {
  const em = pair.emEntry?.id;
  if (em === undefined) return false;
  let any = false;
  for (const recipe of recipes) {
    const saved = directions.find(recipe, em);
    if (saved) directions.use(saved);
    any = saved !== null || (await directions.extract(recipe, em)) !== null || any;
  }
  return any;
}
