/** Where the server is: the page's own base, so that it works below any path. */

/** Without a slash at its end. */
export const SERVER = document.baseURI.replace(/[#?].*$/, '').replace(/\/+$/, '')

/** The path that people reach the studio below, as a router wants it: "" or "/estampe". */
export const BELOW = new URL(document.baseURI).pathname.replace(/\/+$/, '')
