/** In Clerk's place on the server: the same cookies, and the same tokens. */

import { NextResponse } from 'next/server'

export async function auth() {
  const { cookies } = await import('next/headers')
  const jar = await cookies()
  const userId = jar.get('tests_user')?.value
  const getToken = async () => {
    const answer = await fetch(`${jar.get('tests_reception').value}/token?user=${userId}`, { cache: 'no-store' })
    return answer.text()
  }
  return { userId: userId ?? null, getToken }
}

export const createRouteMatcher = (routes) => (request) =>
  routes.some((route) => new RegExp(`^${route}$`).test(request.nextUrl.pathname))

export const clerkMiddleware = (handler) => async (request) => {
  let refused
  const protect = async () => {
    if (!request.cookies.get('tests_user')) refused = NextResponse.redirect(new URL('/?sign-in', request.url))
  }
  await handler(Object.assign(async () => ({}), { protect }), request)
  return refused ?? NextResponse.next()
}
