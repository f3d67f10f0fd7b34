/** The frame around every page: the mark, the pages, the account. */

import { Suspense, type ReactNode } from 'react'
import { Link, useLocation } from 'wouter'
import { useHeard } from '../server/live'
import { useMe } from '../server/queries'
import { Mark } from '../ui/Mark'
import { AccountMenu } from './AccountMenu'
import { PAGES } from './pages'
import { useWords } from './words'
import style from './Shell.module.css'

export function Shell({ children }: { children: ReactNode }) {
  const words = useWords()
  return (
    <>
      <a href="#content" className={style.skip}>
        {words.skip}
      </a>
      <header className={style.header}>
        <Link to="/" className={style.home} aria-label="Estampe">
          <Mark />
        </Link>
        <Pages />
        <AccountMenu />
      </header>
      <Lost />
      <main id="content" tabIndex={-1} className={style.main}>
        <Suspense fallback={null}>{children}</Suspense>
      </main>
    </>
  )
}

function Pages() {
  const words = useWords()
  const [here] = useLocation()
  const held = useMe().data?.permissions ?? []
  const shown = PAGES.filter(({ permission }) => !permission || held.includes(permission))
  return (
    <nav aria-label={words.menu} className={style.nav}>
      <ul>
        {shown.map(({ name, to, sign: Shown }) => {
          const current = here === to || here.startsWith(`${to}/`)
          return (
            <li key={name}>
              <Link to={to} className={style.page} aria-current={current ? 'page' : undefined}>
                <Shown />
                {words.pages[name]}
              </Link>
            </li>
          )
        })}
      </ul>
    </nav>
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
