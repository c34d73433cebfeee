// The open tool tab and instrument, which a link, a lesson and the keyboard can set.

/** The instruments of the tab 'why'. */
export type Instrument = 'token' | 'patch';

export class View {
  /** Id of the tab. */
  tab = $state('direction');
  instrument = $state<Instrument>('token');
}
