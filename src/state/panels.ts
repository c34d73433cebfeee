// The state of every tool, for lessons, links and reports; page/postern.ts creates it.

import type { Chat } from './answers/chat.svelte';
import type { Offline } from './browser/offline.svelte';
import type { Comparison } from './direction/comparison.svelte';
import type { Directions } from './direction/directions.svelte';
import type { TranscriptCells } from './direction/transcript-cells.svelte';
import type { ClassResults } from './measure/class-results.svelte';
import type { Measurements } from './measure/measurements.svelte';
import type { BundledReport } from './models/bundled-report.svelte';
import type { CustomModel } from './models/custom-model.svelte';
import type { ServedModel } from './models/served-model.svelte';
import type { ComparedEdits } from './pair/compared-edits.svelte';
import type { EditSettingsStore } from './pair/edit-settings.svelte';
import type { ModelPair } from './pair/model-pair.svelte';
import type { OpenTools } from './pair/open-tools.svelte';
import type { Prompting } from './pair/prompting.svelte';
import type { View } from './pair/view.svelte';
import type { Training } from './train/training.svelte';
import type { Microscope } from './why/microscope.svelte';
import type { Patching } from './why/patching.svelte';
import type { WhoWritesIt } from './why/writers.svelte';

/** The state that lessons set and read. */
export interface Panels {
  readonly view: View;
  readonly openTools: OpenTools;
  readonly pair: ModelPair;
  readonly customModel: CustomModel;
  readonly servedModel: ServedModel;
  readonly bundledReport: BundledReport;
  readonly directions: Directions;
  readonly editSettings: EditSettingsStore;
  /** `editSettings` and a second edit to compare it with. */
  readonly edits: ComparedEdits;
  readonly prompting: Prompting;
  readonly chat: Chat;
  readonly measurements: Measurements;
  readonly comparison: Comparison;
  readonly transcripts: TranscriptCells;
  readonly training: Training;
  readonly classResults: ClassResults;
  readonly offline: Offline;
  readonly microscope: Microscope;
  readonly patching: Patching;
  readonly writers: WhoWritesIt;
}
