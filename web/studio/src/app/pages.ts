/** Every page there is: where it is, what it is called, who may open it. */

import { lazy, type ComponentType, type LazyExoticComponent } from 'react'
import type { Sign } from '../ui/icons'
import { Clip, Eye, Key, Person, Picture, Sliders } from '../ui/icons'

export type PageName = 'images' | 'videos' | 'gallery' | 'usage' | 'keys' | 'signIns' | 'operator'

export interface Page {
  name: PageName
  /** As a router reads it. */
  path: string
  /** Where its entry in the menu leads. */
  to: string
  sign: Sign
  /** It is shown only to whoever holds it. */
  permission?: string
  content: LazyExoticComponent<ComponentType<{ kind?: string }>>
  kind?: string
}

const Create = lazy(() => import('../features/create/Page'))

export const PAGES: Page[] = [
  { name: 'images', path: '/generate-images', to: '/generate-images', sign: Picture, content: Create, kind: 'image' },
  { name: 'videos', path: '/generate-videos', to: '/generate-videos', sign: Clip, content: Create, kind: 'video' },
  {
    name: 'gallery',
    path: '/gallery/:jobId?',
    to: '/gallery',
    sign: Eye,
    content: lazy(() => import('../features/gallery/Page')),
  },
  { name: 'usage', path: '/usage', to: '/usage', sign: Sliders, content: lazy(() => import('../features/usage/Page')) },
  { name: 'keys', path: '/keys', to: '/keys', sign: Key, content: lazy(() => import('../features/keys/Page')) },
  {
    name: 'signIns',
    path: '/sign-ins',
    to: '/sign-ins',
    sign: Person,
    permission: 'usage:read',
    content: lazy(() => import('../features/sign-ins/Page')),
  },
  {
    name: 'operator',
    path: '/operator',
    to: '/operator',
    sign: Sliders,
    permission: 'operator',
    content: lazy(() => import('../features/operator/Page')),
  },
]
