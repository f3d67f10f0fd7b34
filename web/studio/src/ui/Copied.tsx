/** A text to be taken away: shown, and copied by one press. */

import { useEffect, useId, useState } from 'react'
import { Button } from './Button'
import { Check, Copy } from './icons'
import { inBoth } from './language'
import style from './Copied.module.css'

const useWords = inBoth({ copy: 'Copy', copied: 'Copied' }, { copy: 'Copier', copied: 'Copié' })
const SHOWN_MS = 2_500

export function Copied({ label, text, long = false }: { label: string; text: string; long?: boolean }) {
  const words = useWords()
  const id = useId()
  const [copied, setCopied] = useState(false)
  useEffect(() => {
    if (!copied) return undefined
    const timer = setTimeout(() => setCopied(false), SHOWN_MS)
    return () => clearTimeout(timer)
  }, [copied])
  // Where the clipboard is denied, the text is selected instead: one key copies it.
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text)
      setCopied(true)
    } catch {
      document.getElementById(id)?.focus()
    }
  }
  return (
    <div className={style.copied}>
      <label htmlFor={id}>{label}</label>
      <div className={style.row}>
        <textarea
          id={id}
          className={style.text}
          readOnly
          spellCheck={false}
          rows={long ? 7 : 2}
          value={text}
          onFocus={(event) => event.target.select()}
        />
        <Button small onClick={() => void copy()}>
          {copied ? <Check /> : <Copy />}
          {copied ? words.copied : words.copy}
          <span className="unseen"> – {label}</span>
        </Button>
      </div>
      <p role="status" className="unseen">
        {copied ? words.copied : ''}
      </p>
    </div>
  )
}
