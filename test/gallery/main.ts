// The gallery of charts, `npm run dev` and then /test/gallery/index.html. Every example is also the
// subject of an SVG snapshot (test/browser/charts).

import { mount } from 'svelte';
import '../../src/app.css';
import Gallery from './Gallery.svelte';

mount(Gallery, { target: document.getElementById('app')! });
