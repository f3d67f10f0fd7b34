/** Who is signed in and as whom they work, how the page speaks and looks, and the way out. */

import { useAccount } from '../sign-in/account'
import { BELOW } from '../server/place'
import { useAppearance, type Appearance } from '../ui/appearance'
import { Down, Person } from '../ui/icons'
import { useLanguage, type Language } from '../ui/language'
import { Menu, MenuChoice, MenuItem, MenuLine } from '../ui/Menu'
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
  const named = account.organizations.map(({ id, name }) => ({ value: id, label: name ?? words.alone }))
  const current = named.find(({ value }) => value === account.current)
  const label = (
    <>
      <Person />
      <span className={style.who}>{account.current === null ? account.name : current?.label}</span>
      <Down />
    </>
  )
  return (
    <Menu label={label} name={`${words.account} : ${account.name}`}>
      {named.length > 1 && (
        <>
          <MenuChoice title={words.workAs} value={account.current} choices={named} onChoose={account.switchTo} />
          <MenuLine />
        </>
      )}
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
