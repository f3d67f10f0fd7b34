/** Who is signed in and as whom they work, how the page speaks and looks, and the way out. */

import { BELOW } from '../server/place'
import { useMe } from '../server/queries'
import { useAccount } from '../sign-in/account'
import { useAppearance, type Appearance } from '../ui/appearance'
import { Down } from '../ui/icons'
import { useLanguage, type Language } from '../ui/language'
import { Menu, MenuChoice, MenuHead, MenuItem, MenuLine } from '../ui/Menu'
import { useWords } from './words'
import style from './AccountMenu.module.css'

const LANGUAGES: { value: Language; label: string }[] = [
  { value: 'en', label: 'English' },
  { value: 'fr', label: 'Français' },
]
const APPEARANCES: Appearance[] = ['system', 'light', 'dark']

export function AccountMenu() {
  const words = useWords()
  const account = useAccount()
  const { language, speak } = useLanguage()
  const [appearance, setAppearance] = useAppearance()
  const { data: me } = useMe()
  const named = account.organizations.map(({ id, name }) => ({ value: id, label: name ?? words.alone }))
  const current = named.find(({ value }) => value === account.current)
  // An issuer's token names one organisation: there is none to choose.
  const only = named.length ? null : me?.organization_id
  const shown = account.current === null ? account.name : (current?.label ?? account.name)
  return (
    <Menu label={<Who name={shown} />} name={words.accountOf(account.name, shown)}>
      <MenuHead note={only && words.organization(only)}>{account.name}</MenuHead>
      {named.length > 1 && (
        <MenuChoice title={words.workAs} value={account.current} choices={named} onChoose={account.switchTo} />
      )}
      <MenuLine />
      <MenuChoice title={words.language} value={language} choices={LANGUAGES} onChoose={speak} />
      <MenuLine />
      <MenuChoice
        title={words.theme}
        value={appearance}
        choices={APPEARANCES.map((value) => ({ value, label: words.themes[value] }))}
        onChoose={setAppearance}
      />
      <MenuLine />
      <MenuItem onSelect={() => location.assign(`${BELOW}/docs`)}>{words.docs}</MenuItem>
      <MenuItem onSelect={() => void account.signOut()}>{words.signOut}</MenuItem>
    </Menu>
  )
}

function Who({ name }: { name: string }) {
  const letter = name.match(/\p{L}|\p{N}/u)?.[0] ?? '·'
  return (
    <>
      <span className={style.letter} data-letter={letter.toLocaleUpperCase()} />
      <span className={style.who}>{name}</span>
      <Down />
    </>
  )
}
