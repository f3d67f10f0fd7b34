/** The frame of every page. */

import { ClerkProvider } from '@clerk/nextjs'
import type { Metadata } from 'next'
import Link from 'next/link'
import type { ReactNode } from 'react'
import { Account } from '@/components/account'
import { Providers } from '@/components/providers'
import './globals.css'

export const metadata: Metadata = {
  title: 'Atelier',
  description: 'Des images et des vidéos à partir de quelques mots',
}

export default function Layout({ children }: { children: ReactNode }) {
  return (
    <html lang="fr">
      <body>
        <ClerkProvider>
          <header>
            <Link href="/">Atelier</Link>
            <nav>
              <Link href="/generate-images">Images</Link>
              <Link href="/generate-videos">Vidéos</Link>
            </nav>
            <Account />
          </header>
          <Providers>
            <main>{children}</main>
          </Providers>
        </ClerkProvider>
      </body>
    </html>
  )
}
