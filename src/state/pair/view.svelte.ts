// The open tool tab, which a link, a lesson and the keyboard can set.

export class View {
  /** Id of the tab. */
  tab = $state('direction');
}
