import type { Role } from '../../charts/marks/role-style';

const ROLES: Readonly<Record<string, Role>> = {
  aligned: 'aligned',
  em: 'em',
  edited: 'edited',
  random: 'soft',
};

/** The drawing style of an arm. */
export const roleOfArm = (id: string, edited: boolean): Role =>
  ROLES[id] ?? (edited ? 'edited' : 'neutral');
