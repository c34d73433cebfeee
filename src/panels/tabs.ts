// The tools below the answers, in the order of their keys. Deleting a line removes a tool.

import type { Component } from 'svelte';
import Direction from './direction/Panel.svelte';
import Layers from './layers/Panel.svelte';
import Lessons from './lessons/Panel.svelte';
import Measure from './measure/Panel.svelte';
import Organisms from './models/Panel.svelte';
import Train from './train/Panel.svelte';

export interface Tab {
  readonly id: string;
  readonly title: string;
  readonly panel: Component;
}

export const TABS: readonly Tab[] = [
  { id: 'direction', title: 'Direction', panel: Direction },
  { id: 'layers', title: 'Layers', panel: Layers },
  { id: 'measure', title: 'Measure', panel: Measure },
  { id: 'organisms', title: 'Organisms', panel: Organisms },
  { id: 'train', title: 'Train', panel: Train },
  { id: 'lessons', title: 'Lessons', panel: Lessons },
];
