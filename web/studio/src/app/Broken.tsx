/** Catches what a page throws while it renders, so that the frame and the other pages stay. */

import { Component, type ReactNode } from 'react'
import { Button } from '../ui/Button'
import { Empty } from '../ui/Empty'
import { said } from '../ui/Trouble'
import { useWords } from './words'

export class Broken extends Component<{ children: ReactNode }, { error: unknown }> {
  override state: { error: unknown } = { error: undefined }

  static getDerivedStateFromError(error: unknown) {
    return { error }
  }

  override render() {
    return this.state.error === undefined ? this.props.children : <Told error={this.state.error} />
  }
}

function Told({ error }: { error: unknown }) {
  const words = useWords()
  return (
    <Empty title={words.broken}>
      <p role="alert">{said(error)}</p>
      <Button tone="primary" onClick={() => location.reload()}>
        {words.reload}
      </Button>
    </Empty>
  )
}
