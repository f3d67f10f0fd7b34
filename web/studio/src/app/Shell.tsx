/** The frame around every page: the mark, the pages, the account. */

import { Suspense, type MouseEvent, type ReactNode } from 'react'
import { Link, useLocation } from 'wouter'
import { useHeard } from '../server/live'
import { BELOW } from '../server/place'
import { Mark } from '../ui/Mark'
import { AccountMenu } from './AccountMenu'
import { useArrival } from './arrival'
import { Nav } from './Nav'
import { useWords } from './words'
import style from './Shell.module.css'

const CONTENT = 'content'

export function Shell({ children }: { children: ReactNode }) {
  const arrived = useArrival(CONTENT)
  return (
    <>
      <Skip />
      <header className={style.header}>
        <Link to="/" className={style.home} aria-label="Estampe">
          <Mark />
        </Link>
        <Nav />
        <AccountMenu />
      </header>
      <Lost />
      <main id={CONTENT} tabIndex={-1} className={style.main}>
        <Suspense fallback={null}>{children}</Suspense>
      </main>
      <p role="status" className="unseen">
        {arrived}
      </p>
    </>
  )
}

/** By script, since an address that is only a # leads to the page's base. */
function Skip() {
  const words = useWords()
  const [here] = useLocation()
  const skip = (event: MouseEvent) => {
    event.preventDefault()
    document.getElementById(CONTENT)?.focus()
  }
  return (
    <a href={`${BELOW}${here}#${CONTENT}`} className={style.skip} onClick={skip}>
      {words.skip}
    </a>
  )
}

function Lost() {
  const words = useWords()
  const heard = useHeard()
  return (
    <p role="status" className={style.lost} hidden={heard}>
      {heard ? '' : words.lost}
    </p>
  )
}
