/** What happens when a person comes to another page: it is named, read from its top, and the keyboard is in it. */

import { useEffect, useRef, useState } from 'react'
import { useLocation } from 'wouter'
import { PAGES, type Page } from './pages'
import { useWords } from './words'

/** undefined where there is no such page. */
export const pageAt = (here: string): Page | undefined => PAGES.find((page) => isAt(page, here))

/** Whether `here` is the page or something on it. */
export const isAt = ({ to, path }: Page, here: string): boolean =>
  here === to || (path !== to && here.startsWith(`${to}/`))

/** The name of the page, to be told by a screen reader: nothing for the first, which it reads by itself. */
export function useArrival(content: string): string {
  const words = useWords()
  const [here] = useLocation()
  const page = pageAt(here)
  const title = page ? words.pages[page.name] : words.missing
  const name = page?.name ?? 'missing'
  const before = useRef<string>(undefined)
  const [moved, setMoved] = useState(false)
  useEffect(() => {
    document.title = `${title} – Estampe`
  }, [title])
  useEffect(() => {
    if (here === '/' || before.current === name) return // on the way to a page, or still on it
    const first = before.current === undefined
    before.current = name
    if (first) return
    setMoved(true)
    scrollTo(0, 0)
    const place = document.getElementById(content)
    // A page that has put the keyboard somewhere in itself knows better.
    if (!place?.contains(document.activeElement)) place?.focus({ preventScroll: true })
  }, [here, name, content])
  return moved ? title : ''
}
