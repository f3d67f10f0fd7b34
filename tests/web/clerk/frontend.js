/** In Clerk's place on its front end: the little of clerk-js that a page uses, over requests to where it came from. */

;(() => {
  const { src, dataset } = document.currentScript
  const home = new URL(src).origin
  const listeners = new Set()
  let nonce

  const ask = async (path, body = {}) => {
    const sent = { method: 'POST', body: JSON.stringify(body), credentials: 'include' }
    return (await fetch(home + path, sent)).json()
  }
  const become = ({ user, organization }) => {
    const organizationMemberships = user?.organizations.map((one) => ({ organization: one }))
    Clerk.user = user && { ...user, organizationMemberships }
    Clerk.organization = organization
    Clerk.session = user && { getToken: async () => (await ask('/v1/client/sessions/tokens')).jwt }
    listeners.forEach((tell) => tell(Clerk))
  }

  const Clerk = {
    key: dataset.clerkPublishableKey,
    async load(options) {
      if (!options.ui.ClerkUI) throw new Error('the component is not there')
      nonce = options.nonce
      Clerk.words = options.localization?.signIn?.start?.title ?? 'Sign in'
      become(await ask('/v1/client'))
    },
    addListener(tell) {
      listeners.add(tell)
      tell(Clerk)
      return () => listeners.delete(tell)
    },
    mountSignIn(place) {
      const looks = document.createElement('style')
      looks.nonce = nonce
      looks.textContent = '.cl-form { display: grid; gap: 12px; width: 300px; padding: 24px; }'
      const form = document.createElement('form')
      form.className = 'cl-form'
      form.innerHTML = '<h2></h2><label>Email address <input name="identifier" required></label><button>Continue</button>'
      form.querySelector('h2').textContent = Clerk.words
      form.onsubmit = async (event) => {
        event.preventDefault()
        become(await ask('/v1/client/sign_ins', { identifier: form.identifier.value }))
      }
      document.head.append(looks)
      place.append(form)
    },
    unmountSignIn: (place) => place.replaceChildren(),
    setActive: async (what) => become(await ask('/v1/client/sessions/touch', what)),
    signOut: async () => become(await ask('/v1/client/sessions/end')),
  }
  window.Clerk = Clerk
})()
