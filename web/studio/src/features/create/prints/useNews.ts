/** What a screen reader is told of the prints: that one was asked for, is there, or is not to come. */

import { hasEnded, type Snapshot } from '@estampe/client'
import { useEffect, useRef, useState } from 'react'
import { useFormat } from '../../../ui/format'
import type { Print } from '../usePrints'
import { useWords } from '../words'
import { standing } from './standing'

export function useNews(prints: Print[], isKnown: boolean): string {
  const words = useWords()
  const format = useFormat()
  const before = useRef<Map<string, boolean> | null>(null)
  const [news, setNews] = useState('')
  useEffect(() => {
    if (!isKnown) return
    const known = before.current
    before.current = new Map(prints.map(({ key, job }) => [key, !!job && hasEnded(job)]))
    if (!known) return
    for (const { key, ask, job } of prints) {
      if (ask && !known.has(key)) setNews(words.started(ask.body.prompt))
      else if (job && hasEnded(job) && known.get(key) === false) setNews(told(job))
    }

    function told(job: Snapshot): string {
      const prompt = String(job.parameters.prompt ?? '')
      return job.status === 'succeeded' ? words.done(prompt) : words.notDone(prompt, standing(job, words, format))
    }
  }, [prints, isKnown, words, format])
  return news
}
