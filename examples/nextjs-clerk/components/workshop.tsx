/** What the two pages share: a sentence to write, the progress, what went wrong. */

'use client'

import { isEstampeError } from '@estampe/client'
import type { GenerationState } from '@estampe/react'
import type { FormEvent } from 'react'

export const FORMATS = { '1:1': 'Carré', '4:3': 'Paysage', '3:4': 'Portrait', '16:9': 'Panorama' }

export interface Wish {
  prompt: string
  aspect_ratio: string
}

interface WorkshopProps {
  label: string
  action: string
  state: GenerationState
  onWish: (wish: Wish) => void
  onCancel: () => void
}

export function Workshop({ label, action, state, onWish, onCancel }: WorkshopProps) {
  function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault()
    const said = new FormData(event.currentTarget)
    onWish({ prompt: String(said.get('prompt')).trim(), aspect_ratio: String(said.get('format')) })
  }
  return (
    <form onSubmit={submit}>
      <label htmlFor="prompt">{label}</label>
      <textarea id="prompt" name="prompt" rows={3} maxLength={4000} required autoFocus />
      <label htmlFor="format">Format</label>
      <select id="format" name="format">
        {Object.entries(FORMATS).map(([ratio, name]) => (
          <option key={ratio} value={ratio}>
            {name}
          </option>
        ))}
      </select>
      <div className="actions">
        <button type="submit" disabled={state.isLoading}>
          {action}
        </button>
        {state.isLoading && (
          <button type="button" onClick={onCancel}>
            Annuler
          </button>
        )}
      </div>
      <Standing state={state} />
      {state.error && <p role="alert">{friendly(state.error)}</p>}
    </form>
  )
}

function Standing({ state }: { state: GenerationState }) {
  if (!state.isLoading) return <p role="status">{state.status === 'canceled' ? 'Création annulée.' : ''}</p>
  const { fraction = 0 } = state.progress ?? {}
  return (
    <>
      <progress aria-label="Avancement" value={fraction} />
      <p role="status">{standing(state, fraction)}</p>
    </>
  )
}

function standing({ status, job }: GenerationState, fraction: number): string {
  if (status === 'canceling') return 'Annulation…'
  if (status === 'running') return `Création en cours : ${Math.round(fraction * 100)} %`
  const ahead = job?.queue_position ?? 0
  return ahead > 0 ? `Dans la file : ${ahead} avant vous` : 'Bientôt votre tour…'
}

/** The server's own sentences are French already; some deserve to say what to do. */
function friendly(error: Error): string {
  if (isEstampeError(error, 'quota_exhausted')) return 'Votre quota est épuisé pour cette période.'
  if (isEstampeError(error, 'rate_limited', 'queue_full')) return 'Beaucoup de demandes à la fois : réessayez bientôt.'
  if (isEstampeError(error, 'connection_lost'))
    return 'Le service est injoignable. Vérifiez votre connexion, puis réessayez.'
  return error.message
}
