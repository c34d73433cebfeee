// All state of the page, created once in App.svelte and provided as a context.

import { createContext } from 'svelte';
import { Attention } from './attention.svelte';
import { ModelClient } from '../../engine/client';
import { Chat } from '../answers/chat.svelte';
import { Comparison } from '../direction/comparison.svelte';
import { Directions } from '../direction/directions.svelte';
import { ComparedEdits } from '../pair/compared-edits.svelte';
import { EditSettingsStore } from '../pair/edit-settings.svelte';
import { Lessons } from '../lessons/lessons.svelte';
import { Measurements } from '../measure/measurements.svelte';
import { ModelPair } from '../pair/model-pair.svelte';
import { Offline } from '../browser/offline.svelte';
import { BundledReport } from '../models/bundled-report.svelte';
import { CustomModel } from '../models/custom-model.svelte';
import { ServedModel } from '../models/served-model.svelte';
import { OpenTools } from '../pair/open-tools.svelte';
import { Prompting } from '../pair/prompting.svelte';
import { ClassResults } from '../measure/class-results.svelte';
import { clearAnswers } from '../begin-pair';
import { Training } from '../train/training.svelte';
import { TranscriptCells } from '../direction/transcript-cells.svelte';
import { View } from '../pair/view.svelte';
import { Microscope } from '../why/microscope.svelte';
import { Patching } from '../why/patching.svelte';
import { WhoWritesIt } from '../why/writers.svelte';
import type { Panels } from '../panels';

export interface Postern extends Panels {
  readonly lessons: Lessons;
  readonly attention: Attention;
}

/** `usePostern` throws Svelte's missing_context when called outside the app. */
export const [usePostern, providePostern] = createContext<Postern>();

export function createPostern(): Postern {
  const pair = new ModelPair(new ModelClient(), new URL('models/', document.baseURI).href);
  const directions = new Directions(pair);
  const editSettings = new EditSettingsStore();
  const prompting = new Prompting(pair);
  const edits = new ComparedEdits(editSettings);
  const chat = new Chat(pair, directions, edits, prompting);
  const training = new Training(pair, directions);
  const measurements = new Measurements(pair, directions, edits, prompting);
  const microscope = new Microscope(pair, chat.columns);
  const customModel = new CustomModel(pair);
  const panels: Panels = {
    view: new View(),
    openTools: new OpenTools(),
    pair,
    customModel,
    servedModel: new ServedModel(pair, customModel),
    bundledReport: new BundledReport(),
    directions,
    editSettings,
    edits,
    prompting,
    chat,
    measurements,
    comparison: new Comparison(pair, directions),
    transcripts: new TranscriptCells(pair, prompting),
    training,
    microscope,
    patching: new Patching(pair, chat),
    writers: new WhoWritesIt(pair, chat.columns, directions, editSettings, microscope),
    classResults: new ClassResults(),
    // An endpoint may judge, or a training may be between two calls, while the worker is idle.
    offline: new Offline(
      pair,
      () => pair.client.busy || measurements.run.running || training.running,
    ),
  };
  pair.onSelected = () => {
    training.look.cancel();
    clearAnswers(panels);
  };
  const lessons = new Lessons(panels);
  return { ...panels, lessons, attention: new Attention(lessons) };
}
