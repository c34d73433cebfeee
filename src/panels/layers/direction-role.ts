import type { Role } from '../../charts/marks/role-style';
import type { DirectionKind } from '../../state/direction/comparison.svelte';

const ROLES: Readonly<Record<DirectionKind, Role>> = {
  em: 'em',
  benign: 'aligned',
  control: 'edited',
  variant: 'soft',
  other: 'neutral',
};

/** The drawing style of a direction, by the kind of its fine-tune. */
export const roleOfDirection = (kind: DirectionKind): Role => ROLES[kind];
