/** The studio begins here. */

import './ui/theme.css'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { App } from './app/App'
import { handsBack } from './sign-in/handed-back'
import { showStoredAppearance } from './ui/appearance'

if (!handsBack()) {
  showStoredAppearance()
  createRoot(document.getElementById('studio')!).render(
    <StrictMode>
      <App />
    </StrictMode>,
  )
}
