// What follows when another pair is selected: nothing of the former one is left, both models answer, the
// directions are extracted, and with a link the page takes its settings.

import type { Panels } from './panels';
import type { DirectionRecipe, LinkEdit, LinkState } from '../formats/link';
import { DirectionForm, DIRECTIONS_KEY, DirectionsForm } from './direction/kept-directions';
import { readSaved, takeBack } from './saved';

/** Read by each model for the directions of the start. */
export const TRANSCRIPTS = 64;

/** Leaves nothing of another pair: the desk fits the one on stage, no direction is in use, no answer stands. */
export function clearAnswers({ pair, directions, editSettings, chat }: Panels): void {
  const { nLayers } = pair.aligned!.config;
  const { layer, strength } = pair.defaults.steering ?? {};
  editSettings.fit(nLayers, layer ?? Math.floor(nLayers / 2), strength);
  directions.clearUse();
  directions.offered = [];
  chat.clear();
}

/** What follows once a pair is on stage: ask, extract, shade; with a link, what it asks and extracts. */
export async function beginPair(postern: Panels, link: LinkState | null = null): Promise<void> {
  const { pair, directions, chat } = postern;
  clearAnswers(postern);
  const saved = (await readSaved(DIRECTIONS_KEY, DirectionsForm)) ?? [];
  const back = await takeBack(DIRECTIONS_KEY, DirectionForm, ({ id }) =>
    saved.every((one) => one.id !== id),
  );
  for (const direction of [...saved, ...back]) directions.restore(direction);
  if (link) setFrom(link, postern);
  const recipes = link ? [link.cut, link.add].filter((recipe) => recipe !== null) : [];
  const [short, long] = [recipes.filter(isShort), recipes.filter((recipe) => !isShort(recipe))];
  directions.offered = long;
  const named = short.length > 0;
  const kept = !named && directions.useKept(TRANSCRIPTS);
  const asked = chat.ask();
  // Of a pair from elsewhere that may take minutes: the person says when.
  const extracted = named
    ? await useRecipes(short, postern)
    : !kept && !pair.isCustom && (await directions.extractDefaults(TRANSCRIPTS));
  await asked;
  if (extracted) await chat.readAgain();
}

/**
 * Another fine-tune on stage, and everything that follows from it.
 * @param onTurn called when the loads that were asked for before have ended
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

/** Puts the settings of a link on the page, before anything is asked. The pair on stage is the link's. */
export function setFrom(link: LinkState, panels: Panels): void {
  const { editSettings, chat, prompting, measurements } = panels;
  chat.prompt = link.prompt;
  chat.seed = link.seed;
  chat.temperature = link.temperature;
  chat.system = link.system;
  prompting.plain = link.plain;
  if (link.chat) prompting.set(link.chat);
  if (link.editSettings && fits(link.editSettings, editSettings.layers.length))
    editSettings.restore(link.editSettings);
  if (link.measure) {
    measurements.n = link.measure.n;
    measurements.split = link.measure.split;
    measurements.customQuestions = null;
    measurements.seed = link.measure.seed ?? measurements.seed;
    measurements.questionSeed = link.measure.questionSeed ?? null;
  }
}

export const fits = (editSettings: LinkEdit, nLayers: number): boolean =>
  editSettings.layers.length === nLayers;

/** What a stranger's link may have read at once: as much as the Direction tab offers. */
const MOST_TRANSCRIPTS = 256;
const isShort = ({ transcripts }: DirectionRecipe): boolean => transcripts <= MOST_TRANSCRIPTS;

/** Extracts what a link offers to, now that a person has said so. */
export async function takeOffered(panels: Panels): Promise<void> {
  const { directions, chat } = panels;
  const { offered } = directions;
  directions.offered = [];
  if (await useRecipes(offered, panels)) await chat.readAgain();
}

/** Extracts what a link names, unless it is held. False when nothing came of it. */
async function useRecipes(
  recipes: readonly DirectionRecipe[],
  { pair, directions }: Panels,
): Promise<boolean> {
  const em = pair.emEntry?.id;
  if (em === undefined) return false;
  let any = false;
  for (const recipe of recipes) {
    const held = directions.find(recipe, em);
    if (held) directions.use(held);
    any = held !== null || (await directions.extract(recipe, em)) !== null || any;
  }
  return any;
}
