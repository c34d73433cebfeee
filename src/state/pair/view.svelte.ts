// The open tool tab and instrument, which a link, a lesson and the keyboard can set.

import type { Instrument } from '../../formats/link-why';

export class View {
  /** Id of the tab. */
  tab = $state('direction');
  instrument = $state<Instrument>('token');
}
