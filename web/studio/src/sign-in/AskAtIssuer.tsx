/** What a stranger sees where OpenID issuers sign people in: a button for each, and what went wrong the last time. */

import { Button } from '../ui/Button'
import { inBoth } from '../ui/language'
import type { Door } from './announced'
import { Gate } from './Gate'
import { refusal } from './oidc-flow'
import style from './Gate.module.css'

// What a silent sign-in is refused with once the issuer wants to see the person.
const ENDED = ['login_required', 'interaction_required', 'consent_required', 'account_selection_required']

const useWords = inBoth(
  {
    title: 'Sign in to begin',
    with: (name: string) => `Continue with ${name}`,
    ended: 'Your sign-in has ended. Sign in again.',
    refused: {
      access_denied: 'The sign-in was canceled, or you may not use this application.',
      temporarily_unavailable: 'The sign-in is overloaded for now. Try again in a moment.',
      invalid_grant: 'That sign-in took too long or was used already. Try again.',
    } as Record<string, string>,
    other: (code: string) => `The sign-in failed (${code}). Try again, or ask whoever runs this installation.`,
    away: 'The sign-in does not answer. Try again in a moment.',
  },
  {
    title: 'Connectez-vous pour commencer',
    with: (name: string) => `Continuer avec ${name}`,
    ended: 'Votre connexion a pris fin. Connectez-vous de nouveau.',
    refused: {
      access_denied: 'La connexion a été annulée, ou cette application ne vous est pas ouverte.',
      temporarily_unavailable: 'La connexion est surchargée pour le moment. Réessayez dans un instant.',
      invalid_grant: 'Cette connexion a pris trop de temps ou a déjà servi. Réessayez.',
    },
    other: (code: string) =>
      `La connexion a échoué (${code}). Réessayez, ou demandez à la personne qui gère cette installation.`,
    away: 'La connexion ne répond pas. Réessayez dans un instant.',
  },
)

export interface AskAtIssuerProps {
  methods: Door[]
  error: unknown
  onChoose: (method: Door) => void
}

export function AskAtIssuer({ methods, error, onChoose }: AskAtIssuerProps) {
  const words = useWords()
  const code = refusal(error)?.code
  const told = () => {
    if (code === undefined) return words.away
    return ENDED.includes(code) ? words.ended : (words.refused[code] ?? words.other(code))
  }
  return (
    <Gate title={words.title}>
      {!!error && (
        <p role="alert" className={style.refusal}>
          {told()}
        </p>
      )}
      <div className={style.ways}>
        {methods.map((method) => (
          <Button key={method.issuer} tone="primary" onClick={() => onChoose(method)}>
            {words.with(method.name)}
          </Button>
        ))}
      </div>
    </Gate>
  )
}
