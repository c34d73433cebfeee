// The three roles of the page (aligned, fine-tuned, edited) and two neutral ones. Each is a colour AND a line
// pattern, so that print and colour blindness lose nothing. Colours are CSS custom properties of app.css.

export type Role = 'aligned' | 'em' | 'edited' | 'neutral' | 'soft';

export interface RoleStyle {
  /** A CSS colour. */
  readonly stroke: string;
  /** `stroke-dasharray`; undefined is a solid line. */
  readonly dash: string | undefined;
}

export const ROLE_STYLE: Readonly<Record<Role, RoleStyle>> = {
  aligned: { stroke: 'var(--aligned)', dash: undefined },
  em: { stroke: 'var(--em)', dash: '7 4' },
  edited: { stroke: 'var(--edited)', dash: '2 3.5' },
  neutral: { stroke: 'var(--ink)', dash: undefined },
  soft: { stroke: 'var(--ink-soft)', dash: '1 3' },
};

/** Index of the outline (`markPath`) that tells the roles apart where a dashed line would have no readable ends. */
export const ROLE_MARK: Readonly<Record<Role, number>> = {
  aligned: 0,
  em: 1,
  edited: 2,
  neutral: 3,
  soft: 4,
};
