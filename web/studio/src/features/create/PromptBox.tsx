/** Where the words go: it grows with them, and ⌘/Ctrl + Enter makes what they say. */

import { useEffect, useId, useRef, type ReactNode, type RefObject } from 'react'
import { Button, IconButton } from '../../ui/Button'
import { Close } from '../../ui/icons'
import { useWords } from './words'
import style from './create.module.css'

interface PromptBoxProps {
  value: string
  onChange: (value: string) => void
  most: number | undefined
  error: string | undefined
  disabled: boolean
  /** The text field, for whoever gives words back. */
  field: RefObject<HTMLTextAreaElement | null>
  children?: ReactNode
}

const isMac = /Mac|iPhone|iPad/.test(navigator.userAgent)

export function PromptBox({ value, onChange, most, error, disabled, field, children }: PromptBoxProps) {
  const words = useWords()
  const id = useId()
  useReady(field)
  return (
    <div className={style.sheet}>
      <label htmlFor={id} className="unseen">
        {words.prompt}
      </label>
      <div className={style.grows} data-text={value}>
        <textarea
          ref={field}
          id={id}
          rows={3}
          placeholder={words.prompt}
          maxLength={most}
          value={value}
          aria-invalid={error ? true : undefined}
          aria-describedby={`${id}-hint ${id}-error`}
          aria-keyshortcuts="Control+Enter Meta+Enter"
          onChange={(event) => onChange(event.target.value)}
          onKeyDown={(event) => {
            if (event.key !== 'Enter' || !(event.metaKey || event.ctrlKey) || event.repeat) return
            event.preventDefault()
            event.currentTarget.form?.requestSubmit()
          }}
        />
        {value && (
          <IconButton
            small
            className={style.clear!}
            label={words.clear}
            sign={Close}
            onClick={() => {
              onChange('')
              field.current?.focus()
            }}
          />
        )}
      </div>
      <p id={`${id}-error`} className={style.error}>
        {error}
      </p>
      <div className={style.foot}>
        {children}
        <span id={`${id}-hint`} className={style.hint}>
          {words.hint(isMac ? '⌘ ↵' : 'Ctrl + ↵')}
        </span>
        <Button type="submit" tone="primary" disabled={disabled}>
          {words.make}
        </Button>
      </div>
    </div>
  )
}

/** Typing may begin at once; where that would open a keyboard over the page, or close what was opened, it waits. */
function useReady(field: RefObject<HTMLTextAreaElement | null>): void {
  const done = useRef(false)
  useEffect(() => {
    if (done.current || !matchMedia('(pointer: fine)').matches) return
    done.current = true
    if (isFree(document.activeElement)) field.current?.focus({ preventScroll: true })
  }, [field])
}

/** Nothing has the keyboard but what led here: this page's name in the frame, or the place where pages stand. */
const isFree = (holder: Element | null): boolean => !holder || holder.matches('body, main, a[aria-current="page"]')
