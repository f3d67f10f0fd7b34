/** Sign-in at an OpenID issuer: code flow with PKCE. */

import type { ReactNode } from 'react'
import type { OidcMethod } from './announced'

export default function OidcSignIn({ children }: { methods: OidcMethod[]; children: ReactNode }) {
  return children
}
