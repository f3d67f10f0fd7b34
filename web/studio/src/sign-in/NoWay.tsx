/** What a stranger sees while nobody can sign in: the issuers are away, or none is set up. */

import { Button } from '../ui/Button'
import { inBoth } from '../ui/language'
import { Gate } from './Gate'

const useWords = inBoth(
  {
    title: 'Nobody can sign in just now',
    why: 'The sign-in does not answer, or none is set up here yet. “estampe doctor” says which.',
    again: 'Try again',
  },
  {
    title: 'Personne ne peut se connecter pour l’instant',
    why: 'La connexion ne répond pas, ou aucune n’est encore configurée ici. « estampe doctor » dit ce qu’il en est.',
    again: 'Réessayer',
  },
)

/** By another load of the page, whose policy then knows the issuer that is back. */
export function NoWay() {
  const words = useWords()
  return (
    <Gate title={words.title}>
      <p>{words.why}</p>
      <Button tone="primary" onClick={() => location.reload()}>
        {words.again}
      </Button>
    </Gate>
  )
}
