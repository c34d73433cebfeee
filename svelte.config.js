import { vitePreprocess } from '@sveltejs/vite-plugin-svelte';

/** Runes everywhere; style and script blocks go through Vite. */
export default {
  preprocess: vitePreprocess(),
  compilerOptions: { runes: true },
};
