"""What the tests of the studio expect of a page, with the patience that a busy machine needs."""

from tests.browser.visit import PATIENCE_MS, playwright

expect = playwright().expect
expect.set_options(timeout=PATIENCE_MS)
