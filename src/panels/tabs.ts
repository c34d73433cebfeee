// The tools below the answers, in the order of their keys. Deleting a line removes a tool. Its code is loaded when its
// tab is first opened, so that the first answer does not wait for tools that nobody opens.

import type { Component } from 'svelte';

export interface Tab {
  readonly id: string;
  readonly title: string;
  readonly load: () => Promise<{ readonly default: Component }>;
}

export const TABS: readonly Tab[] = [
  { id: 'direction', title: 'Direction', load: () => import('./direction/Panel.svelte') },
  { id: 'layers', title: 'Layers', load: () => import('./layers/Panel.svelte') },
  { id: 'why', title: 'Why', load: () => import('./why/Panel.svelte') },
  { id: 'measure', title: 'Measure', load: () => import('./measure/Panel.svelte') },
  { id: 'organisms', title: 'Models', load: () => import('./models/Panel.svelte') },
  { id: 'train', title: 'Train', load: () => import('./train/Panel.svelte') },
  { id: 'lessons', title: 'Lessons', load: () => import('./lessons/Panel.svelte') },
];
