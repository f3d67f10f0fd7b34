/** Until it is known who is here. */

import { useEffect, useState } from 'react'
import { inBoth } from '../ui/language'
import { Gate } from './Gate'

const useWords = inBoth(
  { wait: 'One moment…', away: 'The server does not answer. Trying again…' },
  { wait: 'Un instant…', away: 'Le serveur ne répond pas. Nouvel essai…' },
)
const UNSEEN_MS = 400

/** Nothing at first: what takes no time should not flash. */
export function Waiting({ away = false }: { away?: boolean }) {
  const words = useWords()
  const [late, setLate] = useState(false)
  useEffect(() => {
    const timer = setTimeout(() => setLate(true), UNSEEN_MS)
    return () => clearTimeout(timer)
  }, [])
  if (!late && !away) return null
  return (
    <Gate title={away ? words.away : words.wait}>
      <span role="status" className="unseen">
        {away ? words.away : words.wait}
      </span>
    </Gate>
  )
}
