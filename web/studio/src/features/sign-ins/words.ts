/** What the page of sign-ins says. */

import { counted, inBoth } from '../../ui/language'

export const useWords = inBoth(
  {
    title: 'Sign-ins',
    lead: 'Who was refused at the door, why, and what to do about it.',
    leadOrganization:
      'Refusals of people of your organisation. A token that proves nothing belongs to nobody: an operator sees those.',
    accepted: (count: number) => `${counted('en', count, 'sign-in was', 'sign-ins were')} accepted in this time.`,
    over: 'Refusals over time',
    refusals: 'Refusals',
    hour: 'Hour',
    day: 'Day',
    utc: 'Times are those of UTC.',
    rest: (count: number) => `${count} other reasons`,
    noRefusal: 'Nobody was refused in this time',
    noRefusalHint: 'When somebody is, you will see here why.',
    reasons: 'Reasons',
    every: 'Every reason',
    show: 'Show',
    times: (count: number) => `${counted('en', count, 'time', 'times')}`,
    list: 'What was refused',
    when: 'When',
    why: 'Why',
    issuer: 'Issuer',
    route: 'Route',
    who: 'Person',
    count: 'Times',
    source: 'Source',
    sourceHint:
      'A source is a network address, hashed: the same letters are the same client, and nobody can tell which.',
    unknown: 'unknown',
    more: (count: number) => `Show ${count} more`,
    newest: (count: number) => `The newest ${count}. Choose a reason or a shorter time to see others.`,
  },
  {
    title: 'Connexions',
    lead: 'Qui a été refusé à la porte, pourquoi, et que faire.',
    leadOrganization:
      'Les refus des membres de votre organisation. Un jeton qui ne prouve rien n’est à personne : seul un exploitant voit ceux-là.',
    accepted: (count: number) =>
      `${counted('fr', count, 'connexion acceptée', 'connexions acceptées')} pendant cette période.`,
    over: 'Les refus dans le temps',
    refusals: 'Refus',
    hour: 'Heure',
    day: 'Jour',
    utc: 'Les heures sont celles d’UTC.',
    rest: (count: number) => `${count} autres raisons`,
    noRefusal: 'Personne n’a été refusé pendant cette période',
    noRefusalHint: 'Si quelqu’un l’est, vous verrez ici pourquoi.',
    reasons: 'Raisons',
    every: 'Toutes les raisons',
    show: 'Montrer',
    times: (count: number) => counted('fr', count, 'fois', 'fois'),
    list: 'Ce qui a été refusé',
    when: 'Quand',
    why: 'Pourquoi',
    issuer: 'Émetteur',
    route: 'Route',
    who: 'Personne',
    count: 'Fois',
    source: 'Source',
    sourceHint:
      'Une source est une adresse réseau, hachée : les mêmes lettres sont le même client, et nul ne peut dire lequel.',
    unknown: 'inconnu',
    more: (count: number) => `En montrer ${count} de plus`,
    newest: (count: number) =>
      `Les ${count} plus récents. Choisissez une raison ou une période plus courte pour en voir d’autres.`,
  },
)
