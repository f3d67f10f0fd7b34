/** What the frame of the page says. */

import { inBoth } from '../ui/language'
import type { PageName } from './pages'

export const useWords = inBoth(
  {
    pages: {
      images: 'Images',
      videos: 'Videos',
      gallery: 'Gallery',
      usage: 'Usage',
      keys: 'API keys',
      signIns: 'Sign-ins',
      operator: 'Operator',
    } satisfies Record<PageName, string>,
    menu: 'Pages',
    more: 'More',
    accountOf: (name: string, as: string) => (name === as ? `Account: ${name}` : `Account: ${name}, as ${as}`),
    alone: 'Yourself',
    workAs: 'Work as',
    language: 'Language',
    theme: 'Theme',
    themes: { system: 'As the system', light: 'Light', dark: 'Dark' },
    docs: 'API documentation',
    signOut: 'Sign out',
    skip: 'Skip to content',
    lost: 'The server does not answer. What you see may be old; trying again…',
    missing: 'There is no such page',
    mistyped: 'Its address may have been mistyped, or the page may have moved.',
    home: 'Make something',
    broken: 'Something went wrong on this page',
    reload: 'Load it again',
    forbidden: 'You may not open this page',
    askFor: (permission: string) =>
      `It needs the permission “${permission}”: ask an administrator of your organisation.`,
  },
  {
    pages: {
      images: 'Images',
      videos: 'Vidéos',
      gallery: 'Galerie',
      usage: 'Consommation',
      keys: 'Clés d’API',
      signIns: 'Connexions',
      operator: 'Exploitation',
    },
    menu: 'Pages',
    more: 'Plus',
    accountOf: (name: string, as: string) => (name === as ? `Compte : ${name}` : `Compte : ${name}, en tant que ${as}`),
    alone: 'Vous-même',
    workAs: 'Travailler en tant que',
    language: 'Langue',
    theme: 'Thème',
    themes: { system: 'Comme le système', light: 'Clair', dark: 'Sombre' },
    docs: 'Documentation de l’API',
    signOut: 'Se déconnecter',
    skip: 'Aller au contenu',
    lost: 'Le serveur ne répond pas. Ce que vous voyez a pu changer ; nouvel essai…',
    missing: 'Cette page n’existe pas',
    mistyped: 'Son adresse est peut-être mal écrite, ou la page a changé de place.',
    home: 'Créer quelque chose',
    broken: 'Un problème est survenu sur cette page',
    reload: 'La charger de nouveau',
    forbidden: 'Vous ne pouvez pas ouvrir cette page',
    askFor: (permission: string) =>
      `Il y faut la permission « ${permission} » : demandez-la à un administrateur de votre organisation.`,
  },
)
