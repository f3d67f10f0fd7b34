/** In Clerk's place in the browser: who a cookie names is signed in, with real tokens of the service's own issuer. */

'use client'

import { createElement, useCallback, useEffect, useState } from 'react'

const cookie = (name) => {
  const found = document.cookie.split('; ').find((pair) => pair.startsWith(`${name}=`))
  return found ? decodeURIComponent(found.slice(name.length + 1)) : ''
}

export function useAuth() {
  const [userId, setUserId] = useState()
  useEffect(() => setUserId(cookie('tests_user')), [])
  const getToken = useCallback(async () => {
    if (!userId) return null
    const asked = new URLSearchParams({ user: userId, ttl: cookie('tests_ttl') || '60' })
    return (await fetch(`${cookie('tests_reception')}/token?${asked}`)).text()
  }, [userId])
  return { isLoaded: userId !== undefined, isSignedIn: !!userId, userId, orgId: null, getToken }
}

export const ClerkProvider = ({ children }) => children
export const SignInButton = ({ children }) => createElement('button', {}, children)
export const UserButton = () => createElement('span', { id: 'account' }, useAuth().userId)
