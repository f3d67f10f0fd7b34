/** The way to every page that the person may open. */

import { Link, useLocation } from 'wouter'
import { useMe } from '../server/queries'
import { More } from '../ui/icons'
import { Menu, MenuLink } from '../ui/Menu'
import { isAt } from './arrival'
import { PAGES, type Page } from './pages'
import { useWords } from './words'
import style from './Nav.module.css'

export function Nav() {
  const words = useWords()
  const [here] = useLocation()
  const held = useMe().data?.permissions ?? []
  const shown = PAGES.filter(({ permission }) => !permission || held.includes(permission))
  const others = shown.filter(({ work }) => !work)
  return (
    <nav aria-label={words.menu} className={style.nav}>
      <ul>
        {shown.map((page) => (
          <li key={page.name} className={page.work ? '' : style.other}>
            <Entry page={page} current={isAt(page, here)} />
          </li>
        ))}
        <li className={style.more}>
          <Others pages={others} here={here} />
        </li>
      </ul>
    </nav>
  )
}

function Entry({ page: { name, to, sign: Shown }, current }: { page: Page; current: boolean }) {
  const words = useWords()
  return (
    <Link to={to} className={style.page} aria-current={current ? 'page' : undefined}>
      <Shown />
      {words.pages[name]}
    </Link>
  )
}

/** On a phone there is room for the pages where people work; the rest is behind a sign. */
function Others({ pages, here }: { pages: Page[]; here: string }) {
  const words = useWords()
  const current = pages.find((page) => isAt(page, here))
  const Shown = current?.sign ?? More
  const label = (
    <>
      <Shown />
      {current ? words.pages[current.name] : words.more}
    </>
  )
  return (
    <Menu label={label} className={`${style.page} ${current ? style.current : ''}`}>
      {pages.map((page) => (
        <Other key={page.name} page={page} current={page === current} />
      ))}
    </Menu>
  )
}

function Other({ page: { name, to, sign: Shown }, current }: { page: Page; current: boolean }) {
  const words = useWords()
  return (
    <MenuLink to={to} current={current}>
      <Shown />
      {words.pages[name]}
    </MenuLink>
  )
}
