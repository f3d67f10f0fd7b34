/** Every page there is: where it is, what it is called, who may open it. */

import { lazy, type ComponentType, type LazyExoticComponent } from 'react'
import type { Sign } from '../ui/icons'
import { Chart, Clip, Door, Gallery, Key, Picture, Rack } from '../ui/icons'

export type PageName = 'images' | 'videos' | 'gallery' | 'usage' | 'keys' | 'signIns' | 'operator'

export interface Page {
  name: PageName
  /** As a router reads it. */
  path: string
  /** Where its entry in the menu leads. */
  to: string
  sign: Sign
  /** Where people work: on a phone, the others are one step further. */
  work?: true
  /** It is shown only to whoever holds it. */
  permission?: string
  content: LazyExoticComponent<ComponentType<{ kind?: string }>>
  kind?: string
}

const Create = lazy(() => import('../features/create/Page'))

export const PAGES: Page[] = [
  {
    name: 'images',
    path: '/generate-images',
    to: '/generate-images',
    sign: Picture,
    work: true,
    content: Create,
    kind: 'image',
  },
  {
    name: 'videos',
    path: '/generate-videos',
    to: '/generate-videos',
    sign: Clip,
    work: true,
    content: Create,
    kind: 'video',
  },
  {
    name: 'gallery',
    path: '/gallery/:jobId?',
    to: '/gallery',
    sign: Gallery,
    work: true,
    content: lazy(() => import('../features/gallery/Page')),
  },
  { name: 'usage', path: '/usage', to: '/usage', sign: Chart, content: lazy(() => import('../features/usage/Page')) },
  { name: 'keys', path: '/keys', to: '/keys', sign: Key, content: lazy(() => import('../features/keys/Page')) },
  {
    name: 'signIns',
    path: '/sign-ins',
    to: '/sign-ins',
    sign: Door,
    permission: 'usage:read',
    content: lazy(() => import('../features/sign-ins/Page')),
  },
  {
    name: 'operator',
    path: '/operator',
    to: '/operator',
    sign: Rack,
    permission: 'operator',
    content: lazy(() => import('../features/operator/Page')),
  },
]
