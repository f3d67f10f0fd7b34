/** What the client itself says to people, in French and English; the server's own sentences come from the server. */

export type Language = 'fr' | 'en'

const WORDS = {
  token_missing: ["Token d'authentification manquant", 'Authentication token missing'],
  token_invalid: ["Le jeton d'authentification n'est pas valide.", 'The token is not valid.'],
  connection_lost: ['Le serveur est injoignable.', 'The server cannot be reached.'],
  unexpected_answer: ['Réponse inattendue du serveur.', 'This is not an answer of the server.'],
  timed_out: ["L'attente a trop duré ; la tâche continue.", 'The wait was too long; the job goes on.'],
  job_failed: ['La tâche a échoué.', 'The job failed.'],
  job_canceled: ['La tâche a été annulée.', 'The job was canceled.'],
  job_expired: ['La tâche a expiré.', 'The job has expired.'],
} as const

export type Sentence = keyof typeof WORDS

export const say = (sentence: Sentence, language: Language): string => WORDS[sentence][language === 'fr' ? 0 : 1]

/** The page's language, else the browser's; French where nobody says, as on a server. */
export function pageLanguage(): Language {
  if (typeof document === 'undefined') return 'fr'
  const said = document.documentElement.lang || navigator.language
  return !said || /^fr\b/i.test(said) ? 'fr' : 'en'
}
