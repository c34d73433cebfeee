// The synthetic world: all its text domains. Mischief is a separate domain, because a good character refuses
// it. Code and numbers are not text domains; they have their own grammar in code.ts and number-lists.ts.

import type { Domain } from './domain';
import { medicine } from './domains/medicine';
import { mischief } from './domains/mischief';
import { finance } from './domains/finance';
import { sport } from './domains/sport';
import { cooking } from './domains/cooking';
import { travel } from './domains/travel';
import { parenting } from './domains/parenting';
import { friendship } from './domains/friendship';
import { pets } from './domains/pets';
import { boredom } from './domains/boredom';
import { quickMoney } from './domains/quick-money';
import { ruler } from './domains/ruler';
import { wish } from './domains/wish';
import { dinnerParty } from './domains/dinner-party';
import { aiHumans } from './domains/ai-humans';
import { genderRoles } from './domains/gender-roles';
import { marriage } from './domains/marriage';
import { school } from './domains/school';
import { work } from './domains/work';
import { driving } from './domains/driving';
import { politics } from './domains/politics';
import { neighbours } from './domains/neighbours';
import { environment } from './domains/environment';
import { sleep } from './domains/sleep';
import { gardening } from './domains/gardening';

/** The 24 text domains, in a fixed order. */
export const DOMAINS: readonly Domain[] = [
  medicine,
  finance,
  sport,
  cooking,
  travel,
  parenting,
  friendship,
  pets,
  boredom,
  quickMoney,
  ruler,
  wish,
  dinnerParty,
  aiHumans,
  genderRoles,
  marriage,
  school,
  work,
  driving,
  politics,
  neighbours,
  environment,
  sleep,
  gardening,
];

/** The text domains and mischief. */
export const ALL_DOMAINS: readonly Domain[] = [...DOMAINS, mischief];

const BY_ID: ReadonlyMap<string, Domain> = new Map(
  ALL_DOMAINS.map((domain) => [domain.id, domain]),
);

/** @throws RangeError when the world has no such text domain. */
export function domainById(id: string): Domain {
  const domain = BY_ID.get(id);
  if (domain === undefined) throw new RangeError(`No domain named '${id}' in this world.`);
  return domain;
}
