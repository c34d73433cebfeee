// All state of the page, made once in App.svelte and reached by context.

import { createContext } from 'svelte';
import { ModelClient } from '../../engine/client';
import { Chat } from '../answers/chat.svelte';
import { Comparison } from '../direction/comparison.svelte';
import { Directions } from '../direction/directions.svelte';
import { EditDesk } from '../pair/edit-settings.svelte';
import { Lessons } from '../lessons/lessons.svelte';
import { Measurements } from '../measure/measurements.svelte';
import { ModelPair } from '../pair/model-pair.svelte';
import { Offline } from '../browser/offline.svelte';
import { OwnCheckpoint } from '../models/custom-model.svelte';
import { Prompting } from '../pair/prompting.svelte';
import { Room } from '../measure/class-results.svelte';
import { clearStage } from '../begin-pair';
import { Training } from '../train/training.svelte';
import { TranscriptCells } from '../direction/transcript-cells.svelte';
import { View } from '../pair/view.svelte';
import type { Panels } from '../panels';

export interface Postern extends Panels {
  readonly lessons: Lessons;
}

/** `usePostern` throws Svelte's missing_context when called outside the app. */
export const [usePostern, providePostern] = createContext<Postern>();

export function createPostern(): Postern {
  const pair = new ModelPair(new ModelClient(), new URL('models/', document.baseURI).href);
  const directions = new Directions(pair);
  const desk = new EditDesk();
  const prompting = new Prompting(pair);
  const chat = new Chat(pair, directions, desk, prompting);
  const training = new Training(pair, directions);
  const measurements = new Measurements(pair, directions, desk, prompting);
  const panels: Panels = {
    view: new View(),
    pair,
    own: new OwnCheckpoint(pair),
    directions,
    desk,
    prompting,
    chat,
    measurements,
    comparison: new Comparison(pair, directions),
    transcripts: new TranscriptCells(pair, prompting),
    training,
    room: new Room(),
    // An endpoint may be judging, and a training between two calls, while the worker rests.
    offline: new Offline(
      pair,
      () => pair.client.busy || measurements.run.running || training.running,
    ),
  };
  pair.onStage = () => clearStage(panels);
  return { ...panels, lessons: new Lessons(panels) };
}
