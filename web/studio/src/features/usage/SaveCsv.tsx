/** The whole table of the period, for a spreadsheet. */

import { useEstampe } from '@estampe/react'
import { useMutation } from '@tanstack/react-query'
import { Button } from '../../ui/Button'
import { Download } from '../../ui/icons'
import type { Period } from '../../ui/period'
import { save } from '../../ui/save'
import { useTell } from '../../ui/toast'
import { said } from '../../ui/Trouble'
import { useWords } from './words'

export function SaveCsv({ period: { from, to }, mine }: { period: Period; mine: boolean }) {
  const words = useWords()
  const tell = useTell()
  const { client } = useEstampe()
  const { mutate, isPending } = useMutation({
    mutationFn: () => client.usage.csv({ from, to, mine, group_by: ['day', 'user', 'model', 'kind'] }),
    onSuccess(table) {
      const name = `usage-${from}-${to}.csv`
      save(name, table, 'text/csv;charset=utf-8')
      tell({ title: words.csvSaved, detail: name })
    },
    onError: (error) => tell({ title: said(error), tone: 'trouble' }),
  })
  return (
    <Button disabled={isPending} onClick={() => mutate()}>
      <Download />
      {words.csv}
    </Button>
  )
}
