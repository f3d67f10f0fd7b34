/** The end of a key, asked for twice since it is for good. */

import type { KeyFacts } from '@estampe/client'
import { useEstampe } from '@estampe/react'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { keyOf } from '../../server/queries'
import { Button } from '../../ui/Button'
import { Dialog } from '../../ui/Dialog'
import { useTell } from '../../ui/toast'
import { Trouble } from '../../ui/Trouble'
import { useWords } from './words'
import style from './keys.module.css'

export function Withdraw({ known, onClose }: { known: KeyFacts | null; onClose: () => void }) {
  const words = useWords()
  return (
    <Dialog open={known !== null} onClose={onClose} title={known ? words.sure(known.name) : ''}>
      {known && <Sure known={known} onClose={onClose} />}
    </Dialog>
  )
}

function Sure({ known, onClose }: { known: KeyFacts; onClose: () => void }) {
  const words = useWords()
  const site = useEstampe()
  const queries = useQueryClient()
  const tell = useTell()
  const { mutate, error, isPending } = useMutation({
    mutationFn: () => site.client.keys.revoke(known.key_id),
    onSuccess() {
      tell({ title: words.gone(known.name) })
      onClose()
    },
    onSettled: () => queries.invalidateQueries({ queryKey: keyOf(site, 'keys') }),
  })
  return (
    <div className={style.form}>
      <p>{words.sureDetail(known.prefix)}</p>
      <Trouble error={error} />
      <div className={style.ends}>
        <Button onClick={onClose}>{words.cancel}</Button>
        <Button tone="danger" disabled={isPending} onClick={() => mutate()}>
          {words.withdraw}
        </Button>
      </div>
    </div>
  )
}
