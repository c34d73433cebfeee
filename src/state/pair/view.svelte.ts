// Which tool is open below the stage: what a link, a lesson and the keys set.

export class View {
  /** Id of the tab. */
  tab = $state('direction');
}
