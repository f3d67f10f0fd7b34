/** What somebody sees who is signed in, and whom the server does not let in. */

import type { Refused } from '@estampe/client'
import { useAccount } from '../sign-in/account'
import { Gate } from '../sign-in/Gate'
import { Button } from '../ui/Button'
import { said } from '../ui/Trouble'
import { useWords } from './words'

export function Unwelcome({ refusal, onAgain }: { refusal: Refused; onAgain: () => void }) {
  const words = useWords()
  const account = useAccount()
  return (
    <Gate title={words.unwelcome}>
      <p role="alert">{said(refusal)}</p>
      <Button tone="primary" onClick={() => void account.signOut()}>
        {words.signOut}
      </Button>
      <Button onClick={onAgain}>{words.again}</Button>
    </Gate>
  )
}
