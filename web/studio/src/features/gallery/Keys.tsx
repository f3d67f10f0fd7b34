/** Which keys do what. */

import { Popover } from '@base-ui/react/popover'
import { Button } from '../../ui/Button'
import { useWords } from './words'
import style from './Keys.module.css'

export function Keys() {
  const words = useWords()
  return (
    <Popover.Root>
      <Popover.Trigger render={<Button tone="quiet" />}>{words.keys}</Popover.Trigger>
      <Popover.Portal>
        <Popover.Positioner className={style.positioner} align="end" sideOffset={6}>
          <Popover.Popup className={style.popup}>
            <Popover.Title className={style.title}>{words.keys}</Popover.Title>
            <dl className={style.keys}>
              {words.keysWhy.map(([key, what]) => (
                <div key={key}>
                  <dt>
                    <kbd>{key}</kbd>
                  </dt>
                  <dd>{what}</dd>
                </div>
              ))}
            </dl>
          </Popover.Popup>
        </Popover.Positioner>
      </Popover.Portal>
    </Popover.Root>
  )
}
