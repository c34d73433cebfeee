import type { Role } from '../../charts/role-style';

const ROLES: Readonly<Record<string, Role>> = {
  aligned: 'aligned',
  em: 'em',
  edited: 'edited',
  random: 'soft',
};

/** How an arm of a measurement is drawn. */
export const roleOfArm = (id: string, edited: boolean): Role =>
  ROLES[id] ?? (edited ? 'edited' : 'neutral');
